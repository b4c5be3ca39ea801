"""Write every file of a report from the files of the stages before it.

leaderboard.json, .md, .csv, .tex    rows, numbers, protocol: the same bytes for the same records
leaderboard.schema.json              the form of the JSON
leaderboard.bib                      the works that its rows come from
index.html, costs.csv                the page, and times and memory, which are not the same twice
grids/<run>.png, real.png            samples and real images, or pairs, enlarged; ATTRIBUTION.txt where it must be said
overview.png                         real images and the best runs side by side
summary.json                         {run: {metric: mean}}, numbers only, for dvc metrics
plots/*.csv                          for dvc plots: fid, precision_recall, curves
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from genbench.data import attribution
from genbench.data.images import Images
from genbench.data.sheets import CAPTIONS, SIDE
from genbench.errors import InputError, unknown
from genbench.files.atomic import write_json, write_text
from genbench.metrics import Column
from genbench.report import further, nearest, pairs, realism, reconstruction, sweep
from genbench.report.aggregate import build
from genbench.report.bibtex import bibtex
from genbench.report.charts import loss_charts
from genbench.report.costs import Cost, costs_csv, read_cost
from genbench.report.curves import Curve, operations_a_step, read_curves
from genbench.report.frames import csv, frame
from genbench.report.grids import TILES, Picture, enlarged, grid, inline, write_png
from genbench.report.identity import Identity
from genbench.report.latex import latex
from genbench.report.leaderboard import Leaderboard, Row, finished, headline, trained
from genbench.report.overview import overview
from genbench.report.page import Details, page
from genbench.report.records import read_records
from genbench.report.schema import json_schema
from genbench.report.tables import comma_separated, markdown

GRIDS = 1_500_000  # bytes of pictures that a page holds in all, shared by its rows
GRID = 60_000  # and no row has more than this
NEAREST = 400_000  # of the pictures of nearest training images, shared too
STRIP = (1, 4)  # rows and columns of the samples beside a name


def write_report(
    *,
    data: Path,
    reports: Path,
    profile: str,
    enabled: Sequence[str],
    seeds: Sequence[int],
    extractors: Sequence[str],
    runs: Mapping[str, Mapping[str, Any]],
    calibration: Collection[str],
    columns: Mapping[str, Column],
    environment: Mapping[str, str],
    note: str | None = None,
    swept: Sequence[str] = (),
    made: Identity | None = None,
) -> Leaderboard:
    """Read every enabled cell under `data` (data/<dataset>) and write the report into `reports`.

    runs: the catalogue, each entry with its `model` and options. calibration: the runs whose rows stand apart.
    columns: by a metric's key, in the order of the table; the first one of the first extractor orders it.
    environment: by package, the versions that computed. note: what readers should know first. swept: the runs with
    records of the stage sweep. made: by which commit, for the page.
    A missing or foreign record, a second protocol or an unknown run is an InputError, and nothing is written.
    """
    if not (enabled and seeds and extractors and columns):
        raise InputError("a report needs at least one enabled run, one seed, one extractor and one metric")
    for run in enabled:
        if run not in runs:
            raise unknown("run", run, runs)
    records = read_records(data / "metrics", enabled=enabled, seeds=seeds, extractors=extractors)
    board = build(
        records,
        data=data,
        profile=profile,
        runs=runs,
        calibration=calibration,
        columns=columns,
        environment=environment,
    )
    reconstruction.add(board, data / "representation")
    board["note"] = note
    sweep.add(board, data / "metrics", swept, columns)
    curves = {row["run"]: _curves(data, row) for row in board["rows"]}

    write_json(reports / "leaderboard.json", board)
    write_text(reports / "leaderboard.md", markdown(board))
    write_text(reports / "leaderboard.csv", comma_separated(board))
    write_text(reports / "leaderboard.tex", latex(board))
    write_text(reports / "leaderboard.bib", bibtex(board))
    write_json(reports / "leaderboard.schema.json", json_schema())
    write_json(reports / "summary.json", summary(board))
    costs = {row["run"]: _costs(data, row) for row in board["rows"]}
    write_text(reports / "costs.csv", costs_csv(board, costs))
    _write_plots(reports / "plots", board, curves)
    _write_pictures(reports, data, board, curves, costs, made or Identity())
    return board


def _write_pictures(
    reports: Path,
    data: Path,
    board: Leaderboard,
    curves: Mapping[str, Sequence[Curve]],
    costs: Mapping[str, Sequence[Cost]],
    made: Identity,
) -> None:
    """Write grids, overview and page, which show samples, or where there are pairs these."""
    sampled = {row["run"]: found for row in board["rows"] if (found := _samples(data, row)) is not None}
    samples = {run: images for run, (_, images) in sampled.items()}
    seeds = {run: seed for run, (seed, _) in sampled.items()}
    limit = min(GRID, GRIDS // len(board["rows"]))
    both = pairs.load(data / "images")
    if both is None:
        real = Images.load(data / "images" / "reference", mmap=True)
        grids, first = samples, {"real images": real}
        orders = realism.orders(data, next(iter(board["protocols"])), seeds)
        translated = {}
        strips = _nearest(
            data, next(iter(board["protocols"])), seeds, samples, orders, min(GRID, NEAREST // len(samples or [0]))
        )
    else:
        folders = {run: data / "samples" / run / str(seed) / "final" for run, seed in seeds.items()}
        parts = {run: pairs.parts(both, samples[run], folder) for run, folder in folders.items()}
        real = pairs.arranged([both.sources, both.targets], 4)
        grids, first = {run: pairs.arranged(each) for run, each in parts.items()}, pairs.panels(both)
        orders, strips = {}, {}
        translated = {
            run: pairs.translated(board, run, seed, parts[run], data / "metrics", limit) for run, seed in seeds.items()
        }
    _write_grids(reports, real, grids)
    _write_attribution(reports, board)
    write_png(reports / "overview.png", overview(board, first, samples))
    images = {run: (samples.get(run), orders.get(run), _sheets(data, run, sampled.get(run), limit)) for run in costs}
    work = {row["run"]: operations_a_step(row) for row in board["rows"]}
    details = {
        run: replace(
            _details(*images[run], curves[run], work[run], costs[run], limit),
            translated=translated.get(run),
            nearest=strips.get(run, []),
        )
        for run in costs
    }
    write_text(reports / "index.html", page(board, details, inline(real, 8, 8, GRID), made))


def summary(board: Leaderboard) -> dict[str, dict[str, Any]]:
    """Give {run: {metric: mean}} of the first extractor, and {run: {extractor: {metric: mean}}} of any other.

    The metrics that the table shows, so that `dvc exp show` stays readable. Only numbers: missing ones are left out,
    and so is a run that never finished.
    """
    short: dict[str, dict[str, Any]] = {}
    shown = {column["metric"] for column in headline(board)}
    for row in board["rows"]:
        for index, (extractor, scores) in enumerate(row["scores"].items()):
            means = {key: score["mean"] for key, score in scores.items() if key in shown and score["mean"] is not None}
            if not index:
                means |= {other.name: known["mean"] for other in further.shown(board) if (known := other.of(row))}
            if means:
                short.setdefault(row["run"], {}).update({extractor: means} if index else means)
    return short


def _samples(data: Path, row: Row) -> tuple[int, Images] | None:
    """Find the first seed that finished, and load its samples."""
    for cell in finished(row):
        images = Images.load(data / "samples" / row["run"] / str(cell["seed"]) / "final", mmap=True)
        if len(images):
            return cell["seed"], images
    return None


def _curves(data: Path, row: Row) -> list[Curve]:
    seeds = [cell["seed"] for cell in row["cells"]]
    folder = data / "weights" / row["run"]
    return [curve for seed in seeds for curve in read_curves(folder / str(seed) / "curve.csv", seed)]


def _costs(data: Path, row: Row) -> list[Cost]:
    return [read_cost(data / "costs" / row["run"], cell["seed"]) for cell in row["cells"]]


def _sheets(data: Path, run: str, shown: tuple[int, Images] | None, limit: int) -> list[tuple[str, Picture]]:
    """Make pictures of the sheets of a run's seed that is shown, each with its caption; none where none is."""
    if shown is None:
        return []
    folders = {caption: data / "samples" / run / str(shown[0]) / "sheets" / name for name, caption in CAPTIONS.items()}
    return [
        (caption, inline(Images.load(folder), SIDE, SIDE, limit // 2))
        for caption, folder in folders.items()
        if folder.is_dir()
    ]


def _nearest(
    data: Path,
    extractor: str,
    seeds: Mapping[str, int],
    samples: Mapping[str, Images],
    orders: Mapping[str, np.ndarray],
    limit: int,
) -> dict[str, list[nearest.Band]]:
    """Make by run pictures of samples above their nearest training images, of about `limit` bytes."""
    train = Images.load(data / "images" / "train", mmap=True)
    found = nearest.find(data, extractor, seeds, orders)
    return {run: nearest.bands(each, samples[run], train, limit) for run, each in found.items()}


def _details(
    images: Images | None,
    order: np.ndarray | None,
    sheets: Sequence[tuple[str, Picture]],
    curves: Sequence[Curve],
    work: Mapping[int, float],
    costs: Sequence[Cost],
    limit: int,
) -> Details:
    large = small = None
    if images:
        large = inline(images if order is None else images[order], *TILES, limit)
        small = inline(images, *STRIP, limit // 8)
    charts = loss_charts(curves, work)
    return Details(grid=large, sheets=sheets, ordered=order is not None, strip=small, charts=charts, costs=costs)


def _write_grids(reports: Path, real: Images, samples: Mapping[str, Images]) -> None:
    """Write one picture for each run, and delete those of other runs."""
    folder = reports / "grids"
    for old in folder.glob("*.png"):
        if old.stem not in samples:
            old.unlink()
    for run, images in samples.items():
        write_png(folder / f"{run}.png", enlarged(grid(images)))
    write_png(reports / "real.png", enlarged(grid(real)))


def _write_attribution(reports: Path, board: Leaderboard) -> None:
    """Write what must be said of the pictures beside them; nothing where nothing must."""
    (reports / "grids" / attribution.FILE).unlink(missing_ok=True)
    if of_pairs := board.get("pairs"):
        attribution.save(reports / "grids", of_pairs["attribution"])


def _write_plots(folder: Path, board: Leaderboard, curves: Mapping[str, Sequence[Curve]]) -> None:
    means = summary(board)
    for name, metrics in (("fid", ["fid"]), ("precision_recall", ["precision", "recall"])):
        write_text(folder / f"{name}.csv", csv(frame(["run", *metrics], _complete(means, metrics))))
    points = [
        (row["run"], curve.seed, step, curve.group, loss)
        for row in trained(board)
        for curve in curves[row["run"]]
        for step, loss in zip(curve.steps, curve.losses, strict=True)
    ]
    write_text(folder / "curves.csv", csv(frame(["run", "seed", "step", "group", "loss"], points)))


def _complete(means: Mapping[str, Mapping[str, Any]], metrics: Sequence[str]) -> list[tuple[Any, ...]]:
    """Give (run, numbers) of the runs that have all the metrics, ordered by the first of them."""
    whole = [(run, *(values[key] for key in metrics)) for run, values in means.items() if values.keys() >= set(metrics)]
    return sorted(whole, key=lambda row: row[1])
