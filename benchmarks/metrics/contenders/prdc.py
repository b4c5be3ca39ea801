"""prdc, by its one function."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
from prdc import compute_prdc

Numbers = dict[str, float]


def pairs(real: np.ndarray, fake: np.ndarray) -> Callable[[], Numbers]:
    """precision, recall, density, coverage, at one k"""

    def run() -> Numbers:
        with redirect_stdout(StringIO()):
            return {key: float(value) for key, value in compute_prdc(real, fake, nearest_k=3).items()}

    return run
