"""Ways to spoil real images, each with a strength: what a generator may do wrong, done on purpose.

Every function takes images in random order, a strength and `train`, the images that models learn from, and gives
images as if a generator had made them: as many as there were, except where it drops some, in their order. `rng`
decides what is left to chance; with the same state a stronger distortion spoils the same images further.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, shift as shifted

from genbench.data.images import Images
from genbench.errors import unknown


def noise(images: Images, strength: float, *, rng: np.random.Generator, train: Images) -> Images:
    """Add Gaussian noise to every pixel; strength: its standard deviation in grey levels of 255."""
    return _with_pixels(images, images.pixels + strength * rng.standard_normal(images.pixels.shape))


def blur(images: Images, strength: float, *, rng: np.random.Generator, train: Images) -> Images:
    """Blur by a Gaussian; strength: its standard deviation in sides of the image."""
    sigma = strength * images.shape[-1]
    return _with_pixels(images, gaussian_filter(images.pixels.astype(float), (0, 0, sigma, sigma), mode="nearest"))


def jpeg(images: Images, strength: float, *, rng: np.random.Generator, train: Images) -> Images:
    """Compress as JPEG and decode; strength: 100 less the quality."""
    decoded = [_through_jpeg(image.transpose(1, 2, 0).squeeze(), 100 - round(strength)) for image in images.pixels]
    return _with_pixels(images, np.stack(decoded).reshape(len(images), *images.shape[1:], -1).transpose(0, 3, 1, 2))


def shift(images: Images, strength: float, *, rng: np.random.Generator, train: Images) -> Images:
    """Move to the right, the left edge drawn out; strength: how far, in sides of the image, by whole pixels."""
    pixels = round(strength * images.shape[-1])
    return _with_pixels(images, shifted(images.pixels, (0, 0, 0, pixels), order=0, mode="nearest"))


def contrast(images: Images, strength: float, *, rng: np.random.Generator, train: Images) -> Images:
    """Lower the contrast around each image's own mean; strength: the share of it that is lost."""
    mean = images.pixels.mean(axis=(1, 2, 3), keepdims=True)
    return _with_pixels(images, mean + (1 - strength) * (images.pixels - mean))


def dropped_classes(images: Images, strength: float, *, rng: np.random.Generator, train: Images) -> Images:
    """Leave out whole classes, drawn at random; strength: how many."""
    classes = rng.permutation(np.unique(images.labels))
    return images[np.flatnonzero(~np.isin(images.labels, classes[: round(strength)]))]


def dropped_modes(images: Images, strength: float, *, rng: np.random.Generator, train: Images) -> Images:
    """Leave out the images at one end of each class's first principal axis, in pixels; strength: the share of them."""
    kept = []
    for label in np.unique(images.labels):
        mine = np.flatnonzero(images.labels == label)
        rows = images.pixels[mine].reshape(len(mine), -1).astype(float)
        rows -= rows.mean(axis=0)
        along = rows @ np.linalg.svd(rows, full_matrices=False)[2][0] * rng.choice([-1, 1])
        kept.append(mine[np.argsort(along)[: round((1 - strength) * len(mine))]])
    return images[np.sort(np.concatenate(kept))]


def repeats(images: Images, strength: float, *, rng: np.random.Generator, train: Images) -> Images:
    """Repeat the first images over and over; strength: how many times each."""
    return images[np.arange(len(images)) // round(strength)]


def copies(images: Images, strength: float, *, rng: np.random.Generator, train: Images) -> Images:
    """Put training images among them; strength: their share."""
    copied = rng.permutation(len(images)) < strength * len(images)
    source = np.resize(rng.permutation(len(train)), len(images))[copied]
    pixels, labels = images.pixels.copy(), images.labels.copy()
    pixels[copied], labels[copied] = train.pixels[source], train.labels[source]
    return Images(pixels, labels)


def swapped_noise(images: Images, strength: float, *, rng: np.random.Generator, train: Images) -> Images:
    """Put images of uniform noise among them; strength: their share."""
    swapped = rng.permutation(len(images)) < strength * len(images)
    noise = rng.integers(0, 256, images.pixels.shape, dtype=np.uint8)
    return Images(np.where(swapped[:, None, None, None], noise, images.pixels), images.labels)


#: By name; the order is the page's: pixels first, then the choice of images.
ALL: dict[str, Callable[..., Images]] = {
    function.__name__: function
    for function in (
        noise,
        blur,
        jpeg,
        shift,
        contrast,
        dropped_classes,
        dropped_modes,
        repeats,
        copies,
        swapped_noise,
    )
}

#: By name: the distortion in words, and what its strength counts.
NAMES = {
    "noise": ("noise", "sd, grey levels"),
    "blur": ("blur", "sd, sides"),
    "jpeg": ("JPEG", "100 − quality"),
    "shift": ("shift", "sides"),
    "contrast": ("contrast", "share lost"),
    "dropped_classes": ("dropped classes", "classes"),
    "dropped_modes": ("dropped modes", "share of a class"),
    "repeats": ("repeats", "times each"),
    "copies": ("training copies", "share"),
    "swapped_noise": ("noise swapped in", "share"),
}


def named(name: str) -> Callable[..., Images]:
    """Return a distortion by its name; an unknown name is an InputError that lists what there is."""
    if name not in ALL:
        raise unknown("distortion", name, ALL)
    return ALL[name]


def _with_pixels(images: Images, pixels: np.ndarray) -> Images:
    return Images(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), images.labels)


def _through_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))
