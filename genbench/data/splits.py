"""Division of a dataset's images into the four splits of the benchmark.

The splits are stratified: a class that holds the fraction p of the images holds the fraction p of each split, to
within one image. Models see `train`, choices are made on `validation`, FID is against `reference`, and `held_out`
gives the floor: real images scored as if they were samples. A dataset whose published numbers are against images of
their own has `split(dataset, shares, rng)` beside `load`, which takes the place of the one below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from genbench.data.datasets import Dataset
from genbench.data.images import Images
from genbench.errors import InputError, unknown

SPLITS = ("train", "validation", "reference", "held_out")


def split(dataset: Dataset, shares: Mapping[str, int | float], rng: np.random.Generator) -> dict[str, Images]:
    """Divide a dataset into disjoint, stratified, shuffled splits of exact sizes.

    shares: for each of `SPLITS` a number of images (int) or a share of all images (float between 0 and 1). Images
    that no split asks for are left out. Images without a label are a stratum of their own. An InputError refuses
    sizes that are missing, not positive or larger in sum than the dataset, and a class of fewer images than splits.
    """
    images = dataset.images
    sizes = split_sizes(shares, len(images))
    strata, stratum, counts = np.unique(images.labels, return_inverse=True, return_counts=True)
    require_each_class([dataset.classes[label] for label in strata if label >= 0], counts[strata >= 0])
    table = allotted(counts, sizes)
    shuffled = rng.permutation(len(images))
    members = [shuffled[stratum[shuffled] == row] for row in range(len(strata))]
    ends = np.cumsum(table, axis=1)
    splits = {}
    for column, name in enumerate(SPLITS):
        starts = ends[:, column] - table[:, column]
        chosen = [m[a:b] for m, a, b in zip(members, starts, ends[:, column], strict=True)]
        splits[name] = images[rng.permutation(np.concatenate(chosen))]
    return splits


def require_each_class(classes: Sequence[str], counts: Iterable[int]) -> None:
    """Refuse a class that has fewer images than there are splits."""
    for name, count in zip(classes, counts, strict=True):
        if count < len(SPLITS):
            raise InputError(
                f"class {name!r} has {count} images: each class needs at least {len(SPLITS)}, one for each split"
            )


def allotted(counts: np.ndarray, sizes: Mapping[str, int]) -> np.ndarray:
    """Return the number of images of each stratum (row) in each split (column), and in the rest (last column).

    counts: (K,) images of each stratum. sizes: those of the splits, in their order.
    """
    return _allot(counts, np.array([*sizes.values(), counts.sum() - sum(sizes.values())]))


def split_sizes(shares: Mapping[str, int | float], total: int) -> dict[str, int]:
    """Return the number of images of each split, in the order of `SPLITS`; see :func:`split` for what is refused."""
    for name in shares:
        if name not in SPLITS:
            raise unknown("split", name, SPLITS)
    sizes: dict[str, int] = {}
    taken = 0.0  # the sum of the shares so far: rounding running sums keeps shares of 1 in all from exceeding N
    for name in SPLITS:
        if name not in shares:
            raise InputError(f"data.split: no {name}; expected a size for each of {', '.join(SPLITS)}")
        share = shares[name]
        if isinstance(share, float) and 0 < share < 1:
            sizes[name] = round((taken + share) * total) - round(taken * total)
            taken += share
        elif isinstance(share, int) and not isinstance(share, bool) and share > 0:
            sizes[name] = share
        else:
            raise InputError(
                f"data.split.{name}: expected a number of images, or a share between 0 and 1, "
                f"greater than zero; got {share!r}"
            )
        if sizes[name] == 0:
            raise InputError(f"data.split.{name}: a share of {share} of {total} images is not one image")
    if sum(sizes.values()) > total:
        asked = " + ".join(f"{name} {size}" for name, size in sizes.items())
        raise InputError(f"data.split: needs {sum(sizes.values())} images ({asked}), but there are {total}")
    return sizes


def _allot(counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Allot the images of each class to parts: (K,) class sizes and (S,) part sizes, of equal sum, give (K, S).

    Rows sum to `counts` and columns to `sizes`, and every entry is within one of counts[k] sizes[s] / N: the whole
    parts of these numbers, plus one here and there. A matrix of zeros and ones with given sums exists whenever
    fractions with these sums do (Bacharach, "Matrix rounding problems", 1966), and giving each column's ones to the
    rows that still need most finds it (Ryser, "Combinatorial properties of matrices of zeros and ones", 1957);
    equal needs go by largest remainder.
    """
    products = np.outer(counts, sizes)
    table: np.ndarray = products // counts.sum()
    remainders = products % counts.sum()
    need = counts - table.sum(axis=1)
    for column, size in enumerate(sizes):
        first = np.lexsort((-remainders[:, column], -need))[: size - table[:, column].sum()]
        table[first, column] += 1
        need[first] -= 1
    return table
