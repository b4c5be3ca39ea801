"""From records to a leaderboard: means over seeds, order, best values and digits to print."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from genbench.data import teachers
from genbench.data.images import Images
from genbench.data.prepared import About, load_about
from genbench.data.teachers import Teacher
from genbench.errors import InputError
from genbench.extractors import UNNAMED
from genbench.files.atomic import read_json
from genbench.metrics import Column
from genbench.report import answers, best_weights, likelihood, pairs, published, ranks, references, representation
from genbench.report.leaderboard import (
    COMPETING,
    SAID,
    SCHEMA,
    SEEDS,
    DatasetSummary,
    Divergence,
    Floor,
    Heading,
    Leaderboard,
    Row,
    Score,
    ScoreProtocol,
    SeedResult,
    TeacherSummary,
    finished,
    kind,
    of_kind,
    score,
)
from genbench.report.records import Record

OF_KIN = "It is of the same family as the distribution that drew the data."
SIGNIFICANT = 3  # digits that a typical value of a column shows, at least


def build(
    records: Sequence[Record],
    *,
    data: Path,
    profile: str,
    runs: Mapping[str, Mapping[str, Any]],
    calibration: Iterable[str],
    columns: Mapping[str, Column],
    environment: Mapping[str, str],
) -> Leaderboard:
    """Aggregate checked records (see read_records) into a leaderboard.

    data: the dataset's folder, with images/, reference/, likelihood/, weights/ and, if they are there, representation/
    and human.json. runs: the catalogue. calibration: runs whose rows stand apart. columns: by a metric's key, in table
    order. environment: versions that computed. A metric without a column, or another dataset, is an InputError.
    """
    about = load_about(data / "images")
    _require_known(records, about.dataset, columns)
    columns = best_weights.columns(columns)
    protocols = {
        name: _protocol([record for record in records if record.extractor == name], data, about.dataset)
        for name in dict.fromkeys(record.extractor for record in records)
    }
    shown = {name: _measured(name, records, columns) for name in protocols}
    rows = [
        _row(name, runs[name], set(calibration), [record for record in records if record.run == name], protocols, shown)
        for name in dict.fromkeys(record.run for record in records)
    ]
    teacher = teachers.of(about.dataset)
    for row in rows:
        _add_facts(row, data, teacher)
    headings = _headings(protocols, shown, columns, rows)
    board = Leaderboard(
        schema=SCHEMA,
        profile=profile,
        dataset=_dataset(about, teacher),
        seeds=list(dict.fromkeys(record.seed for record in records)),
        environment=dict(environment),
        protocols=protocols,
        columns=headings,
        rows=_ordered(rows, headings),
        best={name: {h["metric"]: _best(rows, h) for h in headings if h["extractor"] == name} for name in protocols},
        likelihood=None,
        kl=None,
        representations=None,
        human=None,
        test=None,
        conditional_test=None,
        cites=[],
        references={},
        published=[],
        pairs=pairs.summary(data / "images"),
    )
    likelihood.add(board, data / "likelihood")
    representation.add(board, data / "representation")
    answers.add(board, data)
    ranks.add(board, {key for key, column in columns.items() if column.ranked})
    published.add(board)
    references.add(board)
    return board


def _dataset(about: About, teacher: Teacher | None) -> DatasetSummary:
    return DatasetSummary(
        name=about.dataset,
        shape=list(about.shape),
        classes=list(about.classes),
        levels=about.levels,
        counts=about.counts,
        teacher=None if teacher is None else _teacher(teacher),
    )


def _teacher(teacher: Teacher) -> TeacherSummary:
    bits = math.log(2) * teacher.dimensions
    entropy, error = (nats / bits for nats in teacher.entropy)
    return TeacherSummary(name=teacher.name, weights=teacher.weights, entropy=entropy, error=error)


def _require_known(records: Sequence[Record], dataset: str, columns: Mapping[str, Column]) -> None:
    for record in records:
        if record.protocol["dataset"] != dataset:
            raise InputError(f"{record} is of dataset {record.protocol['dataset']!r}, the images are of {dataset!r}")
        for key in record.metrics:
            if best_weights.base(key) not in columns:
                raise InputError(f"{record}: metric {key!r} has no column (there is: {', '.join(columns) or 'none'})")


def _protocol(records: Sequence[Record], data: Path, dataset: str) -> ScoreProtocol:
    """Give the one protocol of an extractor's records; N is that of a record with samples, if there is one."""
    record = min(records, key=lambda record: record.diverged is not None)
    protocol = record.protocol
    path = data / "reference" / record.extractor / "floor.json"
    try:
        floors = {key: _floor(floor) for key, floor in read_json(path).items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a table of floors by metric: {error!r}") from None
    return ScoreProtocol(
        extractor=record.extractor,
        name=_name(record.extractor, dataset),
        weights=protocol["weights"],
        resize=protocol["resize"],
        reference=protocol["reference"],
        n_real=protocol["n_real"],
        n_fake=protocol["n_fake"],
        options=protocol["options"],
        floors=floors,
    )


def _floor(floor: Mapping[str, Any]) -> Floor:
    return Floor(
        mean=floor["mean"],
        sd=floor["sd"],
        low=floor["low"],
        high=floor["high"],
        resplits=floor["resplits"],
        n=floor["n"],
    )


def _name(extractor: str, dataset: str) -> str:
    """Name an extractor in words; a classifier differs between datasets, so it carries the dataset's name."""
    words = extractor.replace("_", " ")
    return f"{dataset} {words}" if extractor.startswith("classifier") else words


def _measured(extractor: str, records: Sequence[Record], columns: Mapping[str, Column]) -> list[str]:
    """List the metrics that an extractor gives: a network without class probabilities has no Inception Score."""
    given = {key for record in records if record.extractor == extractor for key in record.metrics}
    return [key for key in columns if key in given or not (given or best_weights.of_best_weights(key))]


def _row(
    name: str,
    options: Mapping[str, Any],
    calibration: set[str],
    records: Sequence[Record],
    protocols: Mapping[str, ScoreProtocol],
    shown: Mapping[str, Sequence[str]],
) -> Row:
    cells = [
        _cell(seed, [record for record in records if record.seed == seed], shown)
        for seed in dict.fromkeys(record.seed for record in records)
    ]
    row = Row(
        run=name,
        model=options["model"],
        calibration=name in calibration,
        conditional=False,
        family=options.get("family", options["model"]),
        options={key: value for key, value in options.items() if key != "family"},
        scores={},
        ranks={},
        likelihood=None,
        kl=None,
        human=None,
        cites=[],
        notes=[options["note"]] if options.get("note") else [],
        cells=cells,
    )
    for extractor, keys in shown.items():
        values = {key: [cell["scores"][extractor][key] for cell in finished(row)] for key in keys}
        draws = {key: [cell["draws"][extractor].get(key) for cell in finished(row)] for key in keys}
        row["scores"][extractor] = {key: _score(values[key], draws[key]) for key in keys}
    return row


def _cell(seed: int, records: Sequence[Record], shown: Mapping[str, Sequence[str]]) -> SeedResult:
    diverged = next((record.diverged for record in records if record.diverged), None)
    return SeedResult(
        seed=seed,
        diverged=Divergence(step=diverged["step"], reason=diverged["reason"]) if diverged else None,
        best_step=records[0].best_step,
        scores={
            record.extractor: {key: None if diverged else record.metrics.get(key) for key in shown[record.extractor]}
            for record in records
        },
        draws={record.extractor: dict(record.draws) for record in records},
        steps=None,
        operations=None,
        sample_operations=None,
        network_calls=None,
        images_seen=None,
        parameters=None,
        bits_per_dimension=None,
        kl=None,
    )


def _score(values: Sequence[float | None], draws: Sequence[float | None]) -> Score:
    """Give mean and spreads; a number that one finished seed lacks is missing, and not the mean of the others."""
    present = [value for value in values if value is not None]
    if not values or len(present) < len(values):
        return Score(mean=None, draw=None, sd=None, n=len(present))
    mean = statistics.fmean(present)
    errors = [draw for draw in draws if draw is not None]
    return Score(
        mean=mean,
        draw=math.hypot(*errors) / len(values) if len(errors) == len(values) else None,
        sd=between_seeds(present, errors),
        n=len(present),
    )


def between_seeds(values: Sequence[float], draws: Sequence[float]) -> float | None:
    """Standard deviation between training seeds, without the draw's part; None below SEEDS of them.

    values: one number a seed, whose variance is that between seeds plus that of its draw. draws: the standard errors
    by the draw, none where they are not known. It is the moment estimate of a model of random effects, at least 0:

        σ² = s² − mean of draws².
    """
    if len(values) < SEEDS:
        return None
    part = statistics.fmean(draw**2 for draw in draws) if draws else 0.0
    return math.sqrt(max(0.0, statistics.variance(values) - part))


def _add_facts(row: Row, data: Path, teacher: Teacher | None) -> None:
    row["notes"] += [OF_KIN] if teacher and row["model"] in teacher.kin else []
    _add_training(row, data / "weights")
    _add_samples(row, data / "samples")


def _add_training(row: Row, weights: Path) -> None:
    """Add the facts of the trainings that are the same in every repetition, so that they may be in the tables."""
    for cell in row["cells"]:
        path = weights / row["run"] / str(cell["seed"]) / "training.json"
        training = read_json(path)
        try:
            cell["steps"], cell["images_seen"] = training["steps"], training["images_seen"]
            for key in ("parameters", "decay", "operations"):
                cell[key] = training[key]
            row["notes"] += [note for note in training["notes"] if note not in row["notes"]]
        except (KeyError, TypeError) as error:
            raise InputError(f"{path}: not a summary of a training: {error!r}") from None


def _add_samples(row: Row, samples: Path) -> None:
    """Add whether a class was drawn with each image, and to each cell that finished the work of drawing one."""
    row["conditional"] = not row["calibration"] and _labelled(row, samples)
    for cell in finished(row):
        path = samples / row["run"] / str(cell["seed"]) / "work.json"
        work = read_json(path)
        try:
            cell["sample_operations"], cell["network_calls"] = work["operations"], work["network_calls"]
        except (KeyError, TypeError) as error:
            raise InputError(f"{path}: not the work of a sample: {error!r}") from None


def _labelled(row: Row, samples: Path) -> bool:
    """Return whether a run's images were drawn with a class each, by those of its first seed that finished."""
    folders = [samples / row["run"] / str(cell["seed"]) / "final" for cell in finished(row)]
    return bool(folders) and bool((Images.load(folders[0], mmap=True).labels >= 0).any())


def _headings(
    protocols: Mapping[str, ScoreProtocol],
    shown: Mapping[str, Sequence[str]],
    columns: Mapping[str, Column],
    rows: Sequence[Row],
) -> list[Heading]:
    ruler = next(iter(shown))
    return [
        _heading(protocols[name], key, columns[key], rows, ruler=name == ruler)
        for name, keys in shown.items()
        for key in keys
    ]


def _heading(protocol: ScoreProtocol, key: str, column: Column, rows: Sequence[Row], *, ruler: bool) -> Heading:
    """Make the heading of a column. ruler: of the first extractor; of others the table shows few metrics."""
    means = [row["scores"][protocol["extractor"]][key]["mean"] for row in rows if not row["calibration"]]
    return Heading(
        extractor=protocol["extractor"],
        metric=key,
        label=column.label,
        heading=column.label if protocol["extractor"] == UNNAMED else f"{column.label} ({protocol['name']})",
        better=column.better,
        low=column.low if math.isfinite(column.low) else None,
        high=column.high if math.isfinite(column.high) else None,
        fails=column.fails,
        headline=column.headline
        and (ruler or column.everywhere or (column.ranked and not best_weights.of_best_weights(key))),
        decimals=_decimals(column, [abs(mean) for mean in means if mean]),
        weights="best" if best_weights.of_best_weights(key) else "final",
    )


def _decimals(column: Column, sizes: Sequence[float]) -> int:
    """Choose the digits after the point: three for fractions, else two, or more for small typical values."""
    if column.high <= 1:
        return 3
    typical = statistics.median(sizes) if sizes else 1.0
    return min(max(2, SIGNIFICANT - 1 - math.floor(math.log10(typical))), 6)


def _ordered(rows: Sequence[Row], headings: Sequence[Heading]) -> list[Row]:
    """Sort rows by their kind and by the mean in the first column; rows without one come last of their kind."""
    kinds = list(SAID)

    def position(row: Row) -> tuple[int, bool, float, str]:
        mean = score(row, headings[0])["mean"]
        towards = -1 if headings[0]["better"] == "higher" else 1
        return kinds.index(kind(row)), mean is None, towards * (mean or 0.0), row["run"]

    return sorted(rows, key=position)


def _best(rows: Sequence[Row], column: Heading) -> list[str]:
    """Find the best trained runs of each kind. A run that lost a seed is left out: its mean is over survivors."""
    return sorted(run for each in COMPETING for run in _first(of_kind(rows, each), column))


def _first(rows: Sequence[Row], column: Heading) -> list[str]:
    """Find the runs that print the best mean of those that finished every seed."""
    means: dict[str, float] = {}
    for row in rows:
        mean = score(row, column)["mean"]
        if mean is not None and len(finished(row)) == len(row["cells"]):
            means[row["run"]] = round(mean, column["decimals"])
    if not means or column["better"] == "none":
        return []
    best = min(means.values()) if column["better"] == "lower" else max(means.values())
    return [name for name, mean in means.items() if mean == best]
