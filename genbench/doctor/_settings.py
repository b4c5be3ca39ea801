"""DVC's settings, from all of its files, as it reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genbench.errors import InputError

FOLDER = Path(".dvc")


def settings() -> dict[str, dict[str, Any]]:
    """Sections of options, of .dvc/config, .dvc/config.local, the user's and the system's file."""
    from dvc.config import Config
    from dvc.exceptions import DvcException

    try:
        return dict(Config(str(FOLDER)))
    except DvcException as error:
        raise InputError(f"{FOLDER}/config: {' '.join(str(error).split())}") from error


def cache() -> Path:
    """The folder of DVC's cache, which need not be there yet."""
    return Path(settings()["cache"].get("dir") or FOLDER / "cache")


def links() -> list[str]:
    """The ways in which a file may come from the cache into the checkout, in the order in which DVC tries them."""
    return list(settings()["cache"].get("type") or ["reflink", "copy"])
