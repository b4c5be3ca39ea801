"""Table of how well classes are told from the features that models learnt, and of how smooth their codes are.

Records of the stages representation and representation_baselines; a board of before these has no table. Imports nothing
that is slow, so that a table in the terminal appears at once.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genbench.errors import InputError
from genbench.files.atomic import read_json
from genbench.report.leaderboard import (
    Accuracies,
    FeatureScores,
    Leaderboard,
    Representation,
    Representations,
    Row,
    finished,
    trained,
)
from genbench.report.printed import integer, number
from genbench.text import MISSING

DECIMALS, LENGTH_DECIMALS = 3, 2
HEADS = (
    *("run", "features", "numbers", "probe", "neighbours", "MIG"),
    *("probe, untrained", "neighbours, untrained", "MIG, untrained", "path length, z", "path length, w"),
)
SPACES = ("z", "w")  # of the path lengths, the last of HEADS
WORDS = {"own": "own choice", "encoder": "encoder", "critic": "critic", "denoiser": "U-Net's middle"}


def add(board: Leaderboard, folder: Path) -> None:
    """Read folder/baselines.json and folder/<run>/<seed>.json of every finished cell into the board.

    A run has numbers if all of its finished cells have. There is no table without any such run. Two numbers of images
    are an InputError.
    """
    rows = {row["run"]: found for row in trained(board) if (found := _of_row(row, folder)) is not None}
    if not rows:
        return
    shared = {
        (record["n_train"], record["n_reference"], record["k"]) for _, records in rows.values() for record in records
    }
    if len(shared) > 1:
        raise InputError(f"{folder}: one table holds one protocol, but numbers of images differ: {sorted(shared)}")
    ((n_train, n_reference, k),) = shared
    file = folder / "baselines.json"
    board["representations"] = Representations(
        n_train=n_train,
        n_reference=n_reference,
        k=k,
        baselines=(read_json(file) if file.is_file() else None) or {},
        rows={run: means for run, (means, _) in rows.items()},
    )


def records_of(row: Row, folder: Path) -> list[dict[str, Any]]:
    """Read folder/<run>/<seed>.json of each finished cell of a row; {} for one without a record."""
    files = [folder / row["run"] / f"{cell['seed']}.json" for cell in finished(row)]
    return [(read_json(file) if file.is_file() else None) or {} for file in files]


def _of_row(row: Row, folder: Path) -> tuple[Representation, list[dict[str, Any]]] | None:
    """Average the records of a row; None where a finished cell has none."""
    read = records_of(row, folder)
    records = [record for record in read if record.keys() - {"reconstruction"}]
    if not records or len(records) < len(read):
        return None
    try:
        lengths = [record.get("path_length", {}) for record in records]
        means = Representation(
            **_means(records),
            of=records[0]["of"],
            size=records[0]["size"],
            n=len(records),
            untrained=_means([record["untrained"] for record in records]),
            path_length={space: statistics.fmean(each[space] for each in lengths) for space in lengths[0]},
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder / row['run']}: not records of the stage representation: {error!r}") from None
    return means, records


def _means(records: Sequence[dict[str, Any]]) -> FeatureScores:
    probe, neighbours = (statistics.fmean(record[name] for record in records) for name in ("probe", "neighbours"))
    gaps = [record["mig"] for record in records if "mig" in record]
    return FeatureScores(probe=probe, neighbours=neighbours, mig=statistics.fmean(gaps) if gaps else None)


def table(board: Leaderboard) -> list[list[str]]:
    """Give a row for each trained run, a dash where it learnt no features, and one for each baseline; none without."""
    known = board.get("representations")
    if not known:
        return []
    rows = [[row["run"], *_texts(known["rows"].get(row["run"]))] for row in trained(board)]
    for name, of in known["baselines"].items():
        rows.append([name, MISSING, integer(of["size"]), *_scores(of), *[MISSING] * 6])
    return rows


def note(board: Leaderboard) -> str:
    """Explain the numbers; "" where there are none."""
    known = board.get("representations")
    if not known:
        return ""
    return (
        "Features of images are the codes of an encoder, the layer of a critic before its last, or the middle of a "
        f"U-Net. Two classifiers learn the class from the features of {known['n_train']} training images: a logistic "
        f"regression, and a vote of the {known['k']} nearest. The numbers are their accuracies on the "
        f"{known['n_reference']} images of the split reference, means over seeds, of the weights that were best on "
        "validation. Untrained is the same network with random weights. The last rows are of features for comparison; "
        "an extractor may have learnt them with the classes. MIG is the mutual information gap of the codes of an "
        "encoder and the brightness, width and slant that are measured on the images: 1 where each is told by one "
        "number of the code alone, 0 where none is. A path length is the mean perceptual distance of images a short "
        "step apart in the space of codes (z) or styles (w), divided by the square of the step (Karras et al. 2019): "
        "lower is smoother. Its distances are in the layers of the first extractor and in units of the variance of "
        "real images there."
    )


def _texts(means: Representation | None) -> list[str]:
    if means is None:
        return [MISSING] * (len(HEADS) - 1)
    first, lengths = [WORDS[means["of"]], integer(means["size"])], means.get("path_length", {})
    of_features = [text for of in (means, means["untrained"]) for text in (*_scores(of), _gap(of))]
    return [*first, *of_features, *(number(lengths.get(space), LENGTH_DECIMALS) for space in SPACES)]


def _scores(of: Accuracies) -> list[str]:
    return [number(of["probe"], DECIMALS), number(of["neighbours"], DECIMALS)]


def _gap(of: FeatureScores) -> str:
    return number(of.get("mig"), DECIMALS)
