"""Reading of a leaderboard.json of any origin, with checks that it is whole and can be printed.

It may come from anybody's branch, so neither its shape nor its texts are taken for granted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from genbench.errors import InputError
from genbench.options import one_line
from genbench.report.leaderboard import SCHEMA, Leaderboard
from genbench.report.schema_2 import upgraded

DIGITS = 17  # of a number; more cannot be printed


def parse(content: str | bytes, name: str) -> Leaderboard:
    """Parse the leaderboard of a JSON text; `name` is for messages.

    A document of schema 2 is read by the names of this one; anything else, and any other schema, is an
    InputError.
    """
    try:
        board = json.loads(content)
        if isinstance(board, dict) and board.get("schema") == 2:
            board = upgraded(board)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not readable as JSON: {error}") from error
    schema = board.get("schema") if isinstance(board, dict) else None
    if schema != SCHEMA:
        raise InputError(f"{name}: expected schema {SCHEMA}, got {schema}; `dvc repro` in that state writes it anew")
    try:
        TypeAdapter(Leaderboard).validate_python(board)
    except ValidationError as error:
        raise one_line(error, f"{name}:", ()) from None
    _require_whole(board, name)
    for text in _texts(board):
        if not text.replace("\n", "").isprintable():
            raise InputError(f"{name}: expected texts that can be printed, got {text[:100]!r}")
    return cast(Leaderboard, board)


def _require_whole(board: Leaderboard, name: str) -> None:
    """Refuse a leaderboard of no extractor or column, and one that lacks a number of a column."""
    if not board["protocols"] or not board["columns"]:
        raise InputError(f"{name}: expected at least one extractor and one column")
    for column in board["columns"]:
        extractor, metric = column["extractor"], column["metric"]
        if not 0 <= column["decimals"] <= DIGITS:
            raise InputError(f"{name}: column {metric}: expected 0 to {DIGITS} decimals, got {column['decimals']}")
        parts: list[Mapping[str, Any]] = [board["best"], *(row["scores"] for row in board["rows"])]
        if extractor not in board["protocols"] or not all(metric in part.get(extractor, {}) for part in parts):
            raise InputError(f"{name}: column {metric} of {extractor}: not in every row, in best and in protocols")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
