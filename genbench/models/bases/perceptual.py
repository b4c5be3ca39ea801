"""The perceptual loss: Johnson, Alahi, Fei-Fei (2016), equation 2, by chosen layers φ_j of a network that is fixed.

    ℓ(x̂, x) = Σ_j ‖φ_j(x̂) − φ_j(x)‖² / (C_j H_j W_j)

The network is any (:class:`Perceptual`), or that of an extractor whose weights come from no dataset
(:func:`of_extractor`). It is no part of the model that is trained: nothing learns it, averages it or saves it with the
weights. Scores by the same extractor favour a model that was trained by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from genbench.data.prepared import About
from genbench.errors import InputError, unknown
from genbench.extractors._network import Ruler
from genbench.find import find
from genbench.options import Reference, checked, name_of

#: Weights that come from no dataset are asked for without one.
NO_DATASET = About("", (1, 1, 1), (), 256, {})


def as_they_are(images: Tensor) -> Tensor:
    """Change nothing."""
    return images


class Perceptual:
    """Distance of images in layers of a network.

    layers: names of the network's modules, as `named_modules` has them, whose outputs (B, …) are compared.
    prepare: brings images to what the network takes.
    """

    def __init__(
        self, network: nn.Module, layers: Sequence[str], prepare: Callable[[Tensor], Tensor] = as_they_are
    ) -> None:
        there = [name for name, _ in network.named_modules() if name]
        for name in layers:
            if name not in there:
                raise unknown("perceptual layer", name, there)
        if not layers:
            raise InputError("perceptual layers: expected at least one, got none")
        self.network, self.layers, self.prepare = network.eval().requires_grad_(False), tuple(layers), prepare

    def __call__(self, images: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each image against its target, (B, C, H, W) both, to (B,); no gradient to the targets."""
        with torch.no_grad():
            wanted = self.features(targets)
        pairs = zip(self.features(images), wanted, strict=True)
        return torch.stack([(found - right).square().flatten(1).mean(1) for found, right in pairs]).sum(0)

    def features(self, images: Tensor) -> list[Tensor]:
        """Return the outputs of the layers, in their order."""
        seen: dict[str, Tensor] = {}

        def note(name: str) -> Callable[[nn.Module, object, Tensor], None]:
            return lambda module, inputs, output: seen.update({name: output})

        network = self.network.to(images.device)
        hooks = [network.get_submodule(name).register_forward_hook(note(name)) for name in self.layers]
        try:
            network(self.prepare(images))
        finally:
            for hook in hooks:
                hook.remove()
        return [seen[name] for name in self.layers]


def of_extractor(extractor: Reference, layers: Sequence[str]) -> Perceptual:
    """Build the loss of an extractor that is a network, by name with its options; it takes images in [-1, 1].

    Raises an InputError for an extractor that is no network, or whose weights come from a dataset.
    """
    name, module = name_of(extractor), find("extractors", name_of(extractor))
    if hasattr(module, "refuse"):
        raise InputError(f"extractor: expected one whose weights come from no dataset, such as random_conv, got {name}")
    given = {} if isinstance(extractor, str) else {key: value for key, value in extractor.items() if key != "name"}
    options = checked(module.obtain, given, f"extractor {name}", given=("folder", "images", "about"))
    with TemporaryDirectory() as folder, torch.device("cpu"):  # also where a model is built without memory
        module.obtain(Path(folder), {}, NO_DATASET, **options)
        ruler = module.load(Path(folder))
    if not isinstance(ruler, Ruler):
        raise InputError(f"extractor: expected one that is a network, such as random_conv, got {name}")
    return Perceptual(ruler.network, layers, to_ruler(ruler.size))


def to_ruler(size: int) -> Callable[[Tensor], Tensor]:
    """Return what brings images (B, C, H, W) in [-1, 1] to (B, 3, size, size), 0 to 255.

    Images of other sizes are resized as :mod:`genbench.data.resize` does it, but not rounded, so that gradients pass.
    """

    def prepare(images: Tensor) -> Tensor:
        if images.shape[2:] != (size, size):
            images = interpolate(images, (size, size), mode="bicubic", antialias=True)
        return ((images + 1) * 127.5).expand(-1, 3, -1, -1)

    return prepare
