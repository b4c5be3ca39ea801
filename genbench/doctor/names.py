"""Names that are passed over or that break a tool: of runs and profiles, of files, and of the checkout's folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding, _files
from genbench.files.section import is_name

#: What parts the folders of PATH, and what parts or ends a value in the settings of a fanout's clones.
BREAKS = ":,#"


def find(*, folder: Path | None = None) -> Iterator[Finding]:
    """Each of them. folder: the checkout, by default the current one."""
    yield from _checkout(str(folder or Path.cwd()))
    for kind in ("runs", "profiles"):
        for file in sorted(Path(kind).iterdir()) if Path(kind).is_dir() else []:
            if file.suffix in (".yaml", ".yml") and not (file.suffix == ".yaml" and is_name(file.stem)):
                what = f"{str(file)!r}: passed over: expected a name of letters, digits and _, which ends in .yaml"
                yield Finding("warning", what, f"rename it, such as {kind}/{_better(file.stem)}.yaml")
    for entry in _files.files():
        if not entry.name.isprintable():
            what = f"{entry.path.removeprefix('./')!r}: a name with codes that are no letters, which DVC cannot store"
            yield Finding("error", what, "rename it")


def _checkout(path: str) -> Iterator[Finding]:
    odd = sorted({c for c in path if c in BREAKS or not c.isprintable()})
    if odd:
        breaks = "which breaks PATH (:) or the settings of a fanout's clones (, #)"
        what = f"{path!r}: the checkout's path has {' '.join(map(repr, odd))}, {breaks}"
        yield Finding("warning", what, "move the checkout to a path without")


def _better(name: str) -> str:
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
    return plain if is_name(plain) else f"run_{plain}"
