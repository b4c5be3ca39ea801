"""Collections: a plural folder of the package whose members are its modules, found by name.

`find("models", "vae")` is the module genbench/models/vae.py. Adding a member is adding a file; nothing else
lists them. Names are looked up among the files before anything is imported, so a name can never be a path.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from genbench.errors import unknown

PACKAGE = Path(__file__).parent


def members(collection: str) -> list[str]:
    """The names of a collection's members, sorted."""
    return sorted(file.stem for file in (PACKAGE / collection).glob("*.py") if not file.stem.startswith("_"))


def singular(collection: str) -> str:
    """What one member of a collection is called: "penalty" of "penalties"."""
    return f"{collection.removesuffix('ies')}y" if collection.endswith("ies") else collection.removesuffix("s")


def find(collection: str, name: str) -> ModuleType:
    """Import one member of a collection; an unknown name is an InputError that lists what there is."""
    if name not in members(collection):
        raise unknown(singular(collection), name, members(collection))
    return importlib.import_module(f"genbench.{collection}.{name}")
