"""Clothes, in the order of Fashion-MNIST's labels: "a dark ankle boot"."""

from genbench.data.captions import Vocabulary
from genbench.data.captions._measures import MEASURED

CLASSES = (
    *("t-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)


def build() -> Vocabulary:
    """Build the vocabulary, which has no options."""
    return Vocabulary(CLASSES, MEASURED)
