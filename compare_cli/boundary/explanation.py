"""What the boundary says about a verdict: sentences under fixed conditions, nothing when none holds."""

from __future__ import annotations
