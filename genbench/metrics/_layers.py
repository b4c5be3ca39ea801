"""Earlier layers of an extractor, checked: the start of metrics over layers."""

from __future__ import annotations

from collections.abc import Sequence

from genbench.data.features import Features
from genbench.errors import InputError, unknown


def require_layers(metric: str, names: Sequence[str], *, real: Features, fake: Features) -> None:
    """Refuse names of layers that one of the two sets does not have, or that differ in width; at least one is due."""
    if isinstance(names, str) or not names:
        raise InputError(f"{metric}: expected a list of layers, got {names!r}")
    for name in names:
        for side in (real, fake):
            if name not in side.layers:
                raise unknown(f"{metric} layer", name, side.layers)
        widths = [side.layers[name].shape[1:] for side in (real, fake)]
        if len(widths[0]) != 1 or widths[0] != widths[1]:
            raise InputError(f"{metric}: layer {name!r} has shape {widths[0]} for real and {widths[1]} for fake images")
