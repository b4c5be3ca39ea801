"""Contract of vocabularies: captions of images that are made from what is known of an image and measured on it.

A module genbench/data/captions/<name>.py has `build() -> Vocabulary`: a phrase for each class of a dataset, in the
order of its labels, and attributes, each a number that is measured on an image with a phrase for either side of its
median among the training images. What a caption says of attributes can then be checked on any image, exactly.

As numbers a caption is (slots,) int64: a phrase of the class, then one of each attribute; 0 says nothing. As text it is
"a dark narrow seven slanted left". Phrases of a text may stand in any order, and what it does not say stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genbench.errors import InputError, unknown

#: The number of a phrase that is not there.
UNSAID = 0
ARTICLES = ("a", "an", "the")


@dataclass(frozen=True)
class Attribute:
    """A property of images with two phrases.

    measure: images (B, C, H, W) in [-1, 1] to numbers (B,). low, high: phrases of images up to the median, and above
    it. follows: whether the phrase stands after the class.
    """

    name: str
    measure: Callable[[Tensor], Tensor]
    low: str
    high: str
    follows: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """Phrases of classes and attributes; the number of a phrase is its place in `phrases`."""

    classes: tuple[str, ...]
    attributes: tuple[Attribute, ...]

    @property
    def phrases(self) -> tuple[str, ...]:
        """Phrases by number, the first of which says nothing."""
        return ("", *self.classes, *(phrase for one in self.attributes for phrase in (one.low, one.high)))

    @property
    def slots(self) -> int:
        """Numbers of a caption."""
        return 1 + len(self.attributes)

    def measure(self, images: Tensor) -> Tensor:
        """Measure every attribute of images (B, C, H, W) in [-1, 1], (B, attributes)."""
        return torch.stack([one.measure(images) for one in self.attributes], 1)

    def facts(self, images: Tensor, labels: Tensor, medians: Tensor) -> Tensor:
        """Describe images (B, C, H, W) of classes (B,) in full, (B, slots); medians: of each attribute."""
        return self.numbers(labels, (self.measure(images) > medians).long())

    def numbers(self, labels: Tensor, high: Tensor) -> Tensor:
        """Write classes (B,) and attributes (B, attributes), 1 above the median and 0 below, as captions (B, slots)."""
        first = 1 + len(self.classes) + 2 * torch.arange(len(self.attributes), device=high.device)
        return torch.cat([1 + labels[:, None], first + high], 1)

    def label(self, caption: Tensor) -> int:
        """Return the class that a caption (slots,) names."""
        return int(caption[0]) - 1

    def text(self, caption: Sequence[int] | Tensor) -> str:
        """Write a caption (slots,) that names a class as text."""
        named, *said = (self.phrases[int(number)] for number in caption)
        pairs = list(zip(self.attributes, said, strict=True))
        before, after = ([phrase for one, phrase in pairs if phrase and one.follows == late] for late in (False, True))
        words = " ".join([*before, named, *after])
        return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"

    def parse(self, text: str) -> Tensor:
        """Read a caption that a user gives, (slots,); words that there are not, and contradictions, are refused."""
        words = text.lower().replace(",", " ").split()
        caption = torch.full((self.slots,), UNSAID)
        while words:
            if words[0] in ARTICLES:
                del words[0]
                continue
            number, length = self._first(words)
            slot = self._slot(number)
            if caption[slot] not in (UNSAID, number):
                said, other = self.phrases[int(caption[slot])], self.phrases[number]
                raise InputError(f"caption: {said!r} and {other!r}: expected one of the two")
            caption[slot] = number
            del words[:length]
        if caption[0] == UNSAID:
            raise InputError(f"caption {text!r}: expected a class ({', '.join(self.classes)})")
        return caption

    def _first(self, words: list[str]) -> tuple[int, int]:
        """Find the longest phrase that the words begin with: its number, and its own words."""
        fitting = [
            (len(parts), number)
            for number, phrase in enumerate(self.phrases)
            if number != UNSAID and (parts := phrase.split()) == words[: len(parts)]
        ]
        if not fitting:
            raise unknown("word of a caption:", words[0], self.phrases[1:])
        length, number = max(fitting)
        return number, length

    def _slot(self, number: int) -> int:
        return max(0, (number - 1 - len(self.classes)) // 2 + 1)


def contradict(captions: Tensor, others: Tensor) -> Tensor:
    """Return which captions (B, slots) contradict the others (B, slots), each of the same row, (B,) bool."""
    return ((captions != others) & (captions != UNSAID) & (others != UNSAID)).any(1)


def alignment(asked: Tensor, facts: Tensor) -> Tensor:
    """Return the share of what captions ask for that the images have, (slots,) float64.

    asked: captions (N, slots). facts: full descriptions of the images that were drawn for them, (N, slots). A slot that
    no caption speaks of is not a number.
    """
    said = asked != UNSAID
    return ((asked == facts) & said).sum(0).double() / said.sum(0)
