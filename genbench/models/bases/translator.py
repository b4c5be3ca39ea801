"""Base of models that translate: a source image to its target, of one shape (C, H, W).

Sources come in the targets' number of channels (:meth:`genbench.data.sides.Sides.fitted`). A model that learns pairs is
refused where there are none; any other one is given sources and targets of different images, so that it sees no pair:
of paired training data, one side of each half (:meth:`genbench.data.sides.Sides.apart`).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from genbench.data.pixels import scale
from genbench.engine.learner import Data, Facts
from genbench.errors import InputError
from genbench.models import Model
from genbench.models.bases.pixel_mmd import BATCH, IMAGES, squared_pixel_mmd


class Translator(Model):
    """A translation of images. learns_pairs: it needs row i of the sources to belong to row i of the targets."""

    learns_pairs = False

    @abstractmethod
    def translate(self, sources: Tensor, *, rng: torch.Generator) -> Tensor:
        """Translate sources to images, (B, C, H, W) float32 in [-1, 1] both."""

    def sample(self, n: int, *, rng: torch.Generator, sources: Tensor | None = None) -> Tensor:
        """Translate n sources (n, C, H, W) in [-1, 1]; without any, it is an InputError."""
        if sources is None or len(sources) != n:
            raise InputError(f"expected {n} sources to translate, got {0 if sources is None else len(sources)}")
        held = next(chain(self.parameters(), self.buffers()), sources)
        return self.translate(sources.to(held.device), rng=rng)

    def inverse(self) -> Translator | None:
        """Give the translator from targets to sources; None for a model of one way."""
        return None

    def refuse(self, facts: Facts) -> None:
        """Refuse images that are no pairs, and for a model that learns pairs sides that are apart."""
        if facts.pairs == "none":
            raise InputError("expected pairs of images (data.pairing), for this model translates; got images alone")
        if facts.pairs == "unpaired" and self.learns_pairs:
            raise InputError("expected data.paired: true, for this model learns pairs; got false")

    def view(self, data: Data) -> Data:
        """Return the data; unless the model learns pairs, with a `train` whose pairs are taken apart."""
        train = data.sides["train"]
        if self.learns_pairs or not train.paired:
            return data
        apart = train.apart()
        return replace(data, train=apart.targets, sides={**data.sides, "train": apart})

    def validate(self, data: Data, rng: torch.Generator) -> float | None:
        """Return the discrepancy in pixel space of translations and validation targets, as sets: no pair counts."""
        translated = self.of_validation(data, rng)
        return None if translated is None else squared_pixel_mmd(translated[1], translated[0])

    @torch.no_grad()
    def of_validation(self, data: Data, rng: torch.Generator) -> tuple[Tensor, Tensor] | None:
        """Translate random validation sources; return the translations and their targets, None of fewer than two."""
        sides = data.sides["validation"]
        n = min(len(sides.targets), IMAGES)
        if n < 2:
            return None
        index = torch.randperm(len(sides.targets), generator=rng)[:n].numpy()
        pixels = (np.asarray(side.pixels[index]) for side in (sides.sources, sides.targets))
        sources, targets = (scale(torch.from_numpy(side)) for side in pixels)
        outputs = torch.cat([self.sample(len(part), rng=rng, sources=part) for part in torch.split(sources, BATCH)])
        return outputs, targets.to(outputs.device)
