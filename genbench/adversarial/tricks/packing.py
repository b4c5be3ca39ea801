"""Packing: Lin, Khetan, Fanti, Oh (2018), PacGAN, section 2.

The critic is shown m images at once, all real or all generated, one beside another as channels, and gives them one
number: its first layer reads m times as many inputs, and the rest is as it was. It tells the product distributions P^m
and Q^m apart. Of two Q that are equally far from P in total variation, the one that lacks modes has its product farther
away (section 3), so that a generator is driven to diversity.

Packs are of neighbours in a batch; what is left over when a batch does not divide goes unseen. The authors enlarge the
batch m times, so that there are as many packs as there were images; here the batch is what it was.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from genbench.adversarial.tricks import Trick
from genbench.errors import InputError
from genbench.networks import AcrossBatch, Critic, is_spectral
from genbench.options import Count

EXAMPLES = ({"images": 2},)


class Pack(AcrossBatch):
    """Images (B, C, H, W) to packs of m neighbours, (B // m, m·C, H, W)."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self.images = images

    def forward(self, images: Tensor) -> Tensor:
        packs = len(images) // self.images
        if not packs:
            raise InputError(f"trick packing: expected batches of at least {self.images} images, got {len(images)}")
        return images[: packs * self.images].reshape(packs, -1, *images.shape[2:])


class Packing(Trick):
    """The critic judges packs."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self._images = images

    def networks(self, generator: nn.Module, critic: Critic, latent: int) -> tuple[nn.Module, Critic]:
        if self._images == 1:
            return generator, critic
        if is_spectral(critic):
            raise InputError("trick packing: expected a network that is not spectral, whose first layer can be widened")
        if not isinstance(critic.features, nn.Sequential):
            raise InputError("trick packing: expected a network whose critic reads images in its first layer alone")
        for layer in first_layers(critic.features):
            _widen(layer, self._images)
        return generator, Critic(nn.Sequential(Pack(self._images), critic.features), critic.head)


def first_layers(network: nn.Module) -> Iterator[nn.Linear | nn.Conv2d]:
    """Find the layers that read a network's input: the first one of a sequence, and one in each branch."""
    if isinstance(network, nn.Linear | nn.Conv2d):
        yield network
        return
    for child in network.children():
        found = list(first_layers(child))
        yield from found
        if found and isinstance(network, nn.Sequential):
            return


def _widen(layer: nn.Linear | nn.Conv2d, times: int) -> None:
    """Let a layer read `times` as many inputs, with new random weights, in place."""
    size = list(layer.weight.shape)
    size[1] *= times
    layer.weight = nn.Parameter(layer.weight.new_empty(size))
    if isinstance(layer, nn.Linear):
        layer.in_features *= times
    else:
        layer.in_channels *= times
    layer.reset_parameters()


def build(*, images: Count) -> Packing:
    """Build the trick; `images` are shown together, and 1 is no packing."""
    return Packing(images)
