"""Fréchet distance against closed forms, high-precision arithmetic and a formula that never forms a covariance."""

from __future__ import annotations

from pathlib import Path

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from scipy import linalg

from genbench.data.datasets import digits
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.data.splits import split
from genbench.errors import InputError
from genbench.extractors import classifier, extract
from genbench.metrics import fid
from genbench.metrics.numerics import gaussians
from genbench.metrics.numerics.backend import algebra
from genbench.metrics.numerics.gaussians import frechet_distance, gaussian
from genbench.seeding import numpy_rng

TORCH = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def compute(real: np.ndarray, fake: np.ndarray) -> float:
    return fid.compute(real=Features(real), fake=Features(fake))["fid"]


def with_moments(mean: np.ndarray, covariance: np.ndarray, n: int, seed: int) -> np.ndarray:
    """n rows whose sample mean and covariance are the given ones exactly, up to rounding."""
    noise = rng(seed).normal(size=(n, len(mean)))
    white, _ = linalg.qr(noise - noise.mean(axis=0), mode="economic")
    return mean + np.sqrt(n - 1) * white @ linalg.sqrtm(covariance).real


def oracle(real: np.ndarray, fake: np.ndarray) -> float:
    """Of the rows alone, in float64: the nuclear norm of the (N, M) products between centred rows."""
    x, y = (a.astype(np.float64) for a in (real, fake))
    shift, x, y = x.mean(0) - y.mean(0), (x - x.mean(0)) / np.sqrt(len(x) - 1), (y - y.mean(0)) / np.sqrt(len(y) - 1)
    return shift @ shift + (x**2).sum() + (y**2).sum() - 2 * linalg.svdvals(x @ y.T).sum()


def spread(*sets: np.ndarray) -> float:
    """The two traces: what an error is measured against."""
    return sum(float(a.astype(np.float64).var(axis=0, ddof=1).sum()) for a in sets)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(-5, 5)), min_size=1, max_size=8),
    st.integers(0, 99),
)
def test_commuting_gaussians(spectra: list[tuple[float, float, float]], seed: int) -> None:
    """Covariances with the same eigenvectors: d² = Σ (√a − √b)² + ‖shift‖²."""
    a, b, shift = np.array(spectra).T
    axes, _ = linalg.qr(rng(seed).normal(size=(len(a), len(a))))
    real = with_moments(np.zeros(len(a)), axes * a @ axes.T, n=40, seed=seed)
    fake = with_moments(shift, axes * b @ axes.T, n=55, seed=seed + 1)
    expected = ((np.sqrt(a) - np.sqrt(b)) ** 2).sum() + (shift**2).sum()
    assert compute(real, fake) == pytest.approx(expected, abs=1e-10 * (a.sum() + b.sum() + shift @ shift))


def test_not_commuting_against_fifty_digits() -> None:
    x, y = rng(1).normal(size=(12, 4)), rng(2).normal(size=(9, 4)) @ rng(3).normal(size=(4, 4))
    with mpmath.workdps(50):
        moments = []
        for rows in (x, y):
            exact = mpmath.matrix(rows.tolist())
            n = exact.rows
            mean = [mpmath.fsum(exact[i, j] for i in range(n)) / n for j in range(4)]
            centred = mpmath.matrix(n, 4)
            for i in range(n):
                for j in range(4):
                    centred[i, j] = exact[i, j] - mean[j]
            moments.append((mean, centred.T * centred / (n - 1)))
        (mean_x, cov_x), (mean_y, cov_y) = moments
        values, _ = mpmath.eig(cov_x * cov_y)
        shift = mpmath.fsum((p - q) ** 2 for p, q in zip(mean_x, mean_y, strict=True))
        trace = mpmath.fsum(cov_x[i, i] + cov_y[i, i] for i in range(4))
        expected = float(shift + trace - 2 * mpmath.fsum(mpmath.sqrt(mpmath.re(v)) for v in values))
    assert compute(x, y) == pytest.approx(expected, rel=1e-12)


