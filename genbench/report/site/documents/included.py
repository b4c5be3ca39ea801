"""Pages of files outside docs/: Markdown as it is, other files as they are read, and each file of a folder."""

from __future__ import annotations

from pathlib import Path

from genbench.pipeline.catalogue import RUNS
from genbench.report.site.documents.links import PAGES

#: Before a page that the search leaves out: its words stand in a better place as well.
UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n"
LANGUAGES = {".cff": "yaml", ".yaml": "yaml"}
COPIED = ".json"  # files for programs, which are linked instead of shown


def pages() -> dict[str, str]:
    """Make the pages of links.PAGES; the catalogue of runs has one of its own."""
    return {page: _text(Path(source)) for source, page in PAGES.items() if source != RUNS.name}


def files() -> list[str]:
    """List the files that are copied beside the pages, by their paths in the repository."""
    folders = [Path(source) for source in PAGES if Path(source).is_dir()]
    return [file.as_posix() for folder in folders for file in sorted(folder.glob(f"*{COPIED}"))]


def _text(source: Path) -> str:
    if source.suffix == ".md":
        text = source.read_text(encoding="utf-8")
        return f"{UNSEARCHED}{text}" if source.stem == "CHANGELOG" else text
    if source.is_dir():
        sections = [f"## {file.stem}\n\n{_block(file)}" for file in sorted(source.glob("*.yaml"))]
        links = [f"- [{file.name}]({file.as_posix()})" for file in sorted(source.glob(f"*{COPIED}"))]
        return "\n".join([f"{UNSEARCHED}# {source.name}/\n", *links, *sections])
    return f"{UNSEARCHED}# {source.name}\n\n{_block(source)}"


def _block(file: Path) -> str:
    return f"````{LANGUAGES.get(file.suffix, 'text')}\n{file.read_text(encoding='utf-8').rstrip()}\n````\n"
