"""The checkout whose code runs: `genbench` and `import genbench` take the installed one, stages their folder's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from genbench.doctor import Finding
from genbench.find import PACKAGE
from genbench.pipeline import environment

FIX = "pip install --no-deps --no-build-isolation --editable . with this checkout's Python"


def find(*, package: Path = PACKAGE, installed: Path | None = None) -> Iterator[Finding]:
    """Find code of another checkout. package: the code that runs now; installed: the checkout that pip points to."""
    here = Path.cwd()
    if environment.load().code:
        if not environment.leads_to_package():
            message = f"{environment.LINK}: is no link to {package}, which runs: commands and stages differ"
            yield Finding("error", message, "genbench environment --write")
        return
    installed = installed or _installed()
    if not package.parent.samefile(here):
        message = f"genbench runs from {package.parent}, not from this checkout, {here}: commands and stages may differ"
        yield Finding("error", message, FIX)
    elif installed and not (installed.exists() and installed.samefile(here)):
        message = f"the editable install points to {installed}; this checkout, {here}, runs by its search path alone"
        yield Finding("warning", message, FIX)


def _installed() -> Path | None:
    """Return the checkout that an editable install points to; None if there is no such install."""
    try:
        text = metadata.distribution("genbench").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    return Path(unquote(urlsplit(json.loads(text)["url"]).path)) if text else None
