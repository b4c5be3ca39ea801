"""A browser for the tests of pages."""

from __future__ import annotations

import pytest

from tests.support.browser import chromium

browser = pytest.fixture(scope="module")(chromium)
