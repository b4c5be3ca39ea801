"""The leaderboard of a profile over git revisions: what each commit that changed it said in its first column.

Numbers of different protocols are not compared, so a history is in parts: consecutive commits of one protocol. A
commit whose leaderboard this version does not read is counted and left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genbench.data.paths import PUBLISHED
from genbench.errors import InputError
from genbench.report.compare.board import BOARD, IMAGES, PROTOCOL, read_board
from genbench.report.compare.snapshot import Snapshot, git
from genbench.report.leaderboard import Heading, Leaderboard, headline


@dataclass(frozen=True)
class Revision:
    """One commit. date: of the commit, as YYYY-MM-DD."""

    commit: str
    date: str
    subject: str
    board: Leaderboard

    @property
    def protocol(self) -> Any:
        """What must be equal for numbers to be compared."""
        column = headline(self.board)[0]
        images: Any = self.board["dataset"]
        said: Any = self.board["protocols"][column["extractor"]]
        options = said["options"].get(column["metric"])
        return column["heading"], [images[key] for key in IMAGES], [said[key] for key in PROTOCOL], options


@dataclass
class History:
    """The commits of one profile, oldest first. unread: how many were left out."""

    profile: str
    revisions: list[Revision] = field(default_factory=list)
    unread: int = 0

    @property
    def column(self) -> Heading:
        """The column that the history shows: the first of the newest leaderboard."""
        return headline(self.revisions[-1].board)[0]

    def parts(self) -> list[list[Revision]]:
        """Consecutive commits of one protocol."""
        parts: list[list[Revision]] = []
        for revision in self.revisions:
            if parts and parts[-1][-1].protocol == revision.protocol:
                parts[-1].append(revision)
            else:
                parts.append([revision])
        return parts


def histories() -> dict[str, History]:
    """The history of every profile that HEAD's commits have had a leaderboard of, current or published."""
    found: dict[str, History] = {}
    published = git("ls-tree", "-r", "-z", "--name-only", "HEAD", f"./{PUBLISHED}/").stdout.decode().split("\0")
    for path in [BOARD, *(Path(name) for name in published if Path(name).name == BOARD.name)]:
        revisions = list(_revisions(path))
        read = [revision for revision in revisions if revision]
        for revision in read:
            history = found.setdefault(revision.board["profile"], History(revision.board["profile"]))
            if all(one.board != revision.board for one in history.revisions):
                history.revisions.append(revision)
        if read:
            found[read[-1].board["profile"]].unread += len(revisions) - len(read)
    order = git("rev-list", "--topo-order", "--reverse", "HEAD").stdout.decode().split()
    for history in found.values():
        history.revisions.sort(key=lambda revision: order.index(revision.commit))
    return found


def _revisions(path: Path) -> Iterator[Revision | None]:
    """The commits that changed a leaderboard and kept it, oldest first; None where it cannot be read."""
    words = ("log", "--reverse", "--topo-order", "--diff-filter=AM", "--format=%H%x00%cs%x00%s")
    for line in git(*words, "HEAD", "--", f"./{path}").stdout.decode().splitlines():
        commit, date, subject = line.split("\0")
        try:
            yield Revision(commit, date, subject, read_board(Snapshot(commit[:7], commit), path))
        except InputError:
            yield None
