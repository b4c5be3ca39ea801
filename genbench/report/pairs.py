"""The part of a report that is of pairs: what they are, and pictures of them.

A picture shows a pair in a column: its source, the output, the true target and, of a model with an inverse, the output
translated back. Pairs are those of held_out, which every cell translates once and in their order, so that one row of
each of these is the same pair. Which are worst and best by a metric is told by its numbers of each pair, which the
stage evaluate leaves in its record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genbench.data import attribution, sides
from genbench.data.images import Images
from genbench.data.paths import CYCLE
from genbench.data.sides import AboutSides, Sides
from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.files.require_file import kind_of
from genbench.report.grids import Picture, inline
from genbench.report.leaderboard import Heading, Leaderboard, PairsSummary
from genbench.report.printed import number

LINES = ("the source", "the output", "the truth", "the output translated back")
COLUMNS, BANDS = 8, 2
EXTREMES = 4  # pairs at each end of a metric


@dataclass(frozen=True)
class Extremes:
    """Pairs at both ends of a metric, the worst and the best first. worst_values, best_values: theirs, as texts."""

    column: Heading
    worst: Picture
    best: Picture
    worst_values: str
    best_values: str


@dataclass(frozen=True)
class Translated:
    """Pairs of a row: a picture of evenly spaced ones, the lines of each picture in words, and extremes by metric."""

    picture: Picture
    lines: str
    extremes: Sequence[Extremes]


def load(images: Path) -> Sides | None:
    """Load the pairs of held_out, sources in as many channels as targets; None of a dataset without pairs.

    images: the folder of the prepared dataset.
    """
    return None if sides.load_about(images) is None else sides.load(images, "held_out", mmap=True).fitted()


def summary(images: Path) -> PairsSummary | None:
    """Say what the pairs of a prepared dataset are; None of one without pairs."""
    about = sides.load_about(images)
    if about is None:
        return None
    return PairsSummary(
        pairing=_words(about),
        shape=list(about.shape),
        paired=about.paired,
        attribution=attribution.load(images),
    )


def _words(about: AboutSides) -> str:
    if about.pairing is None or isinstance(about.pairing, str):
        return about.pairing or ""
    options = ", ".join(f"{name} {value}" for name, value in about.pairing.items() if name != "name")
    return f"{about.pairing['name']} ({options})" if options else str(about.pairing["name"])


def panels(pairs: Sides) -> dict[str, Images]:
    """Name the images of both sides for the overview."""
    return {"sources": pairs.sources, "true targets": pairs.targets}


def parts(pairs: Sides, outputs: Images, samples: Path) -> list[Images]:
    """Give what stands below each other in a picture, in the order of `LINES`.

    samples: the folder of the outputs, beside which those lie that were translated back.
    """
    if len(outputs) != len(pairs.targets):
        raise InputError(f"{samples}: expected {len(pairs.targets)} images, one of each source, got {len(outputs)}")
    back = samples.with_name(f"{samples.name}{CYCLE}")
    cycle = [Images.load(back, mmap=True)] if kind_of(back) == "a folder" else []
    return [pairs.sources, outputs, pairs.targets, *cycle]


def arranged(parts: Sequence[Images], bands: int = BANDS) -> Images:
    """Put evenly spaced pairs into the order of a grid of `COLUMNS`: in each band of rows one part below another."""
    chosen = np.linspace(0, len(parts[0]) - 1, bands * COLUMNS).astype(np.int64)
    return _joined([part[band] for band in chosen.reshape(bands, COLUMNS) for part in parts])


def translated(
    board: Leaderboard, run: str, seed: int, parts: Sequence[Images], records: Path, limit: int
) -> Translated:
    """Make the pictures of one row. records: the folder of metrics. limit: bytes of a picture, about."""
    extremes = [
        _extremes(column, values, parts, limit // 8) for column, values in _by_pair(board, run, seed, parts, records)
    ]
    whole, lines = arranged(parts), LINES[: len(parts)]
    picture = inline(whole, len(whole) // COLUMNS, COLUMNS, limit, least=len(whole) // COLUMNS)
    return Translated(picture, f"{', '.join(lines[:-1])} and {lines[-1]}", extremes)


def _by_pair(
    board: Leaderboard, run: str, seed: int, parts: Sequence[Images], records: Path
) -> Iterator[tuple[Heading, np.ndarray]]:
    """Give the columns of metrics of pairs, each with its number of every pair."""
    for extractor in board["protocols"]:
        blocks: dict[str, Any] = read_json(records / run / f"{seed}-{extractor}.json").get("blocks", {})
        for column in board["columns"]:
            values = blocks.get(column["metric"], []) if column["extractor"] == extractor else []
            if len(values) == len(parts[0]) and column["better"] != "none":
                yield column, np.array(values)


def _extremes(column: Heading, values: np.ndarray, parts: Sequence[Images], limit: int) -> Extremes:
    order = np.argsort(values if column["better"] == "higher" else -values, kind="stable")
    ends = [np.resize(end, EXTREMES) for end in (order[:EXTREMES], order[::-1][:EXTREMES])]
    pictures = [
        inline(_joined([part[end] for part in parts]), len(parts), EXTREMES, limit, least=len(parts)) for end in ends
    ]
    texts = [", ".join(number(value, column["decimals"]) for value in values[end].tolist()) for end in ends]
    return Extremes(column, pictures[0], pictures[1], texts[0], texts[1])


def _joined(images: Sequence[Images]) -> Images:
    return Images(np.concatenate([each.pixels for each in images]), np.concatenate([each.labels for each in images]))
