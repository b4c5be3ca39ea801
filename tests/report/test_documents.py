"""The documentation in the site: links lead somewhere, nothing is loaded from elsewhere, and everything is in it."""

from __future__ import annotations

import posixpath
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest

from genbench.data.paths import PUBLISHED, REPORTS
from genbench.errors import InputError
from genbench.find import find, members
from genbench.pipeline.catalogue import RUNS, Catalogue
from genbench.report.site.build import build
from genbench.report.site.documents.build import build as build_documents
from tests.support.browser import chromium, needed
from tests.support.clone import ROOT, Clone

axe = needed("axe_playwright_python.sync_playwright")
LOADED = {"script": "src", "img": "src", "link": "href", "source": "src", "iframe": "src"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from chromium()


@dataclass
class Read(HTMLParser):
    """A page: its ids, the targets of its links, what it loads, and its texts by the tag that they are in."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values["id"]} if "id" in values else set()
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if values.get(LOADED.get(tag, "")) and values.get("rel") not in ("next", "prev"):
            self.loads.append(values[LOADED[tag]])
        self.text += f"<{tag}>"

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site of this checkout, without its history."""
    made = Clone(tmp_path_factory.mktemp("documents") / "project")
    made.path.mkdir()
    for path in ROOT.iterdir():
        if path.name not in (".git", ".venv", "build"):
            (made.path / path.name).symlink_to(path)
    made.run("git", "init", "--quiet")
    made.commit()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.path)
        return build(made.path / "build/site").parent.resolve()


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Read]:
    """The pages of the documentation by their paths in it."""
    read = {}
    for path in sorted((site / "docs").rglob("*.html")):
        page = Read()
        page.feed(path.read_text(encoding="utf-8"))
        read[path.relative_to(site / "docs").as_posix()] = page
    return read


def test_every_link_and_every_anchor_leads_somewhere(site: Path, pages: dict[str, Read]) -> None:
    lost = []
    for name, page in pages.items():
        for link in page.links + page.loads:
            if link.startswith(("https://", "data:")) and link not in page.loads:
                continue  # to works, and to the makers of the theme, for the reader to follow
            path, anchor = urldefrag(unquote(link))
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            there = (site / "docs" / target).is_file()
            if not there or (anchor and target in pages and anchor not in pages[target].ids | {"__top"}):
                lost.append(f"{name}: {link}")
    assert lost == []


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[str, Read]) -> None:
    assert [load for page in pages.values() for load in page.loads if "//" in load] == []
    styles = [path.read_text(encoding="utf-8") for path in (site / "docs").rglob("*.css")]
    assert len(styles) >= 2
    assert [found for style in styles for found in re.findall(r"(?:url\(|@import)[\s\"']*(?:https?:)?//", style)] == []


def test_the_index_of_the_site_links_it_and_every_document_is_in_its_navigation(
    site: Path, pages: dict[str, Read]
) -> None:
    assert 'href="docs/index.html"' in (site / "index.html").read_text(encoding="utf-8")
    documents = {f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")}
    notebooks = {f"notebooks/{path.stem}.html" for path in (ROOT / "docs/notebooks").glob("*.ipynb")}
    assert documents | notebooks | {"index.html", "contributing.html", "metrics.html", "models.html"} <= pages.keys()
    assert pages.keys() <= {posixpath.normpath(link) for link in pages["index.html"].links} | {"index.html"}


def test_every_metric_has_its_section_with_its_failure(pages: dict[str, Read]) -> None:
    page = pages["metrics.html"]
    assert set(members("metrics")) <= page.ids
    fails = [column.fails for name in members("metrics") for column in find("metrics", name).COLUMNS.values()]
    assert len(fails) > 50
    assert [sentence for sentence in fails if sentence not in page.text] == []


def test_every_run_is_in_the_gallery_with_samples_where_a_board_has_them(site: Path, pages: dict[str, Read]) -> None:
    page = pages["models.html"]
    runs = list(Catalogue(ROOT / RUNS))
    assert set(runs) <= page.ids
    folders = [ROOT / REPORTS, *(ROOT / PUBLISHED).iterdir()]
    drawn = [name for name in runs if any((folder / "grids" / f"{name}.png").is_file() for folder in folders)]
    shown = [Path(load).stem for load in page.loads if "/grids/" in load]
    assert sorted(shown) == drawn
    assert f'"../{REPORTS}/grids/nsgan.png"' in (site / "docs/models.html").read_text(encoding="utf-8")


def test_every_member_of_a_collection_is_in_the_reference(pages: dict[str, Read]) -> None:
    functions = {f"genbench.api.{name}.{name}" for name in members("api")}
    assert functions <= pages["reference/python.html"].ids
    for collection in ("models", "objectives", "metrics", "extractors"):
        ids = pages[f"reference/{collection}.html"].ids
        assert [name for name in members(collection) if not any(one.endswith(f".{name}") for one in ids)] == []


def test_markdown_that_differs_between_the_repository_and_the_site_is_not_there(pages: dict[str, Read]) -> None:
    """A list needs an empty line before it in the site, and what stands in <...> would be a tag."""
    assert [name for name, page in pages.items() if re.search(r"<p>[^<]*\n- ", page.text)] == []
    assert "genbench/models/<name>.py" in pages["reference/models.html"].text


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("docs/index.md").write_text("[more](more.md)", encoding="utf-8")
    Path("mkdocs.yml").write_text("site_name: none\nstrict: true\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^mkdocs.yml: Doc file 'index.md' contains a link 'more.md', but"):
        build_documents(tmp_path / "site")


def test_without_mkdocs_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert build_documents(tmp_path / "site") is None
    Path("mkdocs.yml").write_text("site_name: none\n", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "mkdocs.commands.build", None)
    with pytest.raises(InputError, match=r"^mkdocs.yml: the documentation needs MkDocs .*; pip install -e '.\[docs\]'"):
        build_documents(tmp_path / "site")


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The address of the documentation, served as by a static host."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/docs"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_axe_finds_nothing_serious_and_pages_fit(browser: Any, served: str, scheme: str, width: int) -> None:
    complaints: list[str] = []
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("request", lambda asked: None if asked.url.startswith(served[:20]) else complaints.append(asked.url))
        for name in ("start", "reference/objectives"):
            page.goto(f"{served}/{name}.html", wait_until="networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            found = axe.Axe().run(page).response
            assert len(found["passes"]) > 20
            complaints += [
                f"{name}: {one['id']}: {one['nodes'][0]['html']}"
                for one in found["violations"]
                if one["impact"] in ("serious", "critical")
            ]
    assert complaints == []


def test_the_search_finds_a_metric_and_commands_are_copied_without_prompts(browser: Any, served: str) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto(f"{served}/start.html")
        page.locator(".md-code__button").nth(1).click()
        assert page.evaluate("navigator.clipboard.readText()") == ". .venv/bin/activate\ngenbench table"
        search = page.get_by_role("textbox", name="Search")
        search.click()
        page.get_by_text("Type to start searching").wait_for(timeout=120_000)  # the index is read beside the page
        search.press_sequentially("Kynkäänniemi")  # the page listens to keys
        results = page.locator(".md-search-result__link")
        results.first.wait_for()
        assert "/metrics.html?" in results.first.get_attribute("href")
