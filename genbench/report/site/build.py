"""Build the site: reports/ with those of the laboratories, an index, histories, benchmarks and documents as pages.

All links are relative, and no page loads anything from outside the site.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from genbench.dag import locked
from genbench.data.paths import REPORTS
from genbench.errors import InputError
from genbench.files.atomic import write_text
from genbench.report import printed
from genbench.report.compare.page import data_uri
from genbench.report.document import document
from genbench.report.publish import KEPT
from genbench.report.site.chart import chart, row_of, value
from genbench.report.site.documents.build import build as build_documents
from genbench.report.site.history import histories
from genbench.report.site.reports import Board, Page, benchmarks, boards, front, laboratories

TEMPLATES = Path(__file__).parent  # a folder a page
MARK = ".genbench-site"  # in a folder that this made, and may replace


def build(folder: Path) -> Path:
    """Build the site in `folder` from scratch, and return its index. A folder with other content is not touched.

    A leaderboard with a file that differs from its dvc.lock is an InputError, and so is a fault of the documentation,
    which a folder without mkdocs.yml does not have.
    """
    if folder.exists() and not (folder.is_dir() and ((folder / MARK).exists() or not any(folder.iterdir()))):
        raise InputError(
            f"{folder}: expected no such folder, an empty one or an earlier site, got a folder of other content"
        )
    leaderboards = boards()
    if not leaderboards:
        raise InputError(f"{REPORTS / 'index.html'}: no such file; `dvc repro` makes it")
    for board in leaderboards:
        if board.current:
            locked.require_current()
        else:
            locked.require_copy(board.page.parent, KEPT)
    fresh = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    studies = laboratories()
    past = [one for one in histories().values() if len(one.revisions) > 1]  # before anything is written: git may fail
    for source, copy in ((REPORTS, REPORTS), *((report, study.page.parent) for report, study in studies.items())):
        shutil.copytree(source, fresh / copy, ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True)
    for page in (*(board.page for board in leaderboards), *(study.page for study in studies.values())):
        _lead_back(fresh, page)
    for history in past:
        write_text(
            fresh / _history(history.profile),
            _page("history", history=history, chart=chart(history), value=value, row_of=row_of),
        )
    measured = [_benchmark(fresh, path) for path in benchmarks()]
    links = {history.profile: _history(history.profile) for history in past}
    values = {"boards": leaderboards, "laboratories": studies.values(), "benchmarks": measured, "histories": links}
    documents = build_documents(fresh / "docs")
    first = front(leaderboards)
    index = _page("index", front=first, picture=_picture(first), documents=documents, **values)
    write_text(fresh / "index.html", index)
    write_text(fresh / MARK, "")
    write_text(fresh / ".nojekyll", "")  # GitHub's pages leave files alone then
    shutil.rmtree(folder, ignore_errors=True)
    fresh.replace(folder)
    return folder / "index.html"


def _lead_back(fresh: Path, page: Path) -> None:
    """Begin a copied page with a link to the index, which is not there where the page lies outside of a site."""
    up = "../" * len(page.parent.parts)
    link = f'<header>\n  <p class="back"><a href="{up}index.html">All reports</a></p>'
    write_text(fresh / page, (fresh / page).read_text(encoding="utf-8").replace("<header>", link, 1))


def _history(profile: str) -> Path:
    return Path("history") / f"{profile}.html"


def _picture(board: Board) -> str:
    """Return the picture of a leaderboard as a data: URI, "" where there is none."""
    path = board.page.with_name("overview.png")
    return data_uri(path.read_bytes()) if path.is_file() else ""


def _benchmark(fresh: Path, path: Path) -> Page:
    """Write a Markdown file as a page beside it, with its pictures inside."""
    text = path.read_text(encoding="utf-8")
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for token in tokens:
        if "text-align:right" in str(token.attrs.pop("style", "")):  # the page's policy admits no style in tags
            token.attrs["class"] = "number"
    for token in (child for block in tokens for child in block.children or [] if child.type == "image"):
        picture = path.parent / str(token.attrs["src"])
        token.attrs["src"] = data_uri(picture.read_bytes()) if picture.is_file() else "data:,"
    title = next((line.lstrip("# ") for line in text.splitlines() if line.startswith("# ")), path.stem)
    body = Markup(markdown.renderer.render(tokens, markdown.options, {}))
    page = path.with_suffix(".html")
    write_text(fresh / page, _page("benchmark", title=title, body=body))
    return Page(page, title)


def _page(name: str, **values: Any) -> str:
    return document(TEMPLATES / name, printed=printed, **values)
