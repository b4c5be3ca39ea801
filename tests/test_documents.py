"""README, CONTRIBUTING and docs/: every link to a file or a heading leads to one, and every document is linked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from genbench.report.site.documents import links
from tests.support.clone import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


def headings(document: Path) -> set[str]:
    """The addresses of a document's headings."""
    found = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(document: Path) -> None:
    for path, heading in LINK.findall(document.read_text(encoding="utf-8")):
        target = document.parent / path if path else document
        assert target.exists(), f"{path}: no such file"
        assert not heading or heading in headings(target), f"{path}#{heading}: no such heading"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_links_have_a_place_in_the_site(document: Path) -> None:
    """What is outside of docs/ and of the reports has a page by PAGES of genbench/report/site/documents/links.py."""
    name = document.relative_to(ROOT).as_posix()
    page = links.PAGES.get(name, document.name)
    places = {*links.PAGES.values(), *(f"notebooks/{path.stem}.md" for path in (ROOT / "docs/notebooks").iterdir())}
    led = {path for path, _ in LINK.findall(links.led(document.read_text(encoding="utf-8"), page)) if path}
    beside = {path for path in led if path.startswith("site:") or (ROOT / "docs" / path).is_file()}
    assert led - beside - places == set()


def test_every_document_is_linked_from_the_readme_or_from_one_that_is() -> None:
    reached, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        document = ahead.pop()
        reached.add(document)
        links = [(document.parent / path).resolve() for path, _ in LINK.findall(document.read_text(encoding="utf-8"))]
        ahead += [path for path in links if path.suffix == ".md" and path in DOCUMENTS and path not in reached]
    assert reached == set(DOCUMENTS)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
