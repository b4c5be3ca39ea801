"""The Vendi score where it is known: equal, orthogonal and grouped vectors, and its definition written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from genbench.data.features import Features
from genbench.metrics import vendi


def score(vectors: np.ndarray) -> float:
    return vendi.compute(fake=Features(vectors))["vendi"]


def test_equal_directions_count_once() -> None:
    direction = np.random.default_rng(0).normal(size=5)
    assert score(np.outer([1.0, 2.0, 1e-30, 1e30], direction)) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize(("n", "dimensions"), [(4, 4), (4, 9), (9, 12)])
def test_orthogonal_images_count_each(n: int, dimensions: int) -> None:
    assert score(3 * np.eye(n, dimensions)) == pytest.approx(n, rel=1e-12)


def test_groups_count_by_the_entropy_of_their_shares() -> None:
    """Copies of orthogonal vectors: exp of Shannon's entropy of the shares."""
    shares = np.array([0.5, 0.3, 0.2])
    vectors = np.repeat(np.eye(3), [50, 30, 20], axis=0)
    assert score(vectors) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-12)


def test_two_images_at_an_angle() -> None:
    """Eigenvalues (1 ± cos α) / 2."""
    cosine = np.cos(0.7)
    p = np.array([1 + cosine, 1 - cosine]) / 2
    assert score(np.array([[1, 0], [np.cos(0.7), np.sin(0.7)]])) == pytest.approx(np.exp(-(p * np.log(p)).sum()))


def test_zeros_are_a_direction_of_their_own() -> None:
    assert score(np.zeros((7, 3))) == 1
    assert score(np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])) == pytest.approx(2, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 12), st.integers(1, 12), st.integers(0, 999))
def test_against_the_definition(n: int, dimensions: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(n, dimensions))
    cosines = [[a @ b / np.sqrt((a @ a) * (b @ b)) for a in vectors] for b in vectors]
    eigenvalues = np.linalg.eigvalsh(np.array(cosines) / n)
    p = eigenvalues[eigenvalues > 1e-14]
    assert score(vectors) == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-9)
    assert 1 - 1e-9 <= score(vectors) <= min(n, dimensions) + 1e-9


def test_blocks_of_rows_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 6))
    whole = score(vectors)
    monkeypatch.setattr(vendi, "ROWS", 7)
    assert score(vectors) == pytest.approx(whole, rel=1e-12)


def test_noise_scores_above_images() -> None:
    """Its known failure: it never looks at what is real."""
    rng = np.random.default_rng(0)
    images = rng.normal(size=(10, 30))[rng.integers(10, size=200)] + 0.1 * rng.normal(size=(200, 30))
    assert score(rng.normal(size=(200, 30))) > 2 * score(images)
