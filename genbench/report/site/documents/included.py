"""Pages of files outside docs/: Markdown as it is, other files as they are read, and each file of a folder."""

from __future__ import annotations

from pathlib import Path

from genbench.pipeline.catalogue import RUNS
from genbench.report.site.documents.links import PAGES

#: Before a page that the search leaves out: its words stand in a better place as well.
UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n"
LANGUAGES = {".yaml": "yaml", ".cff": "yaml"}


def pages() -> dict[str, str]:
    """Make the pages of links.PAGES; the catalogue of runs has one of its own."""
    return {page: _text(Path(source)) for source, page in PAGES.items() if source != RUNS.name}


def _text(source: Path) -> str:
    if source.suffix == ".md":
        text = source.read_text(encoding="utf-8")
        return f"{UNSEARCHED}{text}" if source.stem == "CHANGELOG" else text
    if source.is_dir():
        files = sorted(source.glob("*.yaml"))
        sections = [f"## {file.stem}\n\n{_block(file)}" for file in files]
        return "\n".join([f"{UNSEARCHED}# {source.name}/\n", *sections])
    return f"{UNSEARCHED}# {source.name}\n\n{_block(source)}"


def _block(file: Path) -> str:
    return f"````{LANGUAGES.get(file.suffix, 'text')}\n{file.read_text(encoding='utf-8').rstrip()}\n````\n"
