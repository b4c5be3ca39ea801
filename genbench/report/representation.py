"""Table of how well classes are told from the features that models learnt.

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
    Leaderboard,
    Representation,
    Representations,
    Row,
    finished,
    trained,
)
from genbench.report.printed import integer, number
from genbench.text import MISSING

DECIMALS = 3
HEADS = ("run", "features", "numbers", "probe", "neighbours", "probe, untrained", "neighbours, untrained")
WORDS = {"own": "own choice", "encoder": "encoder", "critic": "critic", "denoiser": "U-Net's middle"}
SCORES = ("probe", "neighbours")


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


def _of_row(row: Row, folder: Path) -> tuple[Representation, list[dict[str, Any]]] | None:
    """Average the records of a row; None where a finished cell has none."""
    files = [folder / row["run"] / f"{cell['seed']}.json" for cell in finished(row)]
    records: list[dict[str, Any]] = [found for file in files if file.is_file() and (found := read_json(file))]
    if not records or len(records) < len(files):
        return None
    try:
        scores, untrained = _means(records), _means([record["untrained"] for record in records])
        means = Representation(
            of=records[0]["of"], size=records[0]["size"], n=len(records), untrained=untrained, **scores
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"{files[0].parent}: not records of the stage representation: {error!r}") from None
    return means, records


def _means(records: Sequence[dict[str, Any]]) -> Accuracies:
    probe, neighbours = (statistics.fmean(record[name] for record in records) for name in SCORES)
    return Accuracies(probe=probe, neighbours=neighbours)


def table(board: Leaderboard) -> list[list[str]]:
    """Give a row for each trained run, a dash where it learnt no features, and one for each baseline; none without."""
    known = board.get("representations")
    if not known:
        return []
    rows = [[row["run"], *_texts(known["rows"].get(row["run"]))] for row in trained(board)]
    for name, of in known["baselines"].items():
        rows.append([name, MISSING, integer(of["size"]), *_scores(of), MISSING, MISSING])
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
        "an extractor may have learnt them with the classes."
    )


def _texts(means: Representation | None) -> list[str]:
    if means is None:
        return [MISSING] * (len(HEADS) - 1)
    return [WORDS[means["of"]], integer(means["size"]), *_scores(means), *_scores(means["untrained"])]


def _scores(of: Accuracies) -> list[str]:
    return [number(of["probe"], DECIMALS), number(of["neighbours"], DECIMALS)]
