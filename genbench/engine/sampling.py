"""Drawing of a cell's samples: in batches with a seed each, rounded to the dataset's grey levels, resumable."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from genbench.data.images import Images, Shape
from genbench.data.pixels import quantise, scale
from genbench.engine.progress import progress_bar
from genbench.files.scratch import SECONDS, Parts
from genbench.seeding import torch_rng


class Sampler(Protocol):
    """A trained model as far as sampling uses it; see :class:`genbench.models.Model` for its methods."""

    shape: Shape

    def eval(self) -> object: ...
    def drawn(self, n: int) -> None: ...
    def draw_labels(self, n: int, *, rng: torch.Generator) -> Tensor | None: ...
    @property
    def sample(self) -> Callable[..., Tensor]: ...


@torch.no_grad()
def draw(
    model: Sampler,
    n: int,
    *,
    batch: int,
    levels: int,
    seed: int,
    options: dict[str, Any],
    scratch: Path | None = None,
    sources: Images | None = None,
) -> Images:
    """Draw n images of a trained model. Batch b has a stream of its own, keyed by (seed, "sample", b).

    sources: what a model that translates is given, whose first n become images in their order.
    scratch: a folder of this very drawing, for what is drawn so far: every `SECONDS` the batches since the last time.
    """
    model.eval()
    pixels = np.empty((n, *model.shape), dtype=np.uint8)
    labels = np.full(n, -1, dtype=np.int64)
    parts = Parts(scratch)
    kept = 0
    for part in parts.load(Images.load):
        pixels[kept : kept + len(part)], labels[kept : kept + len(part)] = part.pixels, part.labels
        kept += len(part)
    model.drawn(kept)
    saved = time.monotonic()
    with progress_bar("sample", n, kept, unit="image") as bar:
        for start in range(kept, n, batch):
            index, stop = start // batch, min(start + batch, n)
            drawn_labels = model.draw_labels(stop - start, rng=torch_rng(seed, "labels", index))
            given = {} if drawn_labels is None else {"labels": drawn_labels}
            if sources is not None:
                given["sources"] = scale(torch.from_numpy(np.array(sources.pixels[start:stop])))
            images = model.sample(stop - start, rng=torch_rng(seed, "sample", index), **given, **options)
            labels[start:stop] = -1 if drawn_labels is None else drawn_labels.cpu().numpy()
            pixels[start:stop] = quantise(images, levels).cpu().numpy()
            bar.update(stop - start)
            if time.monotonic() - saved > SECONDS:
                parts.keep(Images(pixels[kept:stop], labels[kept:stop]).save)
                kept, saved = stop, time.monotonic()
    return Images(pixels, labels)
