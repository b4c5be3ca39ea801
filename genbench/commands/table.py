"""Print the current leaderboard."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(arguments: argparse.Namespace) -> None:
    """Print the table, and where its page and data are."""
    from genbench.errors import InputError
    from genbench.files import read_json
    from genbench.paths import REPORTS
    from genbench.report.leaderboard import SCHEMA
    from genbench.report.terminal import table

    path = REPORTS / "leaderboard.json"
    board = read_json(path)
    found = board.get("schema") if isinstance(board, dict) else None
    if found != SCHEMA:
        raise InputError(f"{path}: expected schema {SCHEMA}, got {found}; `dvc repro` writes it anew")
    sys.stdout.write(table(board) + "\n")
    sys.stdout.write(f"page: {REPORTS / 'index.html'}   data: {path}\n")
