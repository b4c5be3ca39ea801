"""The bar of long work."""

from __future__ import annotations

import sys
from typing import NoReturn

from tqdm import tqdm


def progress_bar(what: str, total: int, initial: int = 0, unit: str = "step") -> tqdm[NoReturn]:
    """A bar with rate and time left; in a log file it writes a line every ten seconds only."""
    seconds = 0.5 if sys.stderr.isatty() else 10.0
    return tqdm(total=total, initial=initial, desc=what, unit=unit, mininterval=seconds, disable=total == 0)
