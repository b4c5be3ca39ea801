"""The browser that pages are tried in, and the packages that drive it: none of them may be missing in CI."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

IN_CI = bool(os.environ.get("CI"))  # where nothing may be skipped
needed = importlib.import_module if IN_CI else pytest.importorskip

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium() -> Iterator[Any]:
    """Yield a running browser, for a fixture."""
    sync_api = needed("playwright.sync_api")
    if not CHROMIUM.exists() and not IN_CI:
        pytest.skip(f"needs {CHROMIUM}, which the package chromium installs")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
