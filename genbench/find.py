"""Collections: a plural folder of the package whose members are its modules, found by name.

`find("models", "vae")` is the module genbench/models/vae.py, and `find("penalties", "r1")` is
genbench/adversarial/penalties/r1.py. Adding a member is adding a file; nothing else lists them. Names are looked up
among the files before anything is imported, so a name can never be a path.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from genbench.errors import unknown

PACKAGE = Path(__file__).parent

#: The room of each collection whose members an option may name; "" where it is one itself.
COLLECTIONS = {
    "captions": "data",
    "conditionings": "adversarial",
    "datasets": "data",
    "divergences": "adversarial",
    "extractors": "",
    "metrics": "",
    "models": "",
    "networks": "",
    "objectives": "adversarial",
    "origins": "extractors",
    "pairings": "data",
    "penalties": "adversarial",
    "tricks": "adversarial",
}
#: With those whose members no option names.
ROOMS = {**COLLECTIONS, "api": "", "commands": "", "doctor": "", "teachers": "data"}


def members(collection: str) -> list[str]:
    """List the names of a collection's members, sorted; none of what is no collection."""
    if collection not in ROOMS:
        return []
    folder = PACKAGE / ROOMS[collection] / collection
    return sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))


def dotted(collection: str, name: str) -> str:
    """Give the name of a member's module, "genbench.adversarial.penalties.r1"."""
    return ".".join(part for part in ("genbench", ROOMS[collection], collection, name) if part)


def singular(collection: str) -> str:
    """Give the word for one member of a collection: "penalty" of "penalties"."""
    return f"{collection.removesuffix('ies')}y" if collection.endswith("ies") else collection.removesuffix("s")


def find(collection: str, name: str) -> ModuleType:
    """Import one member of a collection; an unknown name is an InputError that lists what there is."""
    if name not in members(collection):
        raise unknown(singular(collection), name, members(collection))
    return importlib.import_module(dotted(collection, name))


def named_members(options: Any, key: str = "") -> Iterator[str]:
    """Give the modules of collections that options name, at any depth.

    {"objective": "wgan"}, {"objective": {"name": "wgan", ...}}, or several in a list: {"penalties": ["r1", ...]}. A key
    that ends with a collection's name, or with that of one of its members ("generator_network"), names members of it; a
    text under any other key names whatever is called so, for nothing that may be used may be missed.
    """
    if isinstance(options, str):
        for collection in _collections(key):
            if options in members(collection):
                yield dotted(collection, options)
    elif isinstance(options, list):
        for value in options:
            yield from named_members(value, key)
    elif isinstance(options, dict):
        for name, value in options.items():
            yield from named_members(value, key if name == "name" else name)


def _collections(key: str) -> Iterable[str]:
    fitting = [name for name in sorted(COLLECTIONS) if key.endswith((name, singular(name)))]
    return fitting or sorted(COLLECTIONS)
