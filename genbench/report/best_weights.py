"""Numbers of the weights best on the validation split: metrics of their own, `<metric>_best`, after the others.

A cell is judged twice: by its final weights, and by those at the step that was best on `validation`. The two are never
mixed in one column. A model that is not asked there (a calibration row, say) has no number of the second kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from genbench.metrics import Column

SUFFIX = "_best"


def base(metric: str) -> str:
    """Return the metric that a column is of, whichever weights it judges."""
    return metric.removesuffix(SUFFIX)


def of_best_weights(metric: str) -> bool:
    """Return whether a metric judges the best weights."""
    return metric.endswith(SUFFIX)


def numbers(final: Mapping[str, float | None], best: Mapping[str, float | None] | None) -> dict[str, float | None]:
    """Join a record's numbers of both kinds of weights."""
    return dict(final) | {f"{key}{SUFFIX}": value for key, value in (best or {}).items()}


def columns(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Add the columns of the best weights; only ranked ones are headlines, or the table is twice as wide."""
    best = {
        f"{key}{SUFFIX}": replace(
            column, label=f"{column.label} of best weights", fails="", headline=column.headline and column.ranked
        )
        for key, column in columns.items()
    }
    return {**columns, **best}
