"""dvc.lock, of the benchmark and of its laboratories: readable, and whether it differs from what is committed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding, _pipelines
from genbench.doctor._git import git

MARKERS = ("<<<<<<< ", ">>>>>>> ")


def find() -> Iterator[Finding]:
    """Each that is broken, and those with changes since HEAD in one line."""
    locks = [file.with_name("dvc.lock") for file in _pipelines.files()]
    for lock in locks:
        if lock.is_file():
            yield from _broken(lock)
    changed = (git("diff", "--name-only", "--relative", "HEAD", "--", *map(str, locks)) or "").split()
    if changed:
        what = f"{', '.join(changed)}: changed since HEAD: a clone of HEAD has other results than this checkout"
        mend = f"git add {' '.join(changed)} reports laboratory/*/report && git commit, once the reports are made"
        yield Finding("note", what, mend)


def _broken(lock: Path) -> Iterator[Finding]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    text = lock.read_text(encoding="utf-8", errors="replace")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith(MARKERS)]
    if lines:
        repro = "dvc repro" if lock.parent == Path() else f"(cd {lock.parent} && dvc repro)"
        mend = f"git checkout HEAD -- {lock} && {repro}: the cache restores what ran before"
        yield Finding("error", f"{lock}:{lines[0]}: has the marks of a merge that is not settled", mend)
        return
    try:
        for _ in YAML(typ="safe").parse(text):
            pass
    except YAMLError as error:
        what = f"{lock}: not readable as YAML, perhaps half written: {' '.join(str(error).split())}"
        yield Finding("error", what, f"git checkout HEAD -- {lock}")
