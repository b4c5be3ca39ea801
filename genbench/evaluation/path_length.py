"""Perceptual path length: Karras et al. (2019), StyleGAN, section 4.1.

A short step in the space of codes should change an image a little and steadily. Between two codes, at a random t,

    path length = E d(G(c(t)), G(c(t + ε))) / ε²,    ε = 1e-4,

c(t) on the great circle between two codes z (slerp: Shoemake 1985), or on the straight line between two styles w. As in
the authors' program the lowest and the highest hundredth of distances are left out of the mean, and both images of a
pair have the same class and the same noise. Lower is smoother; a generator that ignores its code has 0.

The distance d is the perceptual distance of :mod:`genbench.metrics.twins.features`, a mean over layers of squared
differences in units of the variance of real images there, and not the authors' VGG: any extractor with layers gives it,
and numbers of two extractors are not comparable. Images are not rounded to grey levels, which steps of ε do not reach.
Codes of a length other than √latent keep theirs: lengths are interpolated beside the directions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, normalize

from genbench.data.images import Images
from genbench.data.pixels import scale
from genbench.errors import InputError
from genbench.extractors import Extractor, _network, classifier, pixels
from genbench.models import Model
from genbench.models.bases.perceptual import Perceptual, to_ruler
from genbench.networks.blocks.style import StyleGenerator
from genbench.per_image_random import uniform_rows
from genbench.seeding import torch_rng

EPSILON = 1e-4
PAIRS = 1000  # of codes
BATCH = 100  # pairs at once
KEPT = (1, 99)  # percentiles that the mean is between
REAL = 1000  # most images that give the units

#: Images (B, C, H, W) in [-1, 1], of any precision, to layers (B, ...).
Layers = Callable[[Tensor], Sequence[Tensor]]


class Space(NamedTuple):
    """A space of codes. draw: n codes (n, F). between: at shares (n, 1) of two codes (n, F). images: of codes (n, F).

    Drawing and images have a generator of randomness, for classes and the like; equal ones make them equal.
    """

    draw: Callable[[int, torch.Generator], Tensor]
    between: Callable[[Tensor, Tensor, Tensor], Tensor]
    images: Callable[[Tensor, torch.Generator], Tensor]


def layers_of(extractor: Extractor) -> Layers | None:
    """Find the layers of an extractor: activations of a classifier, or features and earlier layers; None of others."""
    if isinstance(extractor, pixels.Pixels):
        return lambda images: [images]
    if isinstance(extractor, classifier.Ruler):
        names = [name for name, module in extractor.network.named_modules() if isinstance(module, nn.SiLU)]
        return Perceptual(extractor.network, names, _to_shape(*extractor.shape)).features
    if isinstance(extractor, _network.Ruler):
        prepare, network = to_ruler(extractor.size), extractor.network

        def layers(images: Tensor) -> list[Tensor]:
            seen: _network.Seen = network.to(images.device)(prepare(images))
            return [seen.vectors, *seen.layers.values()]

        return layers
    return None


def _to_shape(channels: int, height: int, width: int) -> Callable[[Tensor], Tensor]:
    """Return what brings images to the channels and the size of a network, with gradients and without rounding."""

    def prepare(images: Tensor) -> Tensor:
        if images.shape[2:] != (height, width):
            images = interpolate(images, (height, width), mode="bicubic", antialias=True)
        return images.expand(-1, channels, -1, -1)

    return prepare


def spaces_of(model: Model) -> dict[str, Space]:
    """Find the spaces of a model's codes: z, and w where it has styles; none of a model without `codes`."""
    parts: Any = model
    if not (hasattr(model, "codes") and hasattr(model, "decode")):
        return {}

    def decode(codes: Tensor, rng: torch.Generator) -> Tensor:
        labels = model.draw_labels(len(codes), rng=rng)
        if labels is None:
            images: Tensor = parts.decode(codes)
        else:  # a model that takes captions draws them for its classes
            images = parts.decode(codes, parts.captions(labels, rng) if hasattr(model, "captions") else labels)
        return images

    def straight(first: Tensor, last: Tensor, shares: Tensor) -> Tensor:
        return torch.lerp(first, last, shares)

    def arc(first: Tensor, last: Tensor, shares: Tensor) -> Tensor:
        behind = first[:, parts.latent :]  # what tricks add stays
        return torch.cat([slerp(first[:, : parts.latent], last[:, : parts.latent], shares), behind], 1)

    spaces = {"z": Space(lambda n, rng: parts.codes(n, rng, None), arc, decode)}
    generator = getattr(model, "generator", None)
    if isinstance(generator, StyleGenerator):
        device = next(generator.parameters()).device
        spaces["w"] = Space(
            lambda n, rng: generator.mapping(parts.codes(n, rng, None).to(device)),
            straight,
            lambda styles, rng: generator.of_styles(styles),
        )
    return spaces


