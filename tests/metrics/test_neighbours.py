"""All that one pass over pairs gives, against float64 written out naively: exact counts, ties and copies included.

By NumPy, by torch on the CPU, and by torch on a GPU where there is one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from scipy.spatial.distance import cdist
from torch.utils._python_dispatch import TorchDispatchMode

from genbench.metrics.numerics import neighbours, pairs, pairs_torch
from genbench.metrics.numerics.backend import all_pairs
from genbench.metrics.numerics.neighbours import between, nearest, within
from genbench.metrics.numerics.pairs import Pairs

TORCH = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
DEVICES = ["numpy", *TORCH]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks on few vectors."""
    monkeypatch.setattr(pairs, "SIDE", 13)
    monkeypatch.setattr(pairs, "TILE", 5)
    monkeypatch.setattr(pairs_torch, "SIDE", 13)
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


def check(real: np.ndarray, fake: np.ndarray, device: str) -> None:
    x, y = real.astype(np.float64), fake.astype(np.float64)
    distances, own, of_fake = (cdist(a, b, "sqeuclidean") for a, b in ((x, y), (x, x), (y, y)))
    radii, radii_of_fake = (np.sort(d + np.diag([np.inf] * len(d)), axis=1)[:, :-1] for d in (own, of_fake))
    near = between(real=real, fake=fake, device=device)
    depth = near.in_real_ball.shape[1]
    in_real = distances[:, :, None] <= radii[:, None, :depth]
    np.testing.assert_array_equal(near.in_real_ball, in_real.sum(axis=1))
    np.testing.assert_array_equal(near.around_fake, in_real.sum(axis=0))
    np.testing.assert_array_equal(near.only_in_real_ball, (in_real & (in_real.sum(axis=0) == 1)).sum(axis=1))
    np.testing.assert_array_equal(near.only_fake_in_ball, (in_real & (in_real.sum(axis=1) == 1)[:, None]).sum(axis=0))
    depth = near.in_fake_ball.shape[1]
    in_fake = distances[:, :, None] <= radii_of_fake[None, :, :depth]
    np.testing.assert_array_equal(near.in_fake_ball, in_fake.sum(axis=0))
    np.testing.assert_array_equal(near.around_real, in_fake.sum(axis=1))
    np.testing.assert_array_equal(near.only_in_fake_ball, (in_fake & (in_fake.sum(axis=1) == 1)[:, None]).sum(axis=0))
    np.testing.assert_allclose(near.nearest_fake, distances.min(axis=1), rtol=1e-14)
    np.testing.assert_allclose(near.nearest_real, distances.min(axis=0), rtol=1e-14)
    for vectors, sorted_distances in ((real, radii), (fake, radii_of_fake)):
        own = within(vectors, device=device).nearest
        np.testing.assert_allclose(own, sorted_distances[:, : own.shape[1]], rtol=1e-14)
    for k in (1, 3):
        check_nearest(fake, real, distances.T, k, device)


def check_nearest(points: np.ndarray, among: np.ndarray, distances: np.ndarray, k: int, device: str) -> None:
    found = nearest(points, among=among, k=k, device=device)
    there = min(k, len(among))
    np.testing.assert_allclose(found.distances[:, :there], np.sort(distances, axis=1)[:, :there], rtol=1e-14)
    at_places = np.take_along_axis(distances, found.places[:, :there], axis=1)
    np.testing.assert_allclose(found.distances[:, :there], at_places, rtol=1e-14)
    assert (found.places[:, there:] == -1).all()
    assert np.isinf(found.distances[:, there:]).all()
    _, first, inverse = np.unique(among + 0, axis=0, return_index=True, return_inverse=True)
    assert (found.places[:, :there] == first[inverse.ravel()][found.places[:, :there]]).all()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("case", CASES)
