"""Adaptive exposures: a right answer makes the next one shorter, a wrong one longer.

A weighted staircase (Kaernbach, "Simple adaptive testing with the weighted up-down method", Perception & Psychophysics
1991) stands still where p · down = (1 − p) · up. Steps of 10 ms down and 30 ms up, three to one, hold the exposure at
which p = 75 % of answers are right. HYPE (Zhou et al. 2019) names this rule "3-up/1-down" and 75 %; which of the two
steps its text gives to which answer could not be checked, but the other assignment would settle at 25 %, below chance.

The threshold of a block is the exposure that it used most often, as HYPE takes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True)
class Staircase:
    """Exposures in milliseconds: the first, the bounds, and the steps after wrong (up) and right answers (down)."""

    start: int = 500
    low: int = 100
    high: int = 1000
    up: int = 30
    down: int = 10

    def next(self, right: Sequence[bool]) -> int:
        """Compute the exposure after these answers of the block, in their order."""
        exposure = self.start
        for answer in right:
            exposure = min(max(exposure + (-self.down if answer else self.up), self.low), self.high)
        return exposure


HYPE = Staircase()


def frames(exposure: float, frame: float) -> int:
    """Round an exposure to frames of a display, at least one. exposure, frame: milliseconds, frame above 0."""
    return max(1, int(exposure / frame + 0.5))


def threshold(exposures: Sequence[int]) -> float:
    """Compute the modal exposure of a block, the mean of several that are equally frequent. exposures: at least one."""
    counts = Counter(exposures)
    most = max(counts.values())
    return fmean(exposure for exposure, count in counts.items() if count == most)
