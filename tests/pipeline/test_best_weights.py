"""The weights that a cell is judged by: the final ones, and those best on the validation split."""

from __future__ import annotations

from typing import Any

import pytest

from genbench.pipeline.cell import Weights, best_apart


@pytest.mark.parametrize(
    ("best", "final", "apart"),
    [
        ({}, "ema", False),  # a model that is never asked
        ({"step": 600, "value": 1.0}, "ema", True),
        ({"step": 1200, "value": 1.0}, "ema", False),  # the very weights of the last step
        ({"step": 1200, "value": 1.0}, "raw", True),  # the best ones are averaged
        ({}, "raw", False),
    ],
)
def test_best_weights_are_drawn_from_where_they_differ(best: dict[str, Any], final: Weights, apart: bool) -> None:
    assert best_apart({"best": best, "steps": 1200}, final) == apart