def test_exact(case: str, device: str) -> None:
    check(*CASES[case], device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("small_blocks")
def test_exact_over_many_blocks(case: str, device: str) -> None:
    check(*CASES[case], device)


@pytest.mark.parametrize("device", TORCH)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("k", ["one", "most"])
@pytest.mark.usefixtures("small_blocks")
def test_torch_counts_and_measures_as_numpy_does(case: str, k: str, device: str) -> None:
    """To the bit: only sums of the kernel are rounded otherwise."""
    real, fake = CASES[case]
    depth = 1 if k == "one" else min(len(real), len(fake)) - 1
    expected, found = (vars(between(real=real, fake=fake, k=depth, device=name)) for name in ("numpy", device))
    for key in [key for key in expected if not key.startswith("kernel")]:
        np.testing.assert_array_equal(found[key], expected[key], err_msg=key)
    for side in (real, fake):
        one, other = (within(side, k=min(depth, len(side) - 1), device=name).nearest for name in ("numpy", device))
        np.testing.assert_array_equal(other, one)


@pytest.mark.parametrize(("device", "rounding"), [("numpy", 1e-6), *((name, 1e-12) for name in TORCH)])
@pytest.mark.parametrize("case", sorted(set(CASES) - {"outlier", "huge", "tiny"}))
@pytest.mark.usefixtures("small_blocks")
def test_kernel_sums(case: str, device: str, rounding: float) -> None:
    real, fake = CASES[case]
    x, y = real.astype(np.float64), fake.astype(np.float64)
    across, own = ((x @ other.T / x.shape[1] + 1) ** 3 for other in (y, x))
    size = rounding * np.abs(across).max() * max(across.shape)
    near = between(real=real, fake=fake, device=device)
    assert near.kernel_of_real == pytest.approx(across.sum(axis=1), abs=size)
    assert near.kernel_of_fake == pytest.approx(across.sum(axis=0), abs=size)
    size = rounding * np.abs(own).max() * len(own)
    assert within(real, device=device).kernel == pytest.approx(own.sum(axis=1) - own.diagonal(), abs=size)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.usefixtures("small_blocks")
def test_gaussian_sums(device: str) -> None:
    x, y, sigma = 3 + normal(0, 90), 3 + normal(1, 70), 2.5
    for other in (x, y):
        every = all_pairs(x, other, device)
        rows, columns = np.zeros(90), np.zeros(len(other))
        for at in every.slices(90):
            for to in every.slices(len(other)):
                sums, back = every.gaussian_sums(every.product(at, to), at, to, sigma)
                rows[at] += sums
                columns[to] += back
        expected = np.exp(-cdist(x, other, "sqeuclidean") / (2 * sigma**2))
        np.testing.assert_allclose(rows, expected.sum(axis=1), rtol=1e-5 if device == "numpy" else 1e-12)
        np.testing.assert_allclose(columns, expected.sum(axis=0), rtol=1e-5 if device == "numpy" else 1e-12)


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Remember the largest tensor that any operation made."""

    numbers = 0

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        made = function(*arguments, **(keywords or {}))
        if isinstance(made, torch.Tensor):
            self.numbers = max(self.numbers, made.numel())
        return made


@pytest.mark.parametrize("n", [192, 768])
def test_torch_holds_no_more_for_many_vectors(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs_torch, "SIDE", 64)
    with Largest() as largest:  # type: ignore[no-untyped-call]
        between(real=normal(n, n, 48), fake=normal(n + 1, n, 48), device="cpu")
    assert largest.numbers == 64 * 64


def test_blocks_are_as_large_as_memory_allows() -> None:
    gigabytes = 2**30
    assert pairs_torch.side(2048, 20 * gigabytes) == pairs_torch.SIDE
    assert pairs_torch.side(2048, gigabytes / 4) == 1024
    assert pairs_torch.side(150_528, gigabytes / 4) == pairs_torch.NARROW
    for dimensions in (1, 2048, 20_000):
        side = pairs_torch.side(dimensions, gigabytes)
        assert 8 * side * (pairs_torch.SQUARES * side + pairs_torch.LINES * dimensions) <= gigabytes


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 300), st.sampled_from([1, 1e-9, 1e9]), st.floats(-6, 6), st.booleans())
@pytest.mark.parametrize("device", DEVICES)
def test_bounds_hold(device: str, seed: int, dimensions: int, scale: float, offset: float, precise: bool) -> None:
    rng = np.random.default_rng(seed)
    x = scale * (rng.normal(size=(30, dimensions)) * 10 ** rng.uniform(-4, 0, (30, 1)) + offset)
    y = np.concatenate([x[:10] * (1 + 1e-7 * rng.normal(size=(10, 1))), scale * rng.normal(size=(9, dimensions))])
    every = all_pairs(x, y, device)
    at, to = slice(0, 30), slice(0, 19)
    low = every.lower_bounds(every.product(at, to, precise=precise), at, to)
    found = every.candidates(low, at, to, np.full(30, np.inf), np.full(19, np.inf))
    exact = every.exact(found.i, found.j)
    assert len(exact) == 30 * 19
    assert (found.low <= exact).all()
    assert (exact <= found.high).all()
    assert (every.row_upper_bounds(low, at, to, 4) >= np.sort(exact.reshape(30, 19), axis=1)[:, 3]).all()
    assert (every.column_upper_bounds(low, at, to) >= exact.reshape(30, 19).min(axis=0)).all()


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
    one, other = (neighbours._within(pairs.Rows.of(rows), 5, "numpy") for rows in (vectors.copy(), vectors))
    assert one is other
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
