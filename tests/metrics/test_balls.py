"""Balls of any radius against float64 written out naively, ties, copies and outliers included, by NumPy and torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from genbench.errors import InputError
from genbench.metrics.numerics import backend, balls, pairs, pairs_torch
from genbench.metrics.numerics.balls import balls_around, realism, squared_median, squared_radii
from tests.metrics.test_neighbours import CASES

DEVICES = ["numpy", "cpu", "cuda"] if torch.cuda.is_available() else ["numpy", "cpu"]
K = 3


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute on one device, in many small blocks."""
    monkeypatch.setattr(backend, "choose", lambda work, memory=0: request.param)
    monkeypatch.setattr(pairs, "SIDE", 13)
    monkeypatch.setattr(pairs_torch, "SIDE", 13)
    monkeypatch.setattr(balls, "GROUP", 7)


def kth_distances(real: np.ndarray) -> np.ndarray:
    distances: np.ndarray = np.sort(cdist(real, real, "sqeuclidean") + np.diag([np.inf] * len(real)), axis=1)
    return distances[:, K - 1]


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("case", [name for name in CASES if name != "as few as can be"])
def test_counts_against_all_distances(case: str) -> None:
    """Whole balls, whose rims real vectors lie on, and balls cut at the median."""
    real, fake = (side.astype(np.float64) for side in CASES[case])
    mine, naive = squared_radii(CASES[case][0], k=K), kth_distances(real)
    np.testing.assert_allclose(mine, naive, rtol=1e-14)
    for cut in (np.inf, squared_median(naive)):
        for points, their in (CASES[case][1], fake), (CASES[case][0], real):
            found = balls_around(points, centres=CASES[case][0], squares=np.minimum(mine, cut))
            inside = cdist(real, their, "sqeuclidean") <= np.minimum(naive, cut)[:, None]
            np.testing.assert_array_equal(found, inside.sum(axis=0))


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(
    "case", [name for name in CASES if name not in ("as few as can be", "ties", "both constant", "signed zeros")]
)
def test_realism_against_all_ratios(case: str) -> None:
    real, fake = (side.astype(np.float64) for side in CASES[case])
    squares = kth_distances(real)
    kept = (squares > 0) & (np.sqrt(squares) <= np.median(np.sqrt(squares)))
    with np.errstate(divide="ignore"):
        ratios = np.sqrt(squares[kept, None] / cdist(real[kept], fake, "sqeuclidean"))
    np.testing.assert_allclose(realism(CASES[case][1], real=CASES[case][0], k=K), ratios.max(axis=0), rtol=1e-12)


def test_median_of_roots() -> None:
    assert squared_median(np.array([4.0, 1.0, 9.0])) == 4
    assert squared_median(np.array([1.0, 9.0])) == 4
    assert squared_median(np.array([0.1, 0.3, 0.3, 0.7])) == 0.3


def test_realism_by_hand() -> None:
    """Real images at 0, 1, 2 and 10, k = 1: balls of radius 1 around the first three, the outlier's of 8 left out."""
    real = np.array([[0.0], [1.0], [2.0], [10.0]])
    fake = np.array([[2.5], [4.0], [12.0], [1.0]])
    np.testing.assert_allclose(realism(fake, real=real, k=1), [2, 0.5, 0.1, np.inf])


def test_realism_refuses_a_set_of_copies() -> None:
    with pytest.raises(InputError, match="realism: half of the 9 real images have 2 exact copies or more"):
        realism(np.ones((4, 2)), real=np.zeros((9, 2)), k=2)
