"""`curve`: learning curves of models on one table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from compare_cli.cli.options import CompareOptions, option
from compare_cli.errors import UsageError

if TYPE_CHECKING:
    from compare_cli.cli.fit import Follower, Stream


@dataclass(frozen=True)
class CurveOptions(CompareOptions):
    """As for one table, at growing numbers of training rows."""

    sizes: Annotated[
        str | None,
        option(
            "Numbers of training rows, e.g. 100,1000,10000. (default: chosen, each twice the one before)",
            "LIST",
        ),
    ] = None

    def at_sizes(self) -> tuple[int, ...]:
        """Return the sizes that are asked for, () for chosen ones. Raises UsageError for what is none."""
        repeats = self.repeats != "auto"
        asked = {
            "test": self.test,
            "test-rows": self.test_rows,
            "fail-under": self.fail_under,
            "repeats": repeats,
        }
        for name in [name for name, given in {**asked, "check-leaks": self.check_leaks}.items() if given]:
            raise UsageError(f"--{name} is for compare fit; a curve has no use for it.")
        try:
            return tuple(int(text) for text in (self.sizes or "").split(",") if text.strip())
        except ValueError:
            raise UsageError(f"--sizes {self.sizes}: give whole numbers, as in 100,1000,10000.") from None


def run_curve(source: str, options: CurveOptions) -> int:
    """Draw learning curves of models on one table and write the result; return the exit code."""
    from compare_cli import api
    from compare_cli.cli.fit import follow_and_show

    sizes = options.at_sizes()

    def begin(follower: Follower) -> Stream:
        dataset = follower.dataset = api.read(source, split=options.split, **options.reading())
        asked = replace(replace(options, sizes=None).comparing(), sizes=sizes, boundary=False)
        follower.tell(api.shown_notes(dataset.notes, asked))
        return api.iter_compare(dataset, asked)

    return follow_and_show(begin, options, command="curve")
