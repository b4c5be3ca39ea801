"""States of the project: commits, DVC experiments and the working tree, read without a checkout.

A DVC experiment is a commit under refs/exps that holds what the experiment changed, reports among it, so that git
alone reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from genbench.errors import InputError, unknown
from genbench.pipeline.repository import FIRST_COMMIT, git

WORKSPACE = "workspace"


@dataclass(frozen=True)
class Snapshot:
    """One state. name: the user's name for it. commit: its hash, "" for the working tree."""

    name: str
    commit: str

    def __str__(self) -> str:
        short = self.commit[:7]
        return self.name if not short or self.name.startswith(short) else f"{self.name} ({short})"

    def read(self, path: Path) -> bytes | None:
        """Read a file by its path from the root of the project; None where there is no such file."""
        if not self.commit:
            return path.read_bytes() if path.is_file() else None
        done = git("cat-file", "blob", f"{self.commit}:./{path.as_posix()}")
        return done.stdout if done.returncode == 0 else None

    def files(self, folder: Path) -> list[Path]:
        """List the files of a folder, sorted; none where there is no such folder."""
        if not self.commit:
            return sorted(file for file in folder.glob("*") if file.is_file())
        listed = git("ls-tree", "-z", "--name-only", self.commit, f"./{folder.as_posix()}/")
        return sorted(Path(name) for name in listed.stdout.decode().split("\0") if name)


def snapshot(name: str) -> Snapshot:
    """Find the state that a name means: `workspace`, a DVC experiment or anything that git takes for a commit."""
    if name == WORKSPACE:
        return Snapshot(WORKSPACE, "")
    experiments = _experiments()
    done = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    commit = experiments.get(name) or done.stdout.decode().strip()
    if not commit and name == "HEAD":
        raise InputError(f"HEAD: this repository has no commit yet; next: {FIRST_COMMIT}")
    if not commit:
        raise unknown("revision", name, [WORKSPACE, "HEAD", *_branches(), *experiments])
    return Snapshot(name, commit)


def _experiments() -> dict[str, str]:
    """Read the commits of DVC experiments by name: refs/exps/<first two letters>/<rest of the baseline>/<name>."""
    listed = git("for-each-ref", "--format=%(refname) %(objectname)", "refs/exps/*/*/*").stdout.decode()
    pairs = (line.split(" ") for line in listed.splitlines())
    return {reference.rsplit("/", 1)[1]: commit for reference, commit in pairs}


def _branches() -> list[str]:
    return git("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags").stdout.decode().split()
