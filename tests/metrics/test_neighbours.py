"""All that one pass over pairs gives, against float64 written out naively: exact counts, ties and copies included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.spatial.distance import cdist

from genbench import neighbours, pairs
from genbench.neighbours import between, within
from genbench.pairs import Pairs


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks on few vectors."""
    monkeypatch.setattr(pairs, "SIDE", 13)
    monkeypatch.setattr(pairs, "TILE", 5)
    neighbours._within.cache_clear()
    neighbours._between.cache_clear()


def normal(seed: int, n: int, dimensions: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dimensions))


def grid(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 3, (n, 3)).astype(np.float32)


CASES = {
    "normal": (normal(0, 90), normal(1, 70)),
    "single precision": (normal(0, 90).astype(np.float32), normal(1, 70).astype(np.float32)),
    "half precision, offset": ((normal(0, 90) + 100).astype(np.float16), (normal(1, 70) + 100).astype(np.float16)),
    "one dimension": (normal(0, 90, 1), normal(1, 70, 1)),
    "many dimensions": (normal(0, 40, 700), normal(1, 30, 700)),
    "ties": (grid(0, 90), grid(1, 70)),
    "same": (normal(0, 90), normal(0, 90)),
    "copies of training images": (normal(0, 90), normal(0, 90)[np.arange(70) % 9]),
    "near copies": (normal(0, 90), normal(0, 90)[np.arange(70) % 9] + 1e-7 * normal(1, 70)),
    "collapsed": (normal(0, 90), normal(0, 1) + 1e-4 * normal(1, 70)),
    "constant": (normal(0, 90), np.ones((70, 8))),
    "both constant": (np.ones((40, 8)), np.ones((30, 8))),
    "signed zeros": (np.zeros((20, 2)), -np.zeros((20, 2))),
    "offset": (normal(0, 90) + 1e4, normal(1, 70) + 1e4),
    "outlier": (np.concatenate([normal(0, 90), 1e6 * normal(2, 1)]), normal(1, 70)),
    "tiny": (1e-30 * normal(0, 90), 1e-30 * normal(1, 70)),
    "huge": (1e30 * normal(0, 90), 1e30 * normal(1, 70)),
    "two scales": (normal(0, 90), 1e-5 * normal(1, 70)),
    "as few as can be": (normal(0, 2), normal(1, 2)),
}


def check(real: np.ndarray, fake: np.ndarray) -> None:
    x, y = real.astype(np.float64), fake.astype(np.float64)
    distances, own, of_fake = (cdist(a, b, "sqeuclidean") for a, b in ((x, y), (x, x), (y, y)))
    radii, radii_of_fake = (np.sort(d + np.diag([np.inf] * len(d)), axis=1)[:, :-1] for d in (own, of_fake))
    near = between(real=real, fake=fake)
    depth = near.in_real_ball.shape[1]
    in_real = distances[:, :, None] <= radii[:, None, :depth]
    np.testing.assert_array_equal(near.in_real_ball, in_real.sum(axis=1))
    np.testing.assert_array_equal(near.around_fake, in_real.sum(axis=0))
    depth = near.in_fake_ball.shape[1]
    in_fake = distances[:, :, None] <= radii_of_fake[None, :, :depth]
    np.testing.assert_array_equal(near.in_fake_ball, in_fake.sum(axis=0))
    np.testing.assert_array_equal(near.around_real, in_fake.sum(axis=1))
    np.testing.assert_allclose(near.nearest_fake, distances.min(axis=1), rtol=1e-14)
    np.testing.assert_allclose(near.nearest_real, distances.min(axis=0), rtol=1e-14)
    ties = distances == distances.min(axis=0)
    spacings = np.where(ties, radii[:, :1], -1)
    assert np.isclose(near.spacing, spacings, rtol=1e-14, atol=0).any(axis=0).all()
    for vectors, sorted_distances in ((real, radii), (fake, radii_of_fake)):
        nearest = within(vectors).nearest
        np.testing.assert_allclose(nearest, sorted_distances[:, : nearest.shape[1]], rtol=1e-14)


