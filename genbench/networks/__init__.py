"""Contract of a pair of networks: codes to images, and images to numbers.

A module genbench/networks/<name>.py has `build(shape, latent, outputs, **options) -> (generator, critic)`: a module
from codes (B, latent) to images (B, C, H, W) in [-1, 1], and a :class:`Critic`, which serves as an encoder as well;
and EXAMPLES, a tuple of options to try.

A pair whose generator can be told the class has a parameter `classes` after `outputs`, their number, 0 for none:
`build(shape, latent, outputs, classes=0, **options)`. With classes the generator is called with codes and labels (B,)
int64. How a critic is told is not the network's business (:mod:`genbench.adversarial.conditionings`).
"""

from __future__ import annotations

import inspect

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize

from genbench.find import find


class Critic(nn.Module):
    """Images (B, C, H, W) to `outputs` numbers each, (B, outputs), in two halves.

    features: images to (B, F). head: features to numbers, a linear layer until something takes its place.
    """

    def __init__(self, features: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.features, self.head = features, head

    def forward(self, images: Tensor) -> Tensor:
        numbers: Tensor = self.head(self.features(images))
        return numbers


class AcrossBatch(nn.Module):
    """A layer whose output for one image depends on the others of the batch, as batch normalisation's does.

    slopes: whether the slope at an image is penalised all the same, because the others change it little.
    """

    slopes = False


def across_batch(network: nn.Module) -> bool:
    """Return whether any layer mixes the images of a batch, so that a slope at a single image means nothing."""
    mixing = (module for module in network.modules() if isinstance(module, AcrossBatch | _BatchNorm))
    return not all(isinstance(module, AcrossBatch) and module.slopes for module in mixing)


def is_spectral(network: nn.Module) -> bool:
    """Return whether weights are parametrised, as by spectral normalisation, so that their own scale means nothing."""
    return any(parametrize.is_parametrized(module) for module in network.modules())


def takes_classes(name: str) -> bool:
    """Return whether the generator of a network, by its name, can be told the class."""
    return "classes" in inspect.signature(find("networks", name).build).parameters