DECAY = np.logspace(0, -9, 30)
HARD = {
    "well conditioned": lambda x, y: (x, y),
    "ill conditioned": lambda x, y: (x * DECAY, y * DECAY),
    "ill conditioned, opposite": lambda x, y: (x * DECAY, y * DECAY[::-1]),
    "rank deficient real": lambda x, y: (x[:, :9] @ y[:9], y),
    "rank deficient fake": lambda x, y: (x, y[:, :9] @ x[:9]),
    "rank deficient both": lambda x, y: (x[:, :9] @ y[:9], y[:, :9] @ x[:9]),
    "dead features": lambda x, y: (x * (np.arange(30) % 3 > 0), y * (np.arange(30) % 4 > 0)),
    "repeated features": lambda x, y: (x[:, np.arange(30) // 2], y[:, np.arange(30) // 2]),
    "repeated images": lambda x, y: (x[np.arange(200) // 20], y),
    "constant": lambda x, y: (x, np.ones_like(y)),
    "fewer images than features": lambda x, y: (x[:7], y[:11]),
    "fewer in one set": lambda x, y: (x, y[:11]),
    "offset": lambda x, y: (x + 100, y + 100),
    "offset and small": lambda x, y: (x * 1e-3 + 100, y * 2e-3 + 100),
    "half precision": lambda x, y: (x.astype(np.float16), y.astype(np.float16)),
    "half precision, offset": lambda x, y: ((x + 100).astype(np.float16), (y + 100).astype(np.float16)),
    "single precision, offset": lambda x, y: ((x + 100).astype(np.float32), (y + 100).astype(np.float32)),
}


@pytest.mark.parametrize("case", HARD)
def test_hard_features(case: str) -> None:
    real, fake = HARD[case](rng(4).normal(size=(200, 30)), rng(5).normal(size=(210, 30)))
    assert compute(real, fake) == pytest.approx(oracle(real, fake), abs=1e-9 * spread(real, fake))
    assert compute(fake, real) == pytest.approx(oracle(real, fake), abs=1e-9 * spread(real, fake))


@pytest.mark.parametrize("case", HARD)
def test_equal_sets_are_at_zero(case: str) -> None:
    real, _ = HARD[case](rng(4).normal(size=(200, 30)), rng(5).normal(size=(210, 30)))
    assert abs(compute(real, real)) <= 1e-9 * spread(real, real)


@pytest.mark.parametrize("device", TORCH)
@pytest.mark.parametrize("case", HARD)
def test_torch_agrees_with_scipy(case: str, device: str) -> None:
    real, fake = HARD[case](rng(4).normal(size=(200, 30)), rng(5).normal(size=(210, 30)))
    for pair in ((real, fake), (fake, real), (real, real)):
        expected = frechet_distance(*(gaussian(side, algebra("numpy")) for side in pair))
        found = frechet_distance(*(gaussian(side, algebra(device)) for side in pair))
        assert found == pytest.approx(expected, rel=1e-10, abs=2e-9 * spread(*pair))
        assert found == pytest.approx(oracle(*pair), abs=1e-9 * spread(*pair))


@pytest.mark.parametrize("device", TORCH)
def test_torch_agrees_with_scipy_to_rounding_where_nothing_is_singular(device: str) -> None:
    for n, m in ((2000, 1500), (20, 30)):
        real, fake = rng(8).normal(size=(n, 60)) + 0.3, rng(9).normal(size=(m, 60))
        one, other = (
            frechet_distance(gaussian(real, algebra(d)), gaussian(fake, algebra(d))) for d in ("numpy", device)
        )
        assert other == pytest.approx(one, rel=1e-11)


@pytest.mark.parametrize("device", TORCH)
def test_each_operation_of_torch_is_scipys(device: str) -> None:
    scipys, torchs = algebra("numpy"), algebra(device)
    x, y = rng(10).normal(size=(90, 12)), rng(11).normal(size=(80, 12))
    lower, other = (scipys.gram([rows[:50], rows[50:]], 12) for rows in (x, y))
    np.testing.assert_allclose(torchs.gram([x[:50], x[50:]], 12), lower, atol=1e-12)
    assert not np.triu(torchs.gram([x], 12), 1).any()
    factor, other_factor = scipys.cholesky(lower), torchs.cholesky(lower)
    assert factor is not None
    assert other_factor is not None
    np.testing.assert_allclose(other_factor, factor, atol=1e-12)
    assert torchs.cholesky(lower - 1e3 * np.eye(12)) is None
    np.testing.assert_allclose(torchs.congruent(other, factor), scipys.congruent(other, factor), rtol=1e-12)
    np.testing.assert_allclose(torchs.product(x, y), x @ y.T, atol=1e-12)
    np.testing.assert_allclose(torchs.squares(x[:9]), scipys.squares(x[:9]), rtol=1e-11)
    triangle = torchs.triangle(x.copy())
    assert triangle.shape == (12, 12)
    np.testing.assert_allclose(triangle.T @ triangle, x.T @ x, atol=1e-11)


def test_many_blocks_of_rows() -> None:
    x, y = rng(6).normal(size=(20_000, 5)) + 7, rng(7).normal(size=(3, 5))
    assert gaussian(x).covariance == pytest.approx(np.cov(x, rowvar=False), rel=1e-12)
    assert gaussian(x).root.T @ gaussian(x).root == pytest.approx(np.cov(x, rowvar=False), abs=1e-12)
    assert frechet_distance(gaussian(x), gaussian(y)) == pytest.approx(oracle(x[::1], y), rel=1e-9)


def test_bias_of_equal_standard_gaussians() -> None:
    """E = D(D + 5)/4 · (1/N + 1/M) to first order, of which D (1/N + 1/M) is the means' part."""
    dimensions, n, m = 20, 4000, 6000
    values = [compute(rng(i).normal(size=(n, dimensions)), rng(i + 99).normal(size=(m, dimensions))) for i in range(12)]
    expected = dimensions * (dimensions + 5) / 4 * (1 / n + 1 / m)
    assert np.mean(values) == pytest.approx(expected, rel=0.05)
    assert np.std(values) < 0.2 * expected


def test_floor_is_the_bias_for_gaussian_features() -> None:
    pool = Features(rng().normal(size=(4000, 10)), labels=np.arange(4000) % 5)
    values = fid.floor(pool, resplits=8, rng=rng(1))
    assert len(values) == 8
    assert np.mean(values) == pytest.approx(10 * 15 / 4 * 2 / 2000, rel=0.2)


def test_floor_of_fewer_images_than_dimensions_is_what_a_perfect_model_scores() -> None:
    """With a class of a single image, too; sets of fewer images would score too little, for 1/N does not hold here."""
    pool = Features(rng().normal(size=(200, 300)), labels=np.repeat([0, 1, 2], (1, 20, 179)))
    sets = np.random.default_rng(1).normal(size=(8, 2, 100, 300))
    perfect = np.mean([frechet_distance(gaussian(one), gaussian(other)) for one, other in sets])
    assert np.mean(fid.floor(pool, resplits=8, rng=rng(2))) == pytest.approx(perfect, rel=0.05)


@pytest.mark.parametrize(("counts", "least"), [((40, 20, 10), 4 / 7 / 35), ((400, 200, 100), 4 / 7 / 350)])
def test_floor_is_of_classes_drawn_independently(counts: tuple[int, ...], least: float) -> None:
    """Features that are the class alone: of N independent draws the squared distance of means is (1 − Σ p²) / N."""
    labels = np.repeat([0, 1, 2], counts)
    mean = np.mean(fid.floor(Features(np.eye(3)[labels], labels=labels), resplits=400, rng=rng()))
    assert mean >= least
    if len(labels) < 100:  # the bias of so few images falls only roughly as 1/N
        return
    n, shares = len(labels) // 2, np.array([4, 2, 1]) / 7
    whole, draws = gaussian(np.repeat(np.eye(3), np.array(counts) // 2, axis=0)), rng(1).multinomial(n, shares, 400)
    drawn = [frechet_distance(whole, gaussian(np.repeat(np.eye(3), count, axis=0))) for count in draws]
    assert mean == pytest.approx(np.mean(drawn), rel=0.12)


def test_floor_of_digits_is_what_a_perfect_model_scores(tmp_path: Path) -> None:
    """Two halves with the same number of each class would score 43."""
    counts: dict[str, int | float] = {"train": 897, "validation": 180, "reference": 360, "held_out": 360}
    splits = split(digits.load(source=Path(), size=None), counts, numpy_rng(0, "split"))  # as params.yaml has them
    parts = [splits[name] for name in ("reference", "held_out")]
    images = Images(*(np.concatenate([getattr(part, key) for part in parts]) for key in ("pixels", "labels")))
    about = About(dataset="digits", shape=(1, 8, 8), classes=tuple("0123456789"), levels=17, counts={})
    classifier.obtain(
        tmp_path, {"held_out": images}, about, weights="committed", features=64, steps=1, batch=1, lr=0.1, seed=0
    )
    pool = extract(classifier.load(tmp_path), images, name="classifier", dataset="digits", split="all", source="all")
    assert np.mean(fid.floor(pool, resplits=200, rng=rng())) == pytest.approx(50, abs=3)


@pytest.mark.parametrize("counts", [(72,) * 10, (40, 20, 10), (3, 3, 3), (2, 60), (7,)])
def test_floor_sets_are_disjoint_and_one_is_stratified(counts: tuple[int, ...]) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    for seed in range(20):
        real, drawn = fid._sets(labels, rng(seed))
        assert len(real) == len(drawn) >= max(2, len(labels) // 4)
        assert len({*real, *drawn}) == 2 * len(real)
        expected = np.array(counts) * len(real) / len(labels)
        assert np.abs(np.bincount(labels[real], minlength=len(counts)) - expected).max() < 1


def test_floor_numbers_of_a_class_vary_as_those_of_independent_draws() -> None:
    labels = np.repeat(np.arange(10), 72)
    counts = np.array([np.bincount(labels[fid._sets(labels, rng(seed))[1]], minlength=10) for seed in range(300)])
    m = counts[0].sum()
    assert counts.mean() == m / 10
    assert counts.var(axis=0).mean() == pytest.approx(m * 0.1 * 0.9, rel=0.1)


def test_floor_refuses() -> None:
    with pytest.raises(InputError, match="at least 1 resplit, got 0"):
        fid.floor(Features(np.zeros((9, 2))), resplits=0, rng=rng())
    with pytest.raises(InputError, match="at least 4 images, got 3"):
        fid.floor(Features(np.zeros((3, 2))), resplits=1, rng=rng())


def test_refuses() -> None:
    good = Features(np.zeros((5, 3)))
    with pytest.raises(TypeError, match="positional"):
        fid.compute(good, good)  # type: ignore[call-arg]


@pytest.mark.parametrize("device", ["numpy", *TORCH])
@pytest.mark.parametrize("decades", [0, 2, 4, 6])
def test_error_of_the_fast_form_is_not_underestimated(decades: int, device: str) -> None:
    scale = np.logspace(0, -decades, 40)
    a, b = gaussian(rng(1).normal(size=(300, 40)) * scale), gaussian(rng(2).normal(size=(300, 40)) * scale[::-1])
    assert a.cholesky is not None
    values = algebra(device).congruent(b.lower, a.cholesky)
    difference = np.sqrt(values).sum() - linalg.svdvals(a.root @ b.root.T).sum()
    assert abs(difference) <= gaussians._error(values, a.norm * b.norm) + 1e-14 * (a.trace + b.trace)


@pytest.mark.parametrize("device", ["numpy", *TORCH])
@pytest.mark.parametrize("decades", [0, 2, 4, 6])
def test_error_of_the_fast_form_of_few_rows_is_not_underestimated(decades: int, device: str) -> None:
    scale = np.logspace(0, -decades, 40)
    a, b = gaussian(rng(1).normal(size=(30, 40)) * scale), gaussian(rng(2).normal(size=(30, 40)) * scale[::-1])
    product = a.root @ b.root.T
    values = algebra(device).squares(product)
    difference = np.sqrt(values).sum() - linalg.svdvals(product).sum()
    assert abs(difference) <= gaussians._error(values, float(np.sum(product**2))) + 1e-14 * (a.trace + b.trace)


@pytest.mark.parametrize("n", [2, 3, 39, 40, 41, 300])
def test_a_root_has_no_more_rows_than_the_covariance_has_rank(n: int) -> None:
    fitted = gaussian(rng(n).normal(size=(n, 40)) + 5)
    assert fitted.root.shape == (min(n - 1, 40), 40)
    np.testing.assert_allclose(fitted.root.T @ fitted.root, fitted.covariance, atol=1e-12)
    np.testing.assert_allclose(fitted.covariance, np.cov(fitted.vectors.T), atol=1e-12)
    assert fitted.norm == pytest.approx(float(np.linalg.norm(fitted.covariance)), rel=1e-12)
