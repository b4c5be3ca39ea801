"""A conditional model that is asked for one thing: every image of a class, or of a caption."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from genbench.data.images import Shape
from genbench.models import Model


class Asked:
    """A trained model as sampling uses it (:class:`genbench.engine.sampling.Sampler`), asked for the same each time.

    label: the class that images are recorded with. told: what the model is given for each, a class () or a caption
    (slots,).
    """

    def __init__(self, model: Model, label: int, told: Tensor) -> None:
        self._model, self._label, self._told = model, label, told
        self.shape: Shape = model.shape

    def eval(self) -> object:
        return self._model.eval()

    def drawn(self, n: int) -> None:
        self._model.drawn(n)

    def draw_labels(self, n: int, *, rng: torch.Generator) -> Tensor | None:
        """Return the class, n times; nothing is drawn."""
        del rng
        return torch.full((n,), self._label)

    @property
    def sample(self) -> Callable[..., Tensor]:
        """The model's sampler, given what is asked."""

        def sample(n: int, *, rng: torch.Generator, labels: Tensor, **options: Any) -> Tensor:
            del labels
            told: Any = self._told.expand(n, *self._told.shape)
            draw: Callable[..., Tensor] = self._model.sample
            return draw(n, rng=rng, labels=told, **options)

        return sample
