"""The page of the study."""

from __future__ import annotations

from collections.abc import Mapping

from genbench.find import PACKAGE
from genbench.report.document import document
from genbench.report.printed import ARROWS
from laboratory.claims import listed, spoken
from laboratory.truth import claims, figures, orders, sight
from laboratory.truth.board import MAIN, TRUTHS
from laboratory.truth.options import PARAMS
from laboratory.truth.orders import Agreement
from laboratory.truth.spoilt import KINDS
from laboratory.truth.study import TEACHER, Order, Study

HERE = PACKAGE.parent / "laboratory/truth"  # where templates lie; dvc.yaml names them
DIVERGENCES = HERE.parent / "divergences"  # whose style of tables and charts this page shares
WORST = 3  # pairs that a table names
#: Metrics that are measured nowhere here, and why.
LEFT_OUT = {
    "classification_accuracy_score": "needs the class of every image, which few rows give",
    "sfid, fid_layers": "need earlier layers of a network, which none of these rulers has",
    "asked_class": "needs the class that an image was asked for",
}


def page(study: Study) -> str:
    """Make the page; returns the HTML text."""
    spoilings = [f"spoilings@{ruler}" for ruler in study.measured]
    return document(
        HERE.parent,
        DIVERGENCES,
        HERE,
        study=study,
        options=study.options,
        params=PARAMS,
        finding=finding(study),
        claims=claims.hypotheses(study),
        truths={key: TRUTHS[key] for key in study.truths},
        means={key: orders.means(of) for key, of in study.truths.items()},
        runs=list(dict.fromkeys(run for of in study.truths.values() for run in of)),
        main=MAIN,
        label=lambda key: study.columns[key].label,
        arrow=lambda key: ARROWS[study.columns[key].better],
        said=claims.said,
        best=lambda key: best(study, key),
        averaged=sight.averaged(study.spoilt),
        ordered=lambda key, by_kind: sight.ordered(by_kind, key, study.columns[key]),
        unseen=lambda by_kind: listed(KINDS[kind][0] for kind in sight.unseen(by_kind)),
        figures=figures,
        kinds=KINDS,
        teacher=TEACHER,
        left_out=LEFT_OUT,
        worst=WORST,
        spoken=spoken,
        stages=["ruler", "models", "draws", *spoilings, "page"],
    )


def finding(study: Study) -> str:
    """Say which metric orders the most rows most and least like the main truth, of all rulers, in one sentence."""
    ranked = study.ranked()
    if not ranked:
        return "There are too few rows to compare orders of metrics with the truth."
    most = max(order.found.rows for order in ranked)
    found = [order for order in ranked if order.found.rows == most]  # some have no number of some rows
    first, last = found[0], found[-1]
    return (
        f"Of {len({order.key for order in found})} numbers under {len({order.ruler for order in found})} rulers at "
        f"N = {study.last} images, {_named(study, first)} orders the {most} rows most like the bound of "
        f"the Jensen–Shannon divergence from the truth (τ = {claims.said(first.found)}), and {_named(study, last)} "
        f"least (τ = {claims.said(last.found)})."
    )


def _named(study: Study, order: Order) -> str:
    return f"{study.columns[order.key].label} under the ruler {spoken(order.ruler)}"


def best(study: Study, key: str) -> Mapping[tuple[str, int], Agreement]:
    """Find the agreements of a metric with the main truth by ruler and number of images, of all rows."""
    return {(o.ruler, o.n): o.found for o in study.orders if (o.key, o.truth, o.trained) == (key, MAIN, False)}
