"""Table of what encoders and decoders make of real images, and of how much of a code book the images use.

Parts of the records of the stage representation; a board of before these has no table.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genbench.errors import InputError
from genbench.extractors import UNNAMED
from genbench.report.leaderboard import (
    CodeBook,
    Leaderboard,
    Reconstruction,
    Reconstructions,
    Row,
    trained,
)
from genbench.report.printed import integer, number
from genbench.report.representation import records_of
from genbench.text import MISSING

CODE_HEADS = ("code vectors", "used", "perplexity")
FID_DECIMALS, MSE_DECIMALS, USE_DECIMALS, PERPLEXITY_DECIMALS = 2, 4, 3, 1


def add(board: Leaderboard, folder: Path) -> None:
    """Read `reconstruction` of folder/<run>/<seed>.json of every finished cell into the board.

    A run has numbers if all of its finished cells have. Two extractors or numbers of images are an InputError.
    """
    rows = {row["run"]: found for row in trained(board) if (found := _of_row(row, folder)) is not None}
    board["reconstructions"] = None
    if not rows:
        return
    shared = {made for _, protocols in rows.values() for made in protocols}
    if len(shared) > 1:
        raise InputError(f"{folder}: one table holds one protocol, but reconstructions have several: {sorted(shared)}")
    ((extractor, images),) = shared
    if extractor not in board["protocols"]:
        raise InputError(f"{folder}: reconstructions are scored by {extractor}, of which there are no other scores")
    means = {run: means for run, (means, _) in rows.items()}
    board["reconstructions"] = Reconstructions(extractor=extractor, images=images, rows=means)


def _of_row(row: Row, folder: Path) -> tuple[Reconstruction, set[tuple[str, int]]] | None:
    """Average the records of a row, and give their extractors with numbers of images; None where a cell has none."""
    read = records_of(row, folder)
    records: list[dict[str, Any]] = [record["reconstruction"] for record in read if "reconstruction" in record]
    if not records or len(records) < len(read):
        return None
    try:
        fid, mse = (statistics.fmean(record[key] for record in records) for key in ("fid", "mse"))
        means = Reconstruction(fid=fid, mse=mse, codes=_code_book(records), n=len(records))
        return means, {(record["extractor"], record["n"]) for record in records}
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder / row['run']}: not records of the stage representation: {error!r}") from None


def _code_book(records: Sequence[Mapping[str, Any]]) -> CodeBook | None:
    books = [record["codes"] for record in records if "codes" in record]
    if not books:
        return None
    use, perplexity = (statistics.fmean(book[key] for book in books) for key in ("use", "perplexity"))
    return CodeBook(size=books[0]["size"], use=use, perplexity=perplexity)


def heads(board: Leaderboard) -> list[str]:
    """Name the columns: those of code books only where a row has one; none without reconstructions."""
    known = board.get("reconstructions")
    if not known:
        return []
    name = "" if known["extractor"] == UNNAMED else f" ({board['protocols'][known['extractor']]['name']})"
    return ["run", f"rFID{name} ↓", "MSE ↓", *(CODE_HEADS if _quantised(known) else ())]


def table(board: Leaderboard) -> list[list[str]]:
    """Give a row for each run with reconstructions, in the order of the board; none without."""
    known = board.get("reconstructions")
    if not known:
        return []
    rows = {row["run"]: known["rows"][row["run"]] for row in board["rows"] if row["run"] in known["rows"]}
    return [
        [
            run,
            number(means["fid"], FID_DECIMALS),
            number(means["mse"], MSE_DECIMALS),
            *(_texts(means["codes"]) if _quantised(known) else ()),
        ]
        for run, means in rows.items()
    ]


def note(board: Leaderboard) -> str:
    """Explain the numbers; "" where there are none."""
    known = board.get("reconstructions")
    if not known:
        return ""
    text = (
        "The encoder of a model gives a real image a code, and the decoder makes an image of that code, which is the "
        f"reconstruction. rFID is FID of the reconstructions of {integer(known['images'])} images of the split "
        "reference against the same images, so that a model that changes nothing has 0. It does not compare with FID "
        "of samples, whose floor is that of other real images. MSE is the mean squared error of a pixel, on a scale "
        "from 0 to 1. The numbers are means over seeds, of the weights that were best on validation. The code of a "
        "stochastic encoder is its mean."
    )
    if not _quantised(known):
        return text
    return text + (
        " Quantised codes are chosen from a list of code vectors, one at each place of an image. Used is the share of "
        "the list that these images use at all. Perplexity says how evenly they do: 1 where every place has the same "
        "code vector, and their number where each has as many places."
    )


def _quantised(known: Reconstructions) -> bool:
    """Return whether a row has quantised codes."""
    return any(means["codes"] for means in known["rows"].values())


def _texts(book: CodeBook | None) -> list[str]:
    if book is None:
        return [MISSING] * len(CODE_HEADS)
    texts = number(book["use"], USE_DECIMALS), number(book["perplexity"], PERPLEXITY_DECIMALS)
    return [integer(book["size"]), *texts]