@pytest.mark.parametrize("case", CASES)
def test_exact(case: str) -> None:
    check(*CASES[case])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("small_blocks")
def test_exact_over_many_blocks(case: str) -> None:
    check(*CASES[case])


@pytest.mark.parametrize("case", set(CASES) - {"outlier", "huge", "tiny"})
@pytest.mark.usefixtures("small_blocks")
def test_kernel_sums(case: str) -> None:
    real, fake = CASES[case]
    x, y = real.astype(np.float64), fake.astype(np.float64)
    across, own = ((x @ other.T / x.shape[1] + 1) ** 3 for other in (y, x))
    size = np.abs(across).max() * max(across.shape)
    assert between(real=real, fake=fake).kernel_of_real == pytest.approx(across.sum(axis=1), abs=1e-6 * size)
    assert between(real=real, fake=fake).kernel_of_fake == pytest.approx(across.sum(axis=0), abs=1e-6 * size)
    size = np.abs(own).max() * len(own)
    assert within(real).kernel == pytest.approx(own.sum(axis=1) - own.diagonal(), abs=1e-6 * size)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 300), st.sampled_from([1, 1e-9, 1e9]), st.floats(-6, 6), st.booleans())
def test_bounds_hold(seed: int, dimensions: int, scale: float, offset: float, precise: bool) -> None:
    rng = np.random.default_rng(seed)
    x = scale * (rng.normal(size=(30, dimensions)) * 10 ** rng.uniform(-4, 0, (30, 1)) + offset)
    y = np.concatenate([x[:10] * (1 + 1e-7 * rng.normal(size=(10, 1))), scale * rng.normal(size=(9, dimensions))])
    every = Pairs(x, y)
    at, to = slice(0, 30), slice(0, 19)
    low = every.lower(every.product(at, to, precise=precise), at, to)
    found = every.candidates(low, at, to, np.full(30, np.inf), np.full(19, np.inf))
    exact = every.exact(found.i, found.j)
    assert len(exact) == 30 * 19
    assert (found.low <= exact).all()
    assert (exact <= found.high).all()
    assert (every.reach(low, at, to, 4) >= np.sort(exact.reshape(30, 19), axis=1)[:, 3]).all()
    assert (every.reach_back(low, at, to) >= exact.reshape(30, 19).min(axis=0)).all()


def test_order_of_rows_changes_nothing() -> None:
    real, fake = CASES["ties"]
    order, order_of_fake = np.random.default_rng(0).permutation(90), np.random.default_rng(1).permutation(70)
    first, again = between(real=real, fake=fake), between(real=real[order], fake=fake[order_of_fake])
    np.testing.assert_array_equal(again.in_real_ball, first.in_real_ball[order])
    np.testing.assert_array_equal(again.around_fake, first.around_fake[order_of_fake])
    np.testing.assert_array_equal(again.nearest_real, first.nearest_real[order_of_fake])


def test_results_are_kept_for_equal_sets_and_no_others() -> None:
    vectors = normal(5, 30)
    first = within(vectors).nearest
    assert neighbours._within(pairs.Rows.of(vectors.copy()), 5) is neighbours._within(pairs.Rows.of(vectors), 5)
    vectors *= 2
    np.testing.assert_allclose(within(vectors).nearest, 4 * first, rtol=1e-12)


@pytest.mark.parametrize("jitter", [0, 1e-6, 1e-4, 1e-2])
def test_few_pairs_need_exact_arithmetic(jitter: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a collapsed generator makes most of its distances smaller than single precision can tell."""
    asked = []
    exact = Pairs.exact

    def counting(self: Pairs, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        asked.append(len(i))
        return exact(self, i, j)

    monkeypatch.setattr(Pairs, "exact", counting)
    fake = normal(1, 1500, 16)[np.arange(1500) % 3] + jitter * normal(2, 1500, 16)
    between(real=normal(0, 1500, 16), fake=fake)
    assert sum(asked) < 0.03 * 3 * 1500**2
