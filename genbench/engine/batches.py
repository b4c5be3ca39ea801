"""Stream of training batches: endless, shuffled, and seekable, so that training resumes where it stood."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from genbench.data.images import Images
from genbench.data.pixels import between_levels, drawn_levels, scale
from genbench.data.sides import Sides
from genbench.engine.learner import Batch
from genbench.errors import InputError
from genbench.seeding import torch_rng

#: Option of params.yaml that a training's number of images a batch comes from, where it has none of its own.
BATCH = "train.batch"


def require_batch(size: int, *, option: str, images: int, world: int = 1) -> None:
    """Refuse batches of more images than there are, or that `world` processes cannot share.

    The InputError begins with `option`, where the size is set.
    """
    if images < size:
        raise InputError(f"{option}: expected at most the {images} training images, got {size}")
    if size % world:
        raise InputError(f"{option}: expected a multiple of the {world} processes that share it, got {size}")


class Batches:
    """Batches of `size` images on `device`, without end; of several processes each has its equal part of each.

    Images stay on the device where half of its free memory holds them, else in the host's. Epoch e is a permutation
    seeded by (seed, "epoch", e), its last partial batch left out; `drawn`, the number of batches drawn so far, is
    therefore all there is to say of the position, and may be set to move it. option: where `size` is set, for refusals.

    sides: of pairs both, `images` the targets. A batch has the source of each image; of unpaired sides it has sources
    in an order of their own, seeded by (seed, "sources", e).

    levels: of the dataset. Where images have pixels between them, each batch draws levels anew
    (:func:`genbench.data.pixels.drawn_levels`), batch b with the stream (seed, "levels", b).
    """

    def __init__(
        self,
        images: Images,
        size: int,
        seed: int,
        device: torch.device,
        *,
        option: str = BATCH,
        rank: int = 0,
        world: int = 1,
        sides: Sides | None = None,
        levels: int = 256,
    ) -> None:
        for side in (images,) if sides is None else (images, sides.sources):
            require_batch(size, option=option, images=len(side), world=world)
        self.size, self.seed, self.drawn = size, seed, 0
        self._device, self._part = device, slice(rank * (size // world), (rank + 1) * (size // world))
        home = device if _fits(images, device) else torch.device("cpu")
        self._pixels = torch.tensor(images.pixels, device=home)
        self._labels = torch.tensor(images.labels, device=home)
        self._sources = None if sides is None else torch.tensor(sides.sources.pixels, device=home)
        self._levels = levels if between_levels(images.pixels, levels) else None
        self._order = Order(len(images), size, seed, "epoch", home)
        self._order_of_sources = self._order
        if sides is not None and not sides.paired:
            self._order_of_sources = Order(len(sides.sources), size, seed, "sources", home)

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        index = self._order.batch(self.drawn)[self._part]
        parts = [self._drawn(self._pixels[index]), self._labels[index]]
        if self._sources is not None:
            parts.append(self._sources[self._order_of_sources.batch(self.drawn)[self._part]])
        self.drawn += 1
        if parts[0].device != self._device:
            parts = [part.pin_memory().to(self._device, non_blocking=True) for part in parts]
        pixels, labels, *sources = parts
        return Batch(scale(pixels), labels, *map(scale, sources))

    def _drawn(self, pixels: Tensor) -> Tensor:
        """Draw the grey levels of this process's part of a batch, where its pixels lie between them."""
        if self._levels is None:
            return pixels
        uniform = torch.rand(self.size, *pixels.shape[1:], generator=torch_rng(self.seed, "levels", self.drawn))
        return drawn_levels(pixels, self._levels, uniform[self._part].to(pixels.device))


class Order:
    """Order of n images in batches of `size`: epoch e is a permutation seeded by (seed, purpose, e)."""

    def __init__(self, n: int, size: int, seed: int, purpose: str, device: torch.device) -> None:
        self._n, self._size, self._key, self._device = n, size, (seed, purpose), device
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.int64)

    def batch(self, number: int) -> Tensor:
        """Return the indices of a batch (size,), by its number among all, from 0."""
        epoch, position = divmod(number, self._n // self._size)
        if epoch != self._epoch:
            order = torch.randperm(self._n, generator=torch_rng(*self._key, epoch))
            self._epoch, self._order = epoch, order.to(self._device)
        return self._order[position * self._size : (position + 1) * self._size]


def _fits(images: Images, device: torch.device) -> bool:
    return device.type == "cpu" or images.pixels.nbytes < torch.cuda.mem_get_info(device)[0] / 2
