"""Files of a report, held against the MD5s that dvc.lock has of them.

Reports are in git and not in DVC's cache, so an edited number in a committed leaderboard.json looks like any other
change. dvc.lock has the MD5 of each file that a stage wrote, and of each folder, which is that of a list of its files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genbench.data.paths import LOCK, REPORTS
from genbench.errors import InputError
from genbench.files import yaml
from genbench.files.require_file import kind_of, open_file
from genbench.files.section import read_text

LARGEST = 1 << 26  # characters of a lock: one of 10,000 stages has a sixth of it
SHOWN = 8  # characters of a hash
REPORT = "report"  # the stage


@dataclass(frozen=True)
class Lock:
    """A dvc.lock, whoever wrote it: its file and text."""

    file: Path
    text: str

    @classmethod
    def read(cls, file: Path) -> Lock:
        """Read a lock, whose entries are parsed when they are asked for."""
        return cls(file, read_text(file))

    def stage(self, name: str) -> Any:
        """Return the entry of a stage, as it is in the file; a file that is no YAML or lacks it is an InputError.

        Of what DVC writes, which may be megabytes, the lines of that stage alone are parsed.
        """
        lines = re.search(rf"^  {re.escape(name)}:\n(?:(?:    .*)?\n)+", self.text, re.MULTILINE)
        values = yaml.parse(f"stages:\n{lines[0]}" if lines else self.text, str(self.file), largest=LARGEST)
        try:
            return values["stages"][name]
        except (TypeError, KeyError) as error:
            raise self._unreadable(self.file, error) from error

    def extractors(self) -> list[str]:
        """Return the extractors that the report was made with, whatever params.yaml says by now."""
        try:
            return [str(name) for name in self.stage(REPORT)["params"]["params.yaml"]["extractors"]]
        except (TypeError, KeyError) as error:
            raise self._unreadable(self.file, error) from error

    def outputs(self, stage: str) -> Iterator[tuple[Path, str]]:
        """Yield the paths of a stage's outputs, metrics among them, with their hashes."""
        try:
            yield from [(Path(out["path"]), str(out["md5"])) for out in self.stage(stage)["outs"]]
        except (TypeError, KeyError) as error:
            raise self._unreadable(self.file, error) from error

    @staticmethod
    def _unreadable(file: Path, error: Exception) -> InputError:
        return InputError(f"{file}: expected what `dvc repro` writes; {type(error).__name__}: {error}")


def require_current() -> None:
    """Raise an InputError for the first file of the current report that is not as dvc.lock has it."""
    lock = Lock.read(LOCK)
    stages = [REPORT, *(f"extractor@{name}" for name in lock.extractors())]
    require(lock, stages, below=REPORTS, folder=REPORTS, fix=f"dvc repro, or git checkout HEAD -- {REPORTS} {LOCK}")


def require_copy(folder: Path, names: Collection[str]) -> None:
    """Raise an InputError for the first file of a published copy in `folder` that the dvc.lock beside it has otherwise.

    names: the files of a report that are copied.
    """
    lock, fix = Lock.read(folder / LOCK), f"git checkout HEAD -- {folder}, or publish it again"
    require(lock, [REPORT], below=REPORTS, folder=folder, names=names, fix=fix)


def require(
    lock: Lock,
    stages: Collection[str],
    *,
    below: Path,
    folder: Path,
    fix: str,
    names: Collection[str] | None = None,
) -> None:
    """Raise an InputError for the first output of `stages` that is not as `lock` has it.

    Outputs below `below` are looked at, where they lie in `folder`: `below`/grids is `folder`/grids. names: the only
    ones that are. fix: commands for the user, as part of the message.
    """
    for path, locked in (output for stage in stages for output in lock.outputs(stage)):
        if not path.is_relative_to(below) or names is not None and str(path.relative_to(below)) not in names:
            continue
        file = folder / path.relative_to(below)
        if (now := md5(file)) != locked:
            state = f"MD5 {now[:SHOWN]}" if now else "missing"
            raise InputError(f"{file}: {state}, but {lock.file} has {locked[:SHOWN]}, as it was computed; {fix}")


def md5(path: Path) -> str:
    """Return the hash of a file or folder as DVC writes it, "" where there is neither."""
    kind = kind_of(path)
    if kind == "nothing":
        return ""
    if kind != "a folder":
        with open_file(path) as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.tree import Tree

    tree = Tree()  # type: ignore[no-untyped-call]
    for part in path.rglob("*"):
        if kind_of(part) != "a folder" and not part.name.endswith(".part"):  # half written, as .dvcignore has it
            tree.add(part.relative_to(path).parts, None, HashInfo("md5", md5(part)))
    tree.digest()
    return str(tree.oid)
