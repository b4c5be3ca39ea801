"""The git repository of a checkout: questions to git, and the states of a checkout in which git answers none.

DVC, the fan-out and everything that reads revisions need one. A downloaded archive has none, and git refuses one that
belongs to another user, as after a copy by root or in a container.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from genbench.errors import InputError
from genbench.pipeline.params import PARAMS

FIRST_COMMIT = "git add -A && git commit -m start"
MAKE = f"git init && {FIRST_COMMIT}"


@dataclass(frozen=True)
class Fault:
    """State of a checkout in which git does not serve. fix: commands, or what to install.

    stops: False where nothing stops but what reads commits.
    """

    message: str
    fix: str
    stops: bool = True

    def __str__(self) -> str:
        return f"{self.message}; next: {self.fix}"


def git(*words: str, folder: Path = Path()) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder, also if it fails; where git does not serve there at all, an InputError says what to do."""
    try:
        done = _run(words, folder)
    except FileNotFoundError:
        raise InputError(str(_no_git(folder))) from None
    if done.returncode and (found := _refused(done.stderr, folder)):
        raise InputError(str(found))
    return done


def fault(folder: Path = Path()) -> Fault | None:
    """Find the state in which git does not serve a checkout; None where it does."""
    try:
        done = _run(("rev-parse", "--show-toplevel"), folder)
        if done.returncode:
            return _refused(done.stderr, folder) or Fault(f"{_shown(folder)}: {_line(done.stderr)}", MAKE)
        if _run(("check-ignore", "--quiet", str(PARAMS)), folder).returncode == 0:
            top = os.fsdecode(done.stdout).rstrip("\n")
            return Fault(f"{_shown(folder)}: git ignores it as a part of the repository {top}", MAKE)
        if _run(("cat-file", "-e", f"HEAD:./{PARAMS}"), folder).returncode:
            message = f"{_shown(folder)}: no commit of it yet, which experiments, compare, verify and site read"
            return Fault(message, FIRST_COMMIT, stops=False)
    except FileNotFoundError:
        return _no_git(folder)
    return None


def is_none(folder: Path = Path()) -> bool:
    """Return whether a folder lies in no git repository; False where there is no git to ask."""
    try:
        return b"not a git repository" in _run(("rev-parse", "--git-dir"), folder).stderr
    except FileNotFoundError:
        return False


def require(folder: Path = Path()) -> None:
    """Raise an InputError with the way out where git does not serve a checkout; it need not have a commit yet."""
    found = fault(folder)
    if found and found.stops:
        raise InputError(str(found))


def _run(words: tuple[str, ...], folder: Path) -> subprocess.CompletedProcess[bytes]:
    plain = {**os.environ, "LC_ALL": "C"}  # its messages are read here
    return subprocess.run(
        ["git", "--no-optional-locks", *words], cwd=folder, env=plain, capture_output=True, check=False
    )


def _refused(message: bytes, folder: Path) -> Fault | None:
    """Tell from git's message that there is no repository, or that it is another user's."""
    shown = _shown(folder)
    if b"dubious ownership" in message:
        top = next((line.split("safe.directory ", 1)[1] for line in _lines(message) if "safe.directory " in line), "")
        fix = f"git config --global --add safe.directory {top or shlex.quote(shown)}"
        return Fault(f"{shown}: belongs to another user, and git does not touch it", fix)
    if b"not a git repository" in message:
        fix = f"{MAKE}; or, for `dvc repro` and `genbench repro` alone, dvc config core.no_scm true"
        return Fault(f"{shown}: not a git repository, as a downloaded archive is none", fix)
    return None


def _no_git(folder: Path) -> Fault:
    return Fault(f"{_shown(folder)}: there is no command git, which reads and lists its files", "install git")


def _shown(folder: Path) -> str:
    return str(folder.absolute())


def _lines(message: bytes) -> list[str]:
    return [line.strip() for line in message.decode(errors="replace").splitlines()]


def _line(message: bytes) -> str:
    return " ".join(_lines(message))
