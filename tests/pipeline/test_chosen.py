"""Which weights a cell is judged by: those of the last step, and those chosen on the validation split."""

from __future__ import annotations

from typing import Any

import pytest

from genbench.pipeline.cell import Which, chosen_apart


@pytest.mark.parametrize(
    ("best", "main", "apart"),
    [
        ({}, "ema", False),  # a model that is never asked
        ({"step": 600, "value": 1.0}, "ema", True),
        ({"step": 1200, "value": 1.0}, "ema", False),  # the very weights of the last step
        ({"step": 1200, "value": 1.0}, "last", True),  # what is chosen is averaged
        ({}, "last", False),
    ],
)
def test_chosen_weights_are_drawn_from_where_they_differ(best: dict[str, Any], main: Which, apart: bool) -> None:
    assert chosen_apart({"best": best, "steps": 1200}, main) == apart
