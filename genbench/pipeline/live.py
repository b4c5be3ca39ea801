"""The curves of trainings that are running, for `dvc plots show`: live/<run>-<seed>.csv, rewritten whole.

The folder is no output of any stage, and git and DVC ignore what is in it. A file goes when its training ends, for the
stored curve takes over. One that a kill left goes when its cell is trained again, at the latest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from genbench.engine.progress import Point, curve_csv
from genbench.files.atomic import write_text

LIVE = Path("live")


@contextmanager
def curve(run: str, seed: int, *, leads: bool) -> Iterator[Callable[[Sequence[Point]], None]]:
    """Make a writer of the curve of one cell's training so far; of several processes the one that `leads` writes."""
    if not leads:
        yield lambda points: None
        return
    path = LIVE / f"{run}-{seed}.csv"
    path.unlink(missing_ok=True)
    try:
        yield lambda points: write_text(path, curve_csv(points))
    finally:
        path.unlink(missing_ok=True)


def sweep(root: Path) -> None:
    """Delete curves that kills left, if nothing is being trained; `root` is the project's."""
    for path in (root / LIVE).glob("*.csv"):
        path.unlink(missing_ok=True)
