"""The reports of a site: leaderboards, laboratories and benchmarks, found in their folders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from genbench.data.paths import LABORATORY, PUBLISHED, REPORTS
from genbench.errors import InputError
from genbench.report.compare.board import BOARD, read_board
from genbench.report.compare.snapshot import WORKSPACE, Snapshot
from genbench.report.leaderboard import Leaderboard, headline, trained
from genbench.report.printed import full, heading


@dataclass(frozen=True)
class Board:
    """A leaderboard's page, by its path in the site. board: None if its format is unknown."""

    page: Path
    name: str
    current: bool
    board: Leaderboard | None

    @property
    def summary(self) -> str:
        """Dataset, size and first row of the leaderboard, in one line."""
        if self.board is None:
            return "This leaderboard has an earlier format."
        dataset, rows = self.board["dataset"], self.board["rows"]
        seeds = len(self.board["seeds"])
        parts = [f"{dataset['name']}, {len(rows)} rows × {seeds} seed{'s' * (seeds != 1)}"]
        if best := trained(self.board)[:1]:
            column = headline(self.board)[0]
            parts.append(f"first row: {best[0]['run']}, {heading(column)} {full(best[0], column)}")
        return "; ".join(parts)


@dataclass(frozen=True)
class Page:
    """Another page, by its path in the site."""

    page: Path
    title: str


def boards() -> list[Board]:
    """List the current leaderboard, then the published ones."""
    current = [_board(REPORTS, current=True)] if (REPORTS / "index.html").is_file() else []
    folders = sorted(page.parent for page in PUBLISHED.glob("*/index.html"))
    return [*current, *(_board(folder, current=False) for folder in folders)]


def _board(folder: Path, *, current: bool) -> Board:
    try:
        board = read_board(Snapshot(WORKSPACE, ""), folder / BOARD.name)
    except InputError:
        board = None
    name = board["profile"] if board and current else folder.name
    return Board(folder / "index.html", name, current, board)


def laboratories() -> dict[Path, Page]:
    """Find the pages of studies, reports/<study>/index.html in the site, by their folders in the project."""
    pages = {}
    for page in sorted(LABORATORY.glob("*/report/index.html")):
        study = page.parts[-3]
        title = _title(page.read_text(encoding="utf-8"), study)
        pages[page.parent] = Page(REPORTS / study / page.name, title)
    return pages


def benchmarks() -> list[Path]:
    """Find the Markdown files of the benchmarks of speed and memory."""
    return sorted((REPORTS / "benchmarks").glob("*.md"))


def _title(html: str, otherwise: str) -> str:
    match = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    return unescape(match[1].strip()) if match else otherwise
