"""dvc.lock, of the benchmark and of its laboratories: readable, and as it is committed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.data.paths import LABORATORY, LOCK
from genbench.doctor import Finding
from genbench.doctor._git import git

MARKERS = ("<<<<<<< ", ">>>>>>> ")


def find() -> Iterator[Finding]:
    """Find each lock that is broken, and those that differ from HEAD, in one line."""
    locks = [LOCK, *sorted(LABORATORY.glob(f"*/{LOCK}"))]
    for lock in locks:
        if lock.is_file():
            yield from _broken(lock)
    changed = (git("diff", "--name-only", "--relative", "HEAD", "--", *map(str, locks)) or "").split()
    if changed:
        message = f"{', '.join(changed)}: changed since HEAD: a clone of HEAD has other results than this checkout"
        fix = f"git add {' '.join(changed)} reports laboratory/*/report && git commit, once the reports are made"
        yield Finding("note", message, fix)


def _broken(lock: Path) -> Iterator[Finding]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    text = lock.read_text(encoding="utf-8", errors="replace")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith(MARKERS)]
    if lines:
        repro = "dvc repro" if lock.parent == Path() else f"(cd {lock.parent} && dvc repro)"
        fix = f"git checkout HEAD -- {lock} && {repro}: the cache restores what ran before"
        yield Finding("error", f"{lock}:{lines[0]}: has the marks of a merge that is not settled", fix)
        return
    try:
        for _ in YAML(typ="safe").parse(text):
            pass
    except YAMLError as error:
        message = f"{lock}: not readable as YAML, perhaps half written: {' '.join(str(error).split())}"
        yield Finding("error", message, f"git checkout HEAD -- {lock}")
