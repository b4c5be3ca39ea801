"""Training of a model on images of one's own, without params.yaml and DVC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np

from genbench.api._located import Images, located, whole_number
from genbench.data.datasets import Dataset
from genbench.data.datasets._fit import fit
from genbench.data.images import Images as Pixels
from genbench.data.paths import Paths
from genbench.data.prepared import load_about
from genbench.data.sources.location import open_source
from genbench.engine import connect
from genbench.engine.device import Device, enough_memory
from genbench.engine.learner import Data
from genbench.engine.loop import train as train_model
from genbench.engine.options import HardwareOptions, TrainOptions
from genbench.engine.progress import Point
from genbench.engine.sampling import draw
from genbench.errors import InputError
from genbench.find import find
from genbench.models import Model
from genbench.options import checked
from genbench.pipeline import layout, runs
from genbench.pipeline.catalogue import RUNS, Catalogue
from genbench.pipeline.params import PARAMS
from genbench.seeding import numpy_rng

BATCH = 64  # images, where neither the caller nor the run says otherwise
VALIDATION = 10  # one in so many images is kept apart, to choose weights by
ONE_DEVICE = {"devices": 1, "hosts": 1, "precision": "float32", "compile": False, "channels_last": True}


@dataclass(frozen=True)
class TrainedModel:
    """A model that :func:`genbench.train` trained.

    model: its averaged weights, a PyTorch module. levels: grey levels of its images. options: those of sampling that
    the run has. curve: losses and gradient norms by step and group of parameters.
    """

    model: Model
    levels: int
    options: dict[str, Any]
    curve: list[Point]

    def sample(self, n: int, *, seed: int = 0, batch: int = 100, **options: Any) -> np.ndarray:
        """Draw n images, uint8 from 0 to 255 of shape (n, H, W, C), with C 1 or 3.

        seed: equal seeds and batches give equal images. batch: images drawn at once. options: of the model's sampler,
        such as `steps` of ddpm. An option that does not fit is an InputError.
        """
        n, batch = whole_number("n", n, 0), whole_number("batch", batch, 1)
        chosen = checked(self.model.sample, self.options | options, "sample", given=runs.GIVEN)
        with enough_memory(f"batch: {batch}"):
            images = draw(self.model, n, batch=batch, levels=self.levels, seed=seed, options=chosen)
        return np.ascontiguousarray(images.pixels.transpose(0, 2, 3, 1))


def train(
    run: str,
    images: Images,
    *,
    labels: Sequence[int] | np.ndarray | None = None,
    pixels: int | None = None,
    steps: int = 1000,
    batch: int | None = None,
    ema: float = 0.999,
    levels: int = 256,
    seed: int = 0,
    accelerator: Literal["cpu", "gpu"] = "cpu",
    **options: Any,
) -> TrainedModel:
    """Train a run of the catalogue on images.

    Args:
        run: a row of runs/, such as "vae", "nsgan" or "ddpm".
        images: a folder of pictures (its folders are classes), an archive, an array in a file, a prepared dataset as
            NAME/SPLIT, an array or tensor, uint8 of shape (N, H, W, C) or (N, C, H, W), or a list of Pillow's images.
        labels: classes of the images, whole numbers from 0, for conditional models; by default those of `images`.
        pixels: height and width that images are resized to; None where all have one size.
        steps: most updates; a run may have a lower limit.
        batch: images in one; None for the run's own, else 64, at most as many as there are.
        ema: decay of the averaged weights, in [0, 1).
        levels: grey levels of the images, 2 to 256; those of a prepared dataset are known.
        seed: equal seeds give equal weights on one machine.
        accelerator: "cpu", or "gpu" for the first one.
        **options: options of the model, over those of the run: train("vae", images, latent=16).

    Returns:
        The trained model, whose :meth:`~TrainedModel.sample` draws images.

    Raises:
        InputError: the run, an option or the images do not fit, memory ran out, or the training diverged.

    Examples:
        >>> images = np.random.default_rng(0).integers(256, size=(40, 8, 8), dtype=np.uint8)
        >>> train("vae", images, steps=2, latent=2).sample(3, seed=1).shape
        (3, 8, 8, 1)
    """
    levels = whole_number("levels", levels, 2, 256)
    pixels = None if pixels is None else whole_number("pixels", pixels, 1)
    entry = _catalogue()[run]
    dataset = _dataset(images, labels, pixels, levels)
    data = _split(dataset, seed)
    half = entry.train | options
    own = half.pop("batch", BATCH)
    size = min(own, len(data.train)) if batch is None else batch
    wanted = {"steps": steps, "batch": size, "ema": ema, "log_every": steps, "grid_every": steps}
    budget = runs.budget(half, TrainOptions.parse(wanted, "train:"))
    device = _device(accelerator)
    model = runs.model(half, dataset.images.shape, seed=seed, key=run)
    with TemporaryDirectory() as scratch, enough_memory(f"batch: {budget.batch}"):
        trained = train_model(
            model, data, budget, seed=seed, scratch=Path(scratch), device=device, batch_option="batch"
        )
    if trained.progress.diverged:
        raise InputError(f"{run}: its training diverged: {trained.progress.diverged['reason']}")
    return TrainedModel(trained.ema.eval(), dataset.levels, entry.sample, trained.progress.curve)


def _catalogue() -> Catalogue:
    """Find the catalogue: that of the current folder if it is a benchmark, else the one that comes with the package."""
    return Catalogue(RUNS if PARAMS.is_file() and RUNS.is_dir() else layout.root() / RUNS)


def _device(accelerator: str) -> Device:
    options = HardwareOptions.parse({**ONE_DEVICE, "accelerator": accelerator}, "train:")
    try:
        return connect(options)
    except InputError as error:
        raise InputError(f"accelerator: {error}") from error


def _dataset(images: Images, labels: Sequence[int] | np.ndarray | None, pixels: int | None, levels: int) -> Dataset:
    """Read images and their labels."""
    with located({"images": images}) as (locations, _):
        read = _read(locations["images"], pixels, levels)
    if labels is None:
        return read
    given = np.asarray(labels)
    if given.shape != (len(read.images),) or given.dtype.kind not in "iu" or (len(given) and given.min() < 0):
        raise InputError(
            f"labels: expected {len(read.images)} whole numbers from 0, got {given.dtype} of shape {given.shape}"
        )
    classes = tuple(map(str, range(int(given.max()) + 1)))
    return Dataset(Pixels(read.images.pixels, given.astype(np.int64)), classes, read.levels)


def _read(location: str, pixels: int | None, levels: int) -> Dataset:
    folder = Path(location)
    if folder.is_dir() and not (folder / "pixels.npy").is_file():
        read: Dataset = find("datasets", "image_folder").load(source=folder, size=pixels)
        return read
    source = open_source(location)
    if source.dataset:
        levels = load_about(Paths(source.dataset).images).levels
    items = list(source.items())
    if not items:
        raise InputError(f"{location}: expected images, there are none")
    if len(shapes := sorted({item.pixels.shape for item in items})) > 1 and pixels is None:
        raise InputError(f"{location}: images of {len(shapes)} sizes, from {shapes[0]} to {shapes[-1]}; set pixels=")
    found = np.array([item.label for item in items], np.int64)
    classes = tuple(map(str, range(found.max() + 1))) if len(found) else ()
    parts = [fit(item.pixels[None], found[:1], classes=(), levels=levels, size=pixels, channels=None) for item in items]
    stacked = np.concatenate([part.images.pixels for part in parts])
    return Dataset(Pixels(stacked, found), classes, parts[0].levels)


def _split(dataset: Dataset, seed: int) -> Data:
    """Keep one image in `VALIDATION` apart, at random."""
    images = dataset.images
    order = numpy_rng(seed, "validation").permutation(len(images))
    kept = len(images) // VALIDATION
    train, validation = images[np.sort(order[kept:])], images[np.sort(order[:kept])]
    return Data(train, validation, images[:0], dataset.levels, dataset.classes)
