"""What is said of fits that come from the store: their times are from then, not from now."""

from __future__ import annotations

from datetime import datetime

from compare_cli.types import Comparison


def reused_line(comparison: Comparison) -> str:
    """Return how many fits were reused and of which days (local) their times are; "" without any."""
    there = [fit for fit in comparison.fits if fit.status != "skipped"]
    reused = [fit for fit in there if fit.reused]
    if not reused:
        return ""
    days = sorted({_day(fit.ran_at) for fit in reused if fit.ran_at})
    which = f"{len(reused):,} of {len(there):,} fits come" if len(reused) < len(there) else "All fits come"
    since = f" from {days[0]} to {days[-1]}" if len(days) > 1 else f" from {days[0]}" if days else " older"
    return f"{which} from the store; their times are{since} (--fresh runs them again)."


def _day(moment: str) -> str:
    """Return the local day of a time (RFC 3339)."""
    return datetime.fromisoformat(moment).astimezone().date().isoformat()
