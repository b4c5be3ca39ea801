"""DVC's settings, from all of its files, as it reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genbench.errors import InputError

FOLDER = Path(".dvc")


def settings(project: Path = Path()) -> dict[str, dict[str, Any]]:
    """Sections of options, of a project's .dvc/config and .dvc/config.local, the user's and the system's file."""
    from dvc.config import Config
    from dvc.exceptions import DvcException

    try:
        return dict(Config(str(project / FOLDER)))
    except DvcException as error:
        raise InputError(f"{project / FOLDER}/config: {' '.join(str(error).split())}") from error


def cache(project: Path = Path()) -> Path:
    """The folder of a project's DVC cache, which need not be there yet."""
    return Path(settings(project)["cache"].get("dir") or project / FOLDER / "cache")


def links() -> list[str]:
    """The ways in which a file may come from the cache into the checkout, in the order in which DVC tries them."""
    return list(settings()["cache"].get("type") or ["reflink", "copy"])
