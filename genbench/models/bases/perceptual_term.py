"""The perceptual loss (:mod:`genbench.models.bases.perceptual`) as a term of a loss, with a weight; optional."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from genbench.errors import InputError
from genbench.models.bases.perceptual import Perceptual, of_extractor
from genbench.options import Reference, name_of


@dataclass(frozen=True)
class PerceptualTerm:
    """A weight times the mean loss of images; nothing without a loss. judge: the extractor that the loss is of."""

    loss: Perceptual | None
    weight: float
    judge: str

    def added(self, loss: Tensor, images: Tensor, targets: Tensor) -> Tensor:
        """Add the term of images and their targets, (B, C, H, W) in [-1, 1] both, to a loss, a scalar."""
        return loss if self.loss is None else loss + self.weight * self.loss(images, targets).mean()

    def notes(self, model: str) -> tuple[str, ...]:
        """Say by what a model is trained, and what that means for its scores."""
        if self.loss is None:
            return ()
        return (f"{model} is trained by a perceptual loss of {self.judge}, whose own scores therefore favour it.",)


def build(extractor: Reference | None, layers: tuple[str, ...], weight: float) -> PerceptualTerm:
    """Build the term of layers of an extractor; a weight of 0 is no term, and so is no extractor."""
    if bool(weight) != (extractor is not None):
        raise InputError(
            f"perceptual: expected a weight above 0 and an extractor beside it, or neither; got {weight:g} and "
            f"{'no extractor' if extractor is None else name_of(extractor)}"
        )
    if extractor is None:
        return PerceptualTerm(None, 0.0, "")
    return PerceptualTerm(of_extractor(extractor, layers), weight, name_of(extractor))
