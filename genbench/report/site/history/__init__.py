"""The leaderboard of a profile over git revisions: the first column at each commit that changed it.

Numbers of different protocols are not compared, so a history has parts: consecutive commits of one protocol. A commit
whose leaderboard this version cannot read is counted and left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genbench.data.paths import PUBLISHED
from genbench.errors import InputError
from genbench.pipeline.repository import git
from genbench.report.compare.board import BOARD, IMAGES, PROTOCOL, read_board
from genbench.report.compare.snapshot import Snapshot
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
        """Facts that must be equal for numbers to be compared."""
        column = headline(self.board)[0]
        images: Any = self.board["dataset"]
        protocol: Any = self.board["protocols"][column["extractor"]]
        options = protocol["options"].get(column["metric"])
        return column["heading"], [images[key] for key in IMAGES], [protocol[key] for key in PROTOCOL], options


@dataclass
class History:
    """Commits of one profile, oldest first. unread: number of commits that were left out."""

    profile: str
    revisions: list[Revision] = field(default_factory=list)
    unread: int = 0

    @property
    def column(self) -> Heading:
        """Column that the history shows: the first of the newest leaderboard."""
        return headline(self.revisions[-1].board)[0]

    def parts(self) -> list[list[Revision]]:
        """Group consecutive commits of one protocol."""
        parts: list[list[Revision]] = []
        for revision in self.revisions:
            if parts and parts[-1][-1].protocol == revision.protocol:
                parts[-1].append(revision)
            else:
                parts.append([revision])
        return parts


def histories() -> dict[str, History]:
    """Read the history of every profile with a leaderboard, current or published, in the commits of HEAD."""
    by_profile: dict[str, History] = {}
    published = git("ls-tree", "-r", "-z", "--name-only", "HEAD", f"./{PUBLISHED}/").stdout.decode().split("\0")
    for path in [BOARD, *(Path(name) for name in published if Path(name).name == BOARD.name)]:
        revisions = list(_revisions(path))
        read = [revision for revision in revisions if revision]
        for revision in read:
            history = by_profile.setdefault(revision.board["profile"], History(revision.board["profile"]))
            if all(earlier.board != revision.board for earlier in history.revisions):
                history.revisions.append(revision)
        if read:
            by_profile[read[-1].board["profile"]].unread += len(revisions) - len(read)
    order = git("rev-list", "--topo-order", "--reverse", "HEAD").stdout.decode().split()
    for history in by_profile.values():
        history.revisions.sort(key=lambda revision: order.index(revision.commit))
    return by_profile


def _revisions(path: Path) -> Iterator[Revision | None]:
    """Give the commits that added or changed a leaderboard, oldest first; None where it cannot be read."""
    words = ("log", "--reverse", "--topo-order", "--diff-filter=AM", "--format=%H%x00%cs%x00%s")
    for line in git(*words, "HEAD", "--", f"./{path}").stdout.decode().splitlines():
        commit, date, subject = line.split("\0")
        try:
            yield Revision(commit, date, subject, read_board(Snapshot(commit[:7], commit), path))
        except InputError:
            yield None
