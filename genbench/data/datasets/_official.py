"""Splits of datasets whose test images are all of `reference`."""

from __future__ import annotations

from collections.abc import Mapping

from genbench.data.splits import SPLITS
from genbench.errors import InputError


def numbers(shares: Mapping[str, int | float], total: int, test: int) -> dict[str, int]:
    """Return the sizes of the splits of training images, of `total` images less the `test` ones."""
    wrong = [name for name in SPLITS if not isinstance(shares.get(name), int) or shares[name] < 1]
    if wrong or shares["reference"] != test:
        raise InputError(f"data.split: expected numbers of images, {test} of them in reference, got {shares}")
    sizes = {name: int(shares[name]) for name in SPLITS if name != "reference"}
    if sum(sizes.values()) > total - test:
        raise InputError(
            f"data.split: {' + '.join(sizes)} need {sum(sizes.values())} of {total - test} training images"
        )
    return sizes
