"""The geometry of the study's charts; the template draws them as SVG, in colours that follow light and dark."""

from __future__ import annotations

from collections.abc import Sequence

from genbench.report.axes import Axis, log_axis
from laboratory.claims import spoken
from laboratory.divergences.figures import Chart, Series, curves
from laboratory.likelihood.figures import ROW, Labelled, Rows, labels_of
from laboratory.truth import orders
from laboratory.truth.board import MAIN, TRUTHS
from laboratory.truth.claims import said
from laboratory.truth.study import Study

#: Metrics whose τ is drawn against the number of images, with their colours.
DRAWN = {"fid": "c0", "kid": "c1", "precision": "c2", "recall": "c3", "coverage": "c4", "inception_score": "c5"}


def taus(study: Study, ruler: str, width: float = 300) -> Rows:
    """Draw τ of every metric with the main truth at the largest number of images, and its interval."""
    mine = [order for order in study.ranked() if order.ruler == ruler]
    x = Axis(-1.0, 1.0, 0.0, width)
    marks = [
        (
            study.columns[order.key].label,
            ROW * (at + 0.5),
            (x.at(order.found.low), x.at(order.found.high)),
            None,
            x.at(order.found.tau),
            f"{study.columns[order.key].label}: τ {said(order.found)}",
        )
        for at, order in enumerate(mine)
    ]
    summary = f"τ with {TRUTHS[MAIN]} under {spoken(ruler)}: " + "; ".join(mark[-1] for mark in marks)
    return Rows(f"Under {spoken(ruler)}", x, ROW * len(marks), f"τ with {TRUTHS[MAIN]}", marks, summary)


def by_count(study: Study, ruler: str) -> Chart | None:
    """Draw τ of the usual metrics with the main truth against the number of images; None where there is one number."""
    counts = sorted(study.options.measuring.counts)
    lines = {}
    for key, colour in DRAWN.items():
        found = [study.agreement(ruler, key, n=n) for n in counts]
        if any(found):
            lines[study.columns[key].label] = (colour, [each.tau if each else None for each in found])
    if not lines or len(counts) < 2:
        return None
    return curves(f"Under {spoken(ruler)}", counts, lines, ("images", f"τ with {TRUTHS[MAIN]}"), log_x=True)


def rows(study: Study, ruler: str, key: str, truth: str, size: tuple[float, float] = (560, 330)) -> Labelled | None:
    """Draw the means of all rows in a truth and a metric of numbers above 0; None of fewer rows than make an order."""
    of_truth, n = orders.means(study.truths.get(truth, {})), study.largest(ruler, key)
    of_metric = {} if n is None else orders.means(study.rows[ruler][n][key])
    shared = [run for run in of_truth if run in of_metric]
    if len(shared) < orders.FEW:
        return None
    x, y = _axis([of_truth[run] for run in shared], size[0]), log_axis([of_metric[run] for run in shared], size[1], 0.0)
    label = study.columns[key].label
    series = []
    for name, kind, chosen in (("trained rows", "c0", False), ("calibration rows", "c1", True)):
        dots = [
            (x.at(of_truth[run]), y.at(of_metric[run]), f"{run}: {of_truth[run]:.3g}, {label} {of_metric[run]:.3g}")
            for run in shared
            if (run in study.calibration) == chosen
        ]
        series += [Series(name, kind, (), dots)] if dots else []
    occupied = [(at[0] - 4, at[1] - 4, at[0] + 4, at[1] + 4) for drawn in series for at in drawn.dots]
    wanted = [(x.at(of_truth[run]), y.at(of_metric[run]), run) for run in shared]
    summary = f"{label} against {TRUTHS[truth]} of {len(shared)} rows; tables have the numbers"
    chart = Chart(f"{label} against {TRUTHS[truth]}", x, y, TRUTHS[truth], label, series, summary)
    return Labelled(chart, labels_of(wanted, occupied, size))


def _axis(values: Sequence[float], end: float) -> Axis:
    margin = 0.05 * (max(values) - min(values)) or 0.5
    return Axis(min(values) - margin, max(values) + margin, 0.0, end)