def slerp(first: Tensor, last: Tensor, shares: Tensor) -> Tensor:
    """Go a share (B, 1) of the way from codes (B, F) to others along a great circle, and between their lengths."""
    lengths = [torch.linalg.vector_norm(codes, dim=1, keepdim=True) for codes in (first, last)]
    start, end = (normalize(codes, dim=1) for codes in (first, last))
    along = (start * end).sum(1, keepdim=True)
    angle = shares * torch.acos(along.clamp(-1, 1))
    across = normalize(end - along * start, dim=1)
    return torch.lerp(lengths[0], lengths[1], shares) * (start * angle.cos() + across * angle.sin())


def units(layers: Layers, real: Tensor) -> list[float]:
    """Measure the variance E ‖φ(y) − E φ(y)‖² of each layer over real images (N, C, H, W)."""
    parts = [layers(real[at : at + BATCH]) for at in range(0, len(real), BATCH)]
    seen = [torch.cat([part[at].flatten(1) for part in parts]).double() for at in range(len(parts[0]))]
    found = [float((one - one.mean(0)).square().sum(1).mean()) for one in seen]
    if not all(found):
        raise InputError("path length: a layer of the extractor is the same for all real images")
    return found


def distances(layers: Layers, scales: Sequence[float], images: Tensor, others: Tensor) -> Tensor:
    """Compute the perceptual distance of each image (B, C, H, W) from another, (B,) float64; scales: by layer."""
    pairs = zip(layers(images), layers(others), scales, strict=True)
    each = [(one.double() - other.double()).square().flatten(1).sum(1) / unit for one, other, unit in pairs]
    return torch.stack(each).mean(0)


@torch.no_grad()
def path_length(space: Space, layers: Layers, scales: Sequence[float], seed: int, pairs: int = PAIRS) -> float:
    """Measure the mean path length over pairs of codes, but those beyond the percentiles `KEPT`."""
    found = []
    for start in range(0, pairs, BATCH):
        n, rng = min(BATCH, pairs - start), torch_rng(seed, "path length", start)
        first, last = space.draw(n, rng), space.draw(n, rng)
        shares = uniform_rows(n, 1, rng=rng).to(first)
        steps = (space.between(first, last, shares + more) for more in (0.0, EPSILON))
        images, others = (space.images(codes, torch_rng(seed, "path length images", start)) for codes in steps)
        found.append(distances(layers, scales, images, others).cpu().numpy() / EPSILON**2)
    return filtered(np.concatenate(found))


def filtered(lengths: np.ndarray) -> float:
    """Average lengths (N,) that are not beyond the percentiles `KEPT`, which are members of them."""
    low = np.percentile(lengths, KEPT[0], method="lower")
    high = np.percentile(lengths, KEPT[1], method="higher")
    return float(lengths[(lengths >= low) & (lengths <= high)].mean())


def measure(model: Model, extractor: Extractor, reference: Images, seed: int) -> dict[str, float]:
    """Measure the path length in each space of a model's codes; {} of one without codes, and without layers.

    reference: images whose variance is the unit of distances.
    """
    spaces, layers = spaces_of(model), layers_of(extractor)
    if not spaces or layers is None:
        return {}
    device = next(model.parameters()).device
    with torch.no_grad():
        scales = units(layers, scale(torch.from_numpy(np.array(reference[:REAL].pixels))).to(device))
    return {name: path_length(space, layers, scales, seed) for name, space in spaces.items()}
