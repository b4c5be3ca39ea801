"""Reconstructions: exact and constant ones, the use of code vectors, and scores of every model that encodes."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from genbench.data.images import Images
from genbench.evaluation.reconstruction import BATCH, IMAGES, code_book, measure, reconstruct
from genbench.extractors import extract
from genbench.extractors.pixels import Pixels
from genbench.pipeline import params, runs
from tests.support.clone import ROOT

CATALOGUE = params.load(ROOT / "params.yaml").runs
SHAPE = (1, 8, 8)
CPU = torch.device("cpu")
see = partial(extract, Pixels(None), name="pixels", dataset="digits", split="reference", source="")


def images(n: int, levels: int = 256) -> Images:
    """Random images on the grey levels."""
    level = np.random.default_rng(0).integers(0, levels, (n, *SHAPE))
    return Images(np.rint(level * 255 / (levels - 1)).astype(np.uint8), np.zeros(n, np.int64))


class Identity:
    """Codes are the images."""

    def encode(self, pictures: Tensor) -> Tensor:
        return pictures

    def decode(self, codes: Tensor) -> Tensor:
        return codes


class Black(Identity):
    """All images become black."""

    def decode(self, codes: Tensor) -> Tensor:
        return torch.full_like(codes, -1)


class Quantised:
    """Four codes an image of K = 8 code vectors: `chosen`, in turn."""

    codebook = SimpleNamespace(vectors=torch.zeros(8, 2))

    def __init__(self, chosen: list[int]) -> None:
        self.chosen = torch.tensor(chosen)

    def encode(self, pictures: Tensor) -> Tensor:
        return self.chosen[torch.arange(len(pictures) * 4) % len(self.chosen)].view(-1, 2, 2)

    def decode(self, codes: Tensor) -> Tensor:
        return torch.zeros(len(codes), *SHAPE)


def measured(model: object, of: Images, levels: int = 256) -> dict[str, Any]:
    found = measure(model, see, of, levels, CPU)
    assert found is not None
    return found


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_a_model_that_changes_nothing_has_no_error(levels: int) -> None:
    found = measured(Identity(), images(300, levels), levels)
    assert found.keys() == {"n", "fid", "mse"}
    assert (found["n"], found["mse"]) == (300, 0.0)
    assert abs(found["fid"]) < 1e-6


def test_black_reconstructions_are_as_far_as_the_second_moment() -> None:
    """d² = ‖m‖² + tr Σ of the images, for the other Gaussian is a point at zero; MSE is the mean of x²."""
    some = images(80, 2)
    found = measured(Black(), some, 2)
    vectors = see(some).vectors.astype(np.float64)
    assert found["fid"] == pytest.approx((vectors.mean(0) ** 2).sum() + vectors.var(0, ddof=1).sum())
    assert found["mse"] == pytest.approx((some.pixels == 255).mean())


def test_reconstructions_are_rounded_to_the_grey_levels() -> None:
    made = reconstruct(Identity(), images(3).pixels, 2, CPU)
    assert set(np.unique(made.pixels)) == {0, 255}
    assert made.uses is None


@pytest.mark.parametrize(
    ("chosen", "use", "perplexity"),
    [([5], 1 / 8, 1), (list(range(8)), 1, 8), ([0, 3], 2 / 8, 2), ([0, 0, 0, 1], 2 / 8, 4 / 3**0.75)],
)
def test_use_of_code_vectors(chosen: list[int], use: float, perplexity: float) -> None:
    """Of one code vector 1/K and 1, of all alike 1 and K; of shares 3/4 and 1/4 exp(H) = 4 / 3^(3/4)."""
    codes = measured(Quantised(chosen), images(6))["codes"]
    assert codes == {"size": 8, "use": use, "perplexity": pytest.approx(perplexity)}


def test_uses_are_counted_over_all_batches() -> None:
    made = reconstruct(Quantised([0, 7]), images(BATCH + 30).pixels, 256, CPU)
    assert made.uses is not None
    assert made.uses.tolist() == [2 * (BATCH + 30), *[0] * 6, 2 * (BATCH + 30)]
    assert code_book(made.uses)["perplexity"] == pytest.approx(2)


def test_of_many_images_the_first_are_reconstructed() -> None:
    few = Images(np.zeros((IMAGES + 5, 1, 1, 1), np.uint8), np.zeros(IMAGES + 5, np.int64))
    assert measured(Identity(), few)["n"] == IMAGES


@pytest.mark.parametrize("run", CATALOGUE)
def test_every_model_with_codes_of_images_has_scores(run: str) -> None:
    """A model that encodes images has all numbers, one with a code book its use as well; any other one has none."""
    with torch.device("meta"):
        built: Any = runs.model(CATALOGUE[run].train, SHAPE)
    if not hasattr(built, "encode"):
        assert measure(built, see, images(4), 256, CPU) is None
        return
    found = measured(runs.model(CATALOGUE[run].train, SHAPE).eval(), images(20))
    assert found.keys() - {"codes"} == {"n", "fid", "mse"}
    assert found["fid"] > 0 and 0 < found["mse"] < 1
    assert ("codes" in found) == hasattr(built, "codebook")
    if codes := found.get("codes"):
        assert codes["size"] == CATALOGUE[run].train["codes"]
        assert 1 / codes["size"] <= codes["use"] <= 1 <= codes["perplexity"] <= codes["size"]
