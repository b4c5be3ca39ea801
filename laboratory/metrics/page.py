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
from laboratory.metrics import words
from laboratory.metrics.agreement import Scores, correlations, means, ranks
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
    """One metric's table in the third study. values, ranks: {ruler: {run: number}} of the runs that all rulers know."""

    key: str
    column: Column
    values: Mapping[str, Mapping[str, float]]
    ranks: Mapping[str, Mapping[str, float]]
    chart: Bump
    sentences: Sequence[str]


def shown(columns: Mapping[str, Column]) -> dict[str, Column]:
    """The numbers that can be better or worse, in their order."""
    return {k: c for k, c in columns.items() if k not in ASIDE and (c.better != "none" or k in MIDDLE)}


def responses(rows: Sequence[Row], options: DistortionOptions, columns: Mapping[str, Column]) -> words.Responses:
    """{key: {kind: response}} of one ruler's rows."""
    found: dict[str, dict[str, Response]] = {}
    for key, column in shown(columns).items():
        mine = {kind: response(rows, kind, key, column) for kind in options.strengths}
        if all(mine.values()):
            found[key] = {kind: one for kind, one in mine.items() if one}
    return found


def examples(pool: Images, train: Images, options: DistortionOptions) -> dict[str, Picture]:
    """{kind: some of its images at the strongest}, and those left as they are under ""."""
    source = pool[dealt(pool.labels, options.images, numpy_rng(0, "parts"))["source"]]
    strongest = {"": 0.0} | {kind: max(strengths) for kind, strengths in options.strengths.items()}
    count = STRIP[0] * STRIP[1]
    return {
        kind: inline(spoilt(source, kind, strength, train, options.images.fake, 0)[:count], *STRIP, BYTES)
        for kind, strength in strongest.items()
    }


def curves(found: Mapping[str, Any], part: str, columns: Mapping[str, Column]) -> list[Curve]:
    """Every number against N, of the part `images` or `twins`."""
    charts = []
    for key in shown(columns):
        models = {model: values for model in MODELS if (values := by_count(found[part], model, key))}
        truths = {m: found["truth"][m][key] for m in models if part == "twins" and key in found["truth"][m]}
        if models:
            charts.append(curve(key, models, truths))
    return charts


def orders(
    scores: Mapping[str, Scores], options: Options, columns: Mapping[str, Column], trained: Sequence[str]
) -> list[Order]:
    """One a metric; only trained runs are ranked, for calibration rows are far off under any ruler."""
    found = []
    for key, column in columns.items():
        values = {ruler: of for ruler in scores if (of := means(scores[ruler], key))}
        if column.better == "none" or len(values) < 2:
            continue
        common = [run for run in trained if all(run in of for of in values.values())]
        if len(common) < 2:
            continue
        ranked = {ruler: {run: of[run] for run in common} for ruler, of in values.items()}
        places = {ruler: ranks(of, higher=column.better == "higher") for ruler, of in ranked.items()}
        seeds = {ruler: of for ruler, of in ranked.items() if ruler in options.agreement.seeds}
        rest = {r: of for r, of in ranked.items() if r not in options.agreement.seeds[1:]}
        sentences = [words.seeds(seeds, correlations(seeds))] if len(seeds) > 1 else []
        sentences += [words.others(correlations(rest))] if len(rest) > 1 else []
        if key == "inception_score" and seeds:
            best = min(common, key=lambda run: places[next(iter(places))][run])
            sentences.append(words.range_of(seeds, best, column.label))
        found.append(Order(key, column, values, places, bump(places), sentences))
    return found


def page(
    *,
    dataset: str,
    options: Options,
    columns: Mapping[str, Column],
    distorted: Mapping[str, words.Responses],
    sizes: Mapping[str, Mapping[str, Any]],
    orders: Sequence[Order],
    runs: Sequence[str],
    pictures: Mapping[str, Picture],
) -> str:
    """The HTML text. distorted, sizes: by ruler. runs: rows of the third study, in order. pictures: by distortion."""
    labels = {key: column.label for key, column in columns.items()}
    first = next(iter(distorted))
    return document(
        HERE,
        dataset=dataset,
        options=options,
        columns=columns,
        labels=labels,
        arrows=ARROWS,
        distorted=distorted,
        lead=words.lead(distorted[first], labels, first),
        sizes=sizes,
        curves=lambda found, part: curves(found, part, columns),
        orders=orders,
        runs=runs,
        pictures=pictures,
        words=words,
        spark=spark,
        spark_size=SPARK,
        curve_size=CURVE,
    )
