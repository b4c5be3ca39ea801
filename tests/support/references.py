"""Every member of a collection with options to try, as references that params.yaml could hold."""

from __future__ import annotations

from typing import Any

from genbench.find import find, members

Reference = dict[str, Any]


def references(collection: str) -> dict[str, Reference]:
    """Members by a readable name: {"wgan (clip=0.01)": {"name": "wgan", "clip": 0.01}, ...}."""
    named: dict[str, Reference] = {}
    for name in members(collection):
        examples: tuple[dict[str, Any], ...] = getattr(find(collection, name), "EXAMPLES", ({},))
        for options in examples:
            chosen = ", ".join(f"{key}={value}" for key, value in options.items())
            named[f"{name} ({chosen})" if chosen else name] = {"name": name, **options}
    return named
