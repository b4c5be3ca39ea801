"""The page of the three studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genbench.data.images import Images
from genbench.find import PACKAGE
from genbench.metrics import Column
from genbench.report.document import document
from genbench.report.grids import Picture, inline
from genbench.report.printed import ARROWS
from genbench.seeding import numpy_rng
from laboratory.claims import Claim, spoken
from laboratory.metrics import claims
from laboratory.metrics.agreement import Scores, means, ranks
from laboratory.metrics.claims import Responses
from laboratory.metrics.distort import NAMES
from laboratory.metrics.distortions import Row, dealt, spoilt
from laboratory.metrics.figures import CURVE, SPARK, Bump, Curve, bump, curve, spark
from laboratory.metrics.options import DistortionOptions, Options
from laboratory.metrics.sample_size import MODELS, by_count
from laboratory.metrics.verdicts import MIDDLE, Response, response

HERE = PACKAGE.parent / "laboratory/metrics"  # where templates lie; dvc.yaml names them
STRIP = (2, 3)  # rows and columns of a distortion's example
BYTES = 8000  # of one, about

#: Numbers that repeat others or belong to them; the tables of values hold them.
ASIDE = ("classes", "class_tv", "classifier_p", "inception_score_single")


@dataclass(frozen=True)
class Order:
    """One metric in the third study. values: {ruler: {run: number}}; ranks: the same of runs that all rulers know."""

    key: str
    column: Column
    values: Mapping[str, Mapping[str, float]]
    ranks: Mapping[str, Mapping[str, float]]
    chart: Bump
    claims: Sequence[Claim]


def shown(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Select the numbers that can be better or worse, in their order."""
    return {k: c for k, c in columns.items() if k not in ASIDE and (c.better != "none" or k in MIDDLE)}


def responses(rows: Sequence[Row], options: DistortionOptions, columns: Mapping[str, Column]) -> Responses:
    """Make the responses of one ruler's rows: {key: {kind: response}}."""
    by_key: dict[str, dict[str, Response]] = {}
    for key, column in shown(columns).items():
        by_kind = {kind: response(rows, kind, key, column) for kind in options.strengths}
        if all(by_kind.values()):
            by_key[key] = {kind: found for kind, found in by_kind.items() if found}
    return by_key


def examples(pool: Images, train: Images, options: DistortionOptions) -> dict[str, Picture]:
    """Show some images of each kind at its strongest, and under "" those left as they are: {kind: picture}."""
    source = pool[dealt(pool.labels, options.images, numpy_rng(0, "parts"))["source"]]
    strongest = {"": 0.0} | {kind: max(strengths) for kind, strengths in options.strengths.items()}
    count = STRIP[0] * STRIP[1]
    return {
        kind: inline(spoilt(source, kind, strength, train, options.images.fake, 0)[:count], *STRIP, BYTES)
        for kind, strength in strongest.items()
    }


def curves(record: Mapping[str, Any], part: str, columns: Mapping[str, Column]) -> list[Curve]:
    """Draw every number against N, of the part `images` or `twins` of a record."""
    charts = []
    for key in shown(columns):
        models = {model: values for model in MODELS if (values := by_count(record[part], model, key))}
        truths = {m: record["truth"][m][key] for m in models if part == "twins" and key in record["truth"][m]}
        if models:
            charts.append(curve(key, models, truths))
    return charts


def orders(
    scores: Mapping[str, Scores], options: Options, columns: Mapping[str, Column], trained: Sequence[str]
) -> list[Order]:
    """Order the models by each metric; only trained runs are ranked, as calibration rows are far off by any ruler."""
    made = []
    for key, column in columns.items():
        values = {ruler: of for ruler in scores if (of := means(scores[ruler], key))}
        common = [run for run in trained if all(run in of for of in values.values())]
        if column.better == "none" or len(values) < 2 or len(common) < 2:
            continue
        ranked = {ruler: {run: of[run] for run in common} for ruler, of in values.items()}
        by_ruler = {ruler: ranks(of, higher=column.better == "higher") for ruler, of in ranked.items()}
        first = by_ruler[next(iter(by_ruler))]
        best = min(common, key=lambda run: first[run]) if key == "inception_score" else None  # noqa: B023
        rows = claims.agreement(column.label, ranked, options.agreement.seeds, best)
        made.append(Order(key, column, values, by_ruler, bump(by_ruler), rows))
    return made


def page(
    *,
    dataset: str,
    options: Options,
    columns: Mapping[str, Column],
    distorted: Mapping[str, Responses],
    sizes: Mapping[str, Mapping[str, Any]],
    orders: Sequence[Order],
    runs: Sequence[str],
    pictures: Mapping[str, Picture],
) -> str:
    """Make the page; returns the HTML text.

    distorted, sizes: by ruler. runs: rows of the third study, in order. pictures: by distortion.
    """
    name = NAMES[options.sample_size.distortion][0]
    studies = {"distortions": distorted, "sample_size": sizes, "agreement": options.agreement.rulers}
    return document(
        HERE.parent,
        HERE,
        dataset=dataset,
        options=options,
        columns=columns,
        labels={key: column.label for key, column in columns.items()},
        arrows=ARROWS,
        finding=claims.finding(
            distorted, columns, {order.column.label: order.ranks for order in orders}, options.agreement.seeds
        ),
        distorted=distorted,
        claims_of_distortions={r: claims.distortions(of, columns, r) for r, of in distorted.items()},
        sizes=sizes,
        claims_of_sizes={ruler: claims.sample_sizes(record, name, ruler) for ruler, record in sizes.items()},
        curves=lambda record, part: curves(record, part, columns),
        orders=orders,
        runs=runs,
        pictures=pictures,
        names=NAMES,
        kinds=claims.kinds,
        spoken=spoken,
        stages=[f"{study}@{ruler}" for study, rulers in studies.items() for ruler in rulers],
        spark=spark,
        spark_size=SPARK,
        curve_size=CURVE,
    )
