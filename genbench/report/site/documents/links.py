"""Links of documents, which are written for the repository, in the site.

The documentation lies in the site as docs/ does in the repository, beside reports/, so that most links that leave it
are the same; those to Markdown, which a browser does not show, lead to the page of the same content.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath

from genbench.data.paths import LABORATORY, REPORTS
from genbench.pipeline.catalogue import RUNS

#: Files and folders of the repository outside docs/ that the documentation has as pages.
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CITATION.cff": "citation.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "licence.md",
    "README.md": "index.md",
    "environment.yaml": "environment.md",
    "params.yaml": "params.md",
    "profiles": "profiles.md",
    "runs": "models.md",
    "schemas": "schemas.md",
}
_SOURCES = {page: source for source, page in PAGES.items() if source.endswith(".md")}
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)((?:#[^)\s]*)?)\)")
_SITE = "site:"  # stands before a path in the site until it is known how deep the page lies


def led(markdown: str, page: str) -> str:
    """Lead the links of a page of the documentation, such as "use.md", whose text has those of its source."""
    folder = posixpath.dirname(_SOURCES.get(page, f"docs/{page}"))

    def lead(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, match[1]))
        here = posixpath.dirname(page) or "."
        found = _document(target)
        path = _copy(target) or match[1] if found is None else posixpath.relpath(found, here)
        return f"]({path}{match[2]})"

    return _LINK.sub(lead, markdown)


def relative(html: str, url: str) -> str:
    """Replace the mark of paths in the site in a whole page, whose address in the documentation is `url`."""
    up = "../" * (1 + url.count("/"))
    return re.sub(rf'(?<=href="|.src="){_SITE}(?=[\w.])', up, html)


def _document(target: str) -> str | None:
    """Find the page of a file of the repository."""
    if target in PAGES:
        return PAGES[target]
    path = PurePosixPath(target)
    if path.parent == PurePosixPath(RUNS):
        return f"{PAGES[RUNS.name]}#{path.stem}"
    if path.parts[0] != "docs":
        return None
    return str(path.relative_to("docs").with_suffix(".md" if path.suffix == ".ipynb" else path.suffix))


def _copy(target: str) -> str | None:
    """Find the copy of a report or of a laboratory's page where :mod:`genbench.report.site.build` puts it."""
    path = PurePosixPath(target)
    if path.parts[0] == LABORATORY.name:
        _, study, _, *rest = path.parts
        path = PurePosixPath(REPORTS, study, *rest)
    elif path.parts[0] != REPORTS.name:
        return None
    if path.name == "leaderboard.md":
        path = path.with_name("index.html")
    return f"{_SITE}{path.with_suffix('.html') if path.suffix == '.md' else path}"
