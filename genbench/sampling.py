"""Drawing a cell's samples: batched, seeded batch by batch, rounded to the dataset's grey levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from genbench.arrays import Images
from genbench.batches import quantise
from genbench.model import Model
from genbench.seeding import torch_rng
from genbench.training import progress_bar


@torch.no_grad()
def draw(model: Model, n: int, *, batch: int, levels: int, seed: int, options: dict[str, Any]) -> Images:
    """n images of a trained model. Batch b has a stream of its own, keyed by (seed, "sample", b)."""
    model.eval()
    pixels = np.empty((n, *model.shape), dtype=np.uint8)
    labels = np.full(n, -1, dtype=np.int64)
    bar = progress_bar("sample", n, unit="image")
    for index, start in enumerate(range(0, n, batch)):
        size = min(batch, n - start)
        chosen = model.draw_labels(size, rng=torch_rng(seed, "labels", index))
        given = {} if chosen is None else {"labels": chosen}
        images = model.sample(size, rng=torch_rng(seed, "sample", index), **given, **options)
        labels[start : start + size] = -1 if chosen is None else chosen.cpu().numpy()
        pixels[start : start + size] = quantise(images, levels).cpu().numpy()
        bar.update(size)
    bar.close()
    return Images(pixels, labels)
