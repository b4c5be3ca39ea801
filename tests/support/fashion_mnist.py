"""Debian's package dataset-fashion-mnist, which CI installs and others may lack."""

from __future__ import annotations

import os

import pytest

from genbench.data.datasets.fashion_mnist import DEBIAN


def needs_fashion_mnist() -> None:
    """Skip a test without the package; in CI, fail it."""
    if not DEBIAN.is_dir():
        assert os.environ.get("CI") != "true", "the package dataset-fashion-mnist is not installed"
        pytest.skip(f"no {DEBIAN}: Debian's package dataset-fashion-mnist has the images")
