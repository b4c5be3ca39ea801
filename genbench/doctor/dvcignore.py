"""What .dvcignore must name: what Python and genbench write into folders that DVC hashes or looks for stages in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding

FILE = Path(".dvcignore")
#: A path that has to be passed over, what to write, and why.
NEEDED = {
    "genbench/__pycache__/find.cpython-311.pyc": (
        "__pycache__",
        "every Python writes its own into the folders that the stage fingerprint depends on, which then runs again",
    ),
    ".venv/lib/python3/site-packages/dvc.yaml": (".venv", "DVC would look for stages among tens of thousands of files"),
    ".genbench/fanout/worker-0/dvc.yaml": (".genbench", "DVC would take the pipelines of workers' clones for its own"),
}


def find() -> Iterator[Finding]:
    """Each that it does not."""
    from pathspec import PathSpec

    lines = FILE.read_text(encoding="utf-8").splitlines() if FILE.is_file() else []
    spec = PathSpec.from_lines("gitignore", lines)
    for path, (name, why) in NEEDED.items():
        if not spec.match_file(path):
            yield Finding("warning", f"{FILE}: {name} is missing: {why}", f"add the line {name} to {FILE}")
