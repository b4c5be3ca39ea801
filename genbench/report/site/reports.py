"""The reports of a site: leaderboards, laboratories and benchmarks, found in their folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genbench.data.paths import LABORATORY, PUBLISHED, REPORTS
from genbench.errors import InputError
from genbench.report.compare.board import BOARD, read_board
from genbench.report.compare.snapshot import WORKSPACE, Snapshot
from genbench.report.leaderboard import Leaderboard, trained
from genbench.report.site.findings import finding, study

FRONT = "fashion_mnist"  # the published leaderboard that the index leads with: of images that one can recognise


@dataclass(frozen=True)
class Board:
    """A leaderboard's page, by its path in the site. board: None if its format is unknown."""

    page: Path
    name: str
    current: bool
    board: Leaderboard | None

    @property
    def size(self) -> str:
        """Dataset, rows and seeds."""
        if self.board is None:
            return ""
        seeds = len(self.board["seeds"])
        rows = f"{len(self.board['rows'])} rows × {seeds} seed{'s' * (seeds != 1)}"
        return f"{self.board['dataset']['name']}, {rows}"

    @property
    def finding(self) -> str:
        """Finding of the leaderboard, a sentence or two with their numbers."""
        return "This leaderboard has an earlier format." if self.board is None else finding(self.board)

    @property
    def best(self) -> str:
        """Run of the first trained row, "" where there is none."""
        return next((row["run"] for row in trained(self.board)), "") if self.board else ""


@dataclass(frozen=True)
class Page:
    """Another page, by its path in the site. finding: what it shows, in a sentence."""

    page: Path
    title: str
    finding: str = ""


def boards() -> list[Board]:
    """List the current leaderboard, then the published ones."""
    current = [_board(REPORTS, current=True)] if (REPORTS / "index.html").is_file() else []
    folders = sorted(page.parent for page in PUBLISHED.glob("*/index.html"))
    return [*current, *(_board(folder, current=False) for folder in folders)]


def front(boards: Sequence[Board]) -> Board:
    """Choose the leaderboard that the index leads with: FRONT if it is published, else the current one."""
    return next((board for board in boards if board.name == FRONT), boards[0])


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
        name, said = page.parts[-3], study(page.read_text(encoding="utf-8"))
        pages[page.parent] = Page(REPORTS / name / page.name, said.title or name, said.sentence)
    return pages


def benchmarks() -> list[Path]:
    """Find the Markdown files of the benchmarks of speed and memory."""
    return sorted((REPORTS / "benchmarks").glob("*.md"))
