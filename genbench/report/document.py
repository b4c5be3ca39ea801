"""A page without scripts, such as that of a laboratory: one file that loads nothing.

Its content security policy admits its own style, and pictures as data: URIs.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from genbench.report.page import TEMPLATES


def document(*folders: Path, **values: Any) -> str:
    """Fill in page.html.j2 of the last of `folders` with `values`; returns the HTML text.

    Its style is the leaderboard's and then each folder's page.css, in their order. The template may import macros from
    any of the folders.
    """
    environment = Environment(
        loader=FileSystemLoader(folders[::-1]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = "".join((folder / "page.css").read_text(encoding="utf-8") for folder in (TEMPLATES, *folders))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("page.html.j2").render(
        **values,
        policy=f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'",
        style=Markup(style),
    )
