"""Numbers of the weights chosen on the validation split: metrics of their own, `<metric>_chosen`, beside each metric.

A cell is judged twice: by the weights of its last step, and by those at the step that was best on `validation`. The
two are never mixed in one column. A model of which none are chosen (calibration rows, say) has no number there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from genbench.metrics import Column

SUFFIX = "_chosen"
HEADLINE = "fid"  # of the others the table shows those of the last step alone, or it would be twice as wide


def base(metric: str) -> str:
    """The metric that a column is of, whichever weights it judges."""
    return metric.removesuffix(SUFFIX)


def is_chosen(metric: str) -> bool:
    """Whether a metric is of the chosen weights."""
    return metric.endswith(SUFFIX)


def numbers(metrics: Mapping[str, float | None], chosen: Mapping[str, float | None] | None) -> dict[str, float | None]:
    """A record's numbers of both kinds of weights."""
    return dict(metrics) | {f"{key}{SUFFIX}": value for key, value in (chosen or {}).items()}


def columns(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Each column, and after it that of the chosen weights."""
    both: dict[str, Column] = {}
    for key, column in columns.items():
        headline = column.headline and key == HEADLINE
        both[key] = column
        both[f"{key}{SUFFIX}"] = replace(column, label=f"{column.label} chosen", fails="", headline=headline)
    return both
