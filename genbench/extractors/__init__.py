"""The contract of a feature extractor, the ruler that metrics measure with.

A module genbench/extractors/<name>.py has

    obtain(folder: Path, images: dict[str, Images], about: About, *, ...options) -> dict[str, float]

which puts verified weights into `folder` (copied, downloaded, or trained on images["train"]) and gives what there is
to say of them, such as an accuracy on images["held_out"]; and

    load(folder: Path) -> Extractor

which reads them back. A folder is complete in itself: `load` needs nothing else. It may have

    refuse(known: Known, *, ...options) -> None

which raises an InputError for options that do not suit what is known of the data; `genbench check` calls it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from tqdm import tqdm

from genbench.data.features import FeatureProtocol, Features
from genbench.data.images import Images
from genbench.files.scratch import SECONDS, Parts

#: The extractor that a metric's plain name stands for: FID is that of its features alone, a column of another says so.
UNNAMED = "inception"
#: Images a forward pass. Memory depends on it, features only by rounding.
BATCH = 256


@dataclass(frozen=True)
class Output:
    """Features of a batch: vectors (B, D) float32, probs (B, K) float32 or None, layers by name."""

    vectors: np.ndarray
    probs: np.ndarray | None = None
    layers: dict[str, np.ndarray] = field(default_factory=dict)


class Extractor(Protocol):
    """Loaded extractor. weights: SHA-256 of its weight file, "" if it has none. resize: what it does to images."""

    weights: str
    resize: str

    def __call__(self, pixels: np.ndarray) -> Output:
        """Extract features of uint8 images (B, C, H, W) of any size, resized by genbench.data.resize alone."""
        ...


def extract(
    extractor: Extractor,
    images: Images,
    *,
    name: str,
    dataset: str,
    split: str,
    source: str,
    scratch: Path | None = None,
) -> Features:
    """Extract features of all images, batch by batch, with their protocol. No images give no vectors.

    scratch: a folder of this very extraction, for what is done so far: every `SECONDS` the batches since the last time.
    """
    parts = Parts(scratch)
    done = [_output(part) for part in parts.load(Features.load)]
    starts = range(sum(len(output.vectors) for output in done), max(len(images), 1), BATCH)
    new: list[Output] = []
    saved = time.monotonic()
    for start in tqdm(starts, desc=f"{name} features", unit="batch", disable=len(starts) < 8):
        new.append(extractor(np.asarray(images.pixels[start : start + BATCH])))
        if time.monotonic() - saved > SECONDS:
            done, new = [*done, _joined(new)], []
            parts.keep(Features(**vars(done[-1])).save)
            saved = time.monotonic()
    whole = _joined([*done, *new])
    return Features(
        vectors=whole.vectors,
        probs=whole.probs,
        labels=images.labels,
        layers=whole.layers,
        protocol=FeatureProtocol(
            extractor=name,
            weights=extractor.weights,
            resize=extractor.resize,
            dataset=dataset,
            split=split,
            n=len(images),
            source=source,
        ),
    )


def _output(part: Features) -> Output:
    return Output(part.vectors, part.probs, part.layers)


def _joined(outputs: list[Output]) -> Output:
    return Output(
        vectors=np.concatenate([output.vectors for output in outputs]),
        probs=None if outputs[0].probs is None else np.concatenate([o.probs for o in outputs if o.probs is not None]),
        layers={key: np.concatenate([output.layers[key] for output in outputs]) for key in outputs[0].layers},
    )
