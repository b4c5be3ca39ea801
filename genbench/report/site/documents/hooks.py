"""Events of MkDocs: pages that are made join those of docs/, and links that leave docs/ lead to the site's copies.

MkDocs calls these functions by their names.
"""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from genbench.report.site.documents import included, links, metrics, models, notebooks, reference

SEARCH = 'data-md-component="search" role="dialog"'


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made, by their paths beside those of docs/."""
    for maker in (included, metrics, models, notebooks, reference):
        for path, text in maker.pages().items():
            files.append(File.generated(config, path, content=text))
    for path in included.files():
        files.append(File(path, ".", config.site_dir, use_directory_urls=False))
    return files


def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    """Leave out what a host serves at its root alone, by addresses that nobody knows here."""
    del config
    return "" if template_name in ("404.html", "sitemap.xml") else output


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead the links of a page, which are those of the repository, to pages and to the site's copies."""
    del config, files
    return links.led(markdown, page.file.src_uri)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Make links to the site's copies relative to the page, and give the search the name that it lacks."""
    del config
    return links.relative(output.replace(SEARCH, f'{SEARCH} aria-label="Search"'), page.url)
