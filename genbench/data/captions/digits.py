"""Digits, of any of the datasets of them: "a bright wide seven slanted right"."""

from genbench.data.captions import Vocabulary
from genbench.data.captions._measures import MEASURED

CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def build() -> Vocabulary:
    """Build the vocabulary, which has no options."""
    return Vocabulary(CLASSES, MEASURED)
