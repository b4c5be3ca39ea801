"""What .dvcignore must name: what Python and genbench write into folders that DVC hashes or looks for stages in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding

FILE, GIT = Path(".dvcignore"), Path(".gitignore")


def find() -> Iterator[Finding]:
    """Each that it does not. DVC looks for no stages in what git ignores, but hashes it."""
    hashed = "every Python writes its own below genbench/ and stages/, and the stage fingerprint runs again for each"
    if not _named("genbench/__pycache__/find.cpython-311.pyc", FILE):
        yield _finding("__pycache__", hashed)
    if not _named(".venv/lib/python3/site-packages/dvc.yaml", FILE, GIT):
        yield _finding(".venv", "DVC looks for stages among its tens of thousands of files")
    if not _named(".genbench/fanout/worker-0/dvc.yaml", FILE, GIT):
        yield _finding(".genbench", "DVC takes the pipelines of workers' clones for its own")


def _named(path: str, *files: Path) -> bool:
    """Whether any of the files has a pattern for a path."""
    from pathspec import PathSpec

    lines = [line for file in files if file.is_file() for line in file.read_text(encoding="utf-8").splitlines()]
    return PathSpec.from_lines("gitignore", lines).match_file(path)


def _finding(name: str, why: str) -> Finding:
    return Finding("warning", f"{FILE}: {name} is missing: {why}", f"add the line {name} to {FILE}")
