"""Features of a source of images, of which only a window is in memory at any time.

The images of a window may differ in size: those of one shape go through the extractor together, and the features
come out in the order of the source.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from genbench.data.features import FeatureProtocol, Features
from genbench.data.sources import Broken, Item, Source, fatal
from genbench.errors import InputError
from genbench.extractors import BATCH, Extractor, Output

WINDOW = 1 << 26  # bytes of pixels, or BATCH images, whichever comes first

NONE = np.empty((1, 0, 0), np.uint8)  # in the place of pixels that are done with
Shape = tuple[int, ...]  # (C, H, W)
Rows = dict[str, np.ndarray]  # "vectors", "probs" where there are some, and each layer as "layer <name>"


def features(
    source: Source,
    extractor: Extractor,
    *,
    name: str,
    broken: Broken = fatal,
    shapes: set[Shape] | None = None,
    colour: bool = False,
) -> Features:
    """Extract features of all images of a source, with their protocol. A source without images is refused.

    broken: what to do about an image that cannot be read; see :class:`genbench.data.sources.Source`. shapes: takes the
    shapes of the images that the extractor is given. colour: grey images become three equal channels, as they do beside
    colour ones in any case.
    """
    told = set[str]()
    shapes = set[Shape]() if shapes is None else shapes

    def once(error: InputError) -> None:
        if str(error) not in told:
            broken(error)
        told.add(str(error))

    try:
        parts, items = _parts(source, extractor, once, shapes, colour)
    except _GreyBefore:
        parts, items = _parts(source, extractor, once, shapes, True)
    if not parts:
        raise InputError(f"{source.location}: no images in it that can be read")
    rows = {key: np.concatenate([part.pop(key) for part in parts]) for key in list(parts[0])}
    classes, labels = source.classes(items)
    return Features(
        vectors=rows["vectors"],
        probs=rows.get("probs"),
        labels=labels,
        layers={key.removeprefix("layer "): value for key, value in rows.items() if key.startswith("layer ")},
        protocol=FeatureProtocol(
            extractor=name,
            weights=extractor.weights,
            resize=extractor.resize,
            dataset=source.dataset,
            split=source.split,
            n=len(items),
            source=source.location,
        ),
        classes=classes if labels is not None else (),
    )


class _GreyBefore(Exception):
    """Colour images came after a window of grey ones, to which the extractor gives fewer features."""


def _parts(
    source: Source, extractor: Extractor, broken: Broken, shapes: set[Shape], colour: bool
) -> tuple[list[Rows], list[Item]]:
    """Extract window by window; and list the images, without their pixels."""
    parts, items, grey = list[Rows](), list[Item](), False
    shapes.clear()
    for window in windows(source.items(broken), source.location, source.count()):
        colour = colour or any(len(item.pixels) == 3 for item in window)
        window = _coloured(window) if colour else window
        parts.append(_rows(window, extractor, source.location))
        shapes.update(item.pixels.shape for item in window)
        items += [replace(item, pixels=NONE) for item in window]
        grey = grey or not colour
        if grey and colour and _differ(parts[0], parts[-1]):
            raise _GreyBefore
        _require_same(parts[0], parts[-1], source.location)
    return parts, items


def _coloured(window: list[Item]) -> list[Item]:
    """Give all images of a window three channels."""
    return [replace(item, pixels=np.broadcast_to(item.pixels, (3, *item.pixels.shape[1:]))) for item in window]


def windows(items: Iterator[Item], location: str, total: int | None) -> Iterator[list[Item]]:
    """Group images into bounded windows, with a progress bar that writes a line every ten seconds in a log file."""
    seconds = 0.5 if sys.stderr.isatty() else 10.0
    window, size = list[Item](), 0
    name = Path(location).name or location  # for people, to whom the folders above say little
    for item in tqdm(items, desc=name, total=total, unit="image", mininterval=seconds):
        window.append(item)
        size += 3 * item.pixels[0].size  # of grey ones too, so that windows do not depend on how a source stores grey
        if len(window) == BATCH or size > WINDOW:
            yield window
            window, size = [], 0
    if window:
        yield window


def _rows(window: list[Item], extractor: Extractor, location: str) -> Rows:
    """Extract the features of a window, row by row in its order."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for index, item in enumerate(window):
        by_shape.setdefault(item.pixels.shape, []).append(index)
    rows: Rows = {}
    for indexes in by_shape.values():
        # One layout in memory whatever the source, for convolutions round differently in another.
        pixels = np.ascontiguousarray(np.stack([window[index].pixels for index in indexes]))
        said = _named(extractor(pixels))
        for key, values in said.items():
            whole = rows.setdefault(key, np.empty((len(window), *values.shape[1:]), values.dtype))
            if whole.shape[1:] != values.shape[1:]:
                raise _differing(location, whole, values)
            whole[indexes] = values
    return rows


def _named(output: Output) -> Rows:
    probs = {} if output.probs is None else {"probs": output.probs}
    return {"vectors": output.vectors, **probs, **{f"layer {name}": layer for name, layer in output.layers.items()}}


def _differ(first: Rows, other: Rows) -> bool:
    return any(values.shape[1:] != other[key].shape[1:] for key, values in first.items())


def _require_same(first: Rows, other: Rows, location: str) -> None:
    for key, values in first.items():
        if values.shape[1:] != other[key].shape[1:]:
            raise _differing(location, values, other[key])


def _differing(location: str, one: np.ndarray, other: np.ndarray) -> InputError:
    return InputError(
        f"{location}: images of different shapes give {one.shape[1]} and {other.shape[1]} features; "
        f"choose an extractor that resizes, or an option of it that does"
    )
