"""Dropout in the generator: Isola et al. (2017), pix2pix, section 3.1; dropout itself is of Srivastava et al. (2014).

After each rectifier of the generator a unit becomes 0 with probability p, and is divided by 1 − p otherwise, so that
its mean stays: noise in many places, beside that of the code. The paper drops in sampling as well; so does this trick
if it is asked to.

Factors, 0 or 1 / (1 − p), are drawn after the codes from the same stream, and travel behind them to the generator: an
image depends on its code and its factors, and on nothing global. A pass without factors drops nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.adversarial.tricks import Trick
from genbench.adversarial.tricks._probe import one_image
from genbench.errors import InputError
from genbench.networks import Critic
from genbench.options import Flag, Fraction
from genbench.per_image_random import uniform_rows

EXAMPLES = ({"probability": 0.5, "sampling": True},)


class Dropping(nn.Module):
    """A rectifier whose outputs are multiplied by `factors`, (B, units), if there are any."""

    def __init__(self, rectifier: nn.Module) -> None:
        super().__init__()
        self.rectifier = rectifier
        self.factors: Tensor | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.rectifier(inputs)
        if self.factors is None:
            return outputs
        before = len(outputs) - len(self.factors)  # images of a reference batch, which have no factors
        return outputs * functional.pad(self.factors, (0, 0, before, 0), value=1.0).reshape(outputs.shape)


class GeneratorDropout(Trick):
    """Codes (B, latent) get factors behind them, (B, latent + units), which the generator gives to its layers."""

    def __init__(self, probability: float, sampling: bool) -> None:
        super().__init__()
        self._probability, self._sampling, self._latent = probability, sampling, 0
        self._layers: list[Dropping] = []
        self._units: list[int] = []

    def networks(self, generator: nn.Module, critic: Critic, latent: int) -> tuple[nn.Module, Critic]:
        self._latent = latent
        if self._probability and not _replace(generator):
            raise InputError("trick generator_dropout: the generator has no layer ReLU or LeakyReLU to drop outputs of")
        return generator, critic

    def attach(self, generator: nn.Module, critic: Critic) -> None:
        units = _units(generator, self._latent)
        self._layers, self._units = list(units), list(units.values())
        generator.register_forward_pre_hook(self._hand_out)

    def codes(self, codes: Tensor, rng: torch.Generator) -> Tensor:
        if not self._units or not (self.training or self._sampling):
            return codes
        kept = uniform_rows(len(codes), sum(self._units), rng=rng) >= self._probability
        return torch.cat([codes, kept / (1 - self._probability)], 1)

    def _hand_out(self, generator: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        codes, factors = inputs[0][:, : self._latent], inputs[0][:, self._latent :]
        given = torch.split(factors, self._units, 1) if factors.shape[1] else [None] * len(self._layers)
        for layer, part in zip(self._layers, given, strict=True):
            layer.factors = part
        return codes, *inputs[1:]


def _replace(module: nn.Module) -> int:
    """Let each rectifier below `module` drop outputs, and return their number."""
    replaced = 0
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU | nn.LeakyReLU):
            setattr(module, name, Dropping(child))
            replaced += 1
        else:
            replaced += _replace(child)
    return replaced


def _units(generator: nn.Module, latent: int) -> dict[Dropping, int]:
    """Return the layers that drop outputs, in the order of a pass, and how many each has for an image."""
    units: dict[Dropping, int] = {}

    def count(layer: nn.Module, inputs: object, outputs: Tensor) -> None:
        assert isinstance(layer, Dropping)
        units[layer] = outputs[-1].numel()

    dropping = [layer for layer in generator.modules() if isinstance(layer, Dropping)]
    handles = [layer.register_forward_hook(count) for layer in dropping]
    one_image(generator, latent)
    for handle in handles:
        handle.remove()
    return units


def build(*, probability: Fraction, sampling: Flag = False) -> GeneratorDropout:
    """Build the trick; `probability` 0 is no dropout. sampling: whether samples are drawn with dropout too."""
    return GeneratorDropout(probability, sampling)
