"""Contract of datasets: images, the names of their classes, their grey levels.

A module genbench/data/datasets/<name>.py has

    load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset

which gives all the images of that dataset, in a documented order, size × size (None: as they are). `source` is the
folder that the user names for files of their own; a dataset that cannot be had is an InputError that says how to
supply it. A dataset may have `split(dataset, shares, rng)` beside `load` as well (:mod:`genbench.data.splits`), and
`teacher() -> Teacher` where its images are drawn from a known distribution (:mod:`genbench.data.teachers`): then `load`
gives no images, and `split` draws as many as `shares` says. Where there is `refuse(size, channels, shares)`, it raises
an InputError for what the other two would not take, before anything is prepared. `PAIRS = True` says that images have
sources of their own, and is so where `load` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass

from genbench.data.images import Images


@dataclass(frozen=True)
class Dataset:
    """A dataset: its images in a documented order.

    classes: names, by label; empty where no image has a label.
    levels: grey levels of the discrete space that bits per dimension refer to; level k is the pixel value
    round(255 k / (levels - 1)). The split `train` may have pixels between them, which training then draws anew for
    each batch (:class:`genbench.engine.batches.Batches`).
    sources: those of a dataset of pairs, whose images are their targets, row by row and with the same labels.
    attribution: what must be said wherever the images are shown; "" where nothing must.
    """

    images: Images
    classes: tuple[str, ...]
    levels: int
    sources: Images | None = None
    attribution: str = ""
