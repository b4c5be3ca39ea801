"""Scores of pairs: closed forms, the truth and chance, and the values of another implementation."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest

from genbench.errors import InputError
from genbench.metrics.twins.features import class_kept, perceptual_distance, twin_found
from genbench.metrics.twins.images import cycle_error, mean_absolute_error, psnr, ssim

MOST = 10 * math.log10(255**2 * 12)  # dB of equal images


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def images(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(256, size=shape, dtype=np.uint8)


def flat(value: int) -> np.ndarray:
    return np.full((1, 3, 16, 16), value, np.uint8)


def test_equal_images_have_the_best_scores(rng: np.random.Generator) -> None:
    same = images(rng, 300, 3, 12, 12)
    assert not mean_absolute_error(same, same).any()
    assert np.allclose(psnr(same, same), MOST)
    assert np.allclose(ssim(same, same), 1)


def test_black_against_white_has_the_worst_scores() -> None:
    assert mean_absolute_error(flat(0), flat(255)) == [1]
    assert psnr(flat(0), flat(255)) == [0]


@pytest.mark.parametrize(("a", "b"), [(0, 255), (100, 110), (7, 8)])
def test_scores_of_constant_images_follow_from_formulas(a: int, b: int) -> None:
    """Without variance SSIM is its first factor."""
    stability = (0.01 * 255) ** 2
    assert mean_absolute_error(flat(a), flat(b)) == pytest.approx([abs(a - b) / 255])
    assert psnr(flat(a), flat(b)) == pytest.approx([20 * math.log10(255 / abs(a - b))])
    assert ssim(flat(a), flat(b)) == pytest.approx([(2 * a * b + stability) / (a**2 + b**2 + stability)])


def test_scores_of_one_pixel_follow_from_formulas() -> None:
    target = np.zeros((1, 1, 4, 4), np.uint8)
    output = target.copy()
    output[0, 0, 1, 2] = 51
    assert mean_absolute_error(output, target) == pytest.approx([0.2 / 16])
    assert psnr(output, target) == pytest.approx([10 * math.log10(255**2 / (51**2 / 16))])


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (2, 1, 2, 2), (2, 3, 1, 1), (2, 1, 5, 20)], ids=str)
def test_ssim_of_an_image_of_one_window_is_by_hand(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    """The map is averaged over the places where the largest odd window fits, each computed from its patch alone."""
    x, y = images(rng, *shape), images(rng, *shape)
    side = min(shape[2:]) - 1 + min(shape[2:]) % 2
    places = np.arange(side) - side // 2
    weights = np.exp(-(places[:, None] ** 2 + places**2) / (2 * 1.5**2))
    weights /= weights.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    for n in range(shape[0]):
        values = []
        for c in range(shape[1]):
            for top in range(shape[2] - side + 1):
                for left in range(shape[3] - side + 1):
                    a, b = (z[n, c, top : top + side, left : left + side].astype(float) for z in (x, y))
                    p, q = (weights * a).sum(), (weights * b).sum()
                    v, w, r = (
                        (weights * (a - p) ** 2).sum(),
                        (weights * (b - q) ** 2).sum(),
                        (weights * (a - p) * (b - q)).sum(),
                    )
                    values.append((2 * p * q + c1) * (2 * r + c2) / ((p**2 + q**2 + c1) * (v + w + c2)))
        assert ssim(x, y)[n] == pytest.approx(np.mean(values))


def test_ssim_of_a_negative_is_below_zero(rng: np.random.Generator) -> None:
    board = (np.indices((16, 16)).sum(axis=0) % 2 * 200 + 27).astype(np.uint8)[None, None]
    assert ssim(255 - board, board)[0] < -0.9


def test_ssim_and_psnr_are_torchmetrics_s(rng: np.random.Generator) -> None:
    importlib.import_module("genbench.data.datasets._torchvision")  # torchmetrics imports torchvision
    pytest.importorskip("torchmetrics")
    import torch
    from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

    target = images(rng, 5, 3, 24, 20)
    noise = rng.normal(0, np.array([1, 5, 20, 50, 100])[:, None, None, None], target.shape)
    output = np.clip(np.rint(target + noise), 0, 255).astype(np.uint8)
    x, y = (torch.from_numpy(side.astype(np.float64)) for side in (output, target))
    _, theirs = structural_similarity_index_measure(x, y, data_range=255.0, reduction="none", return_full_image=True)
    within = theirs[..., 5:-5, 5:-5]  # it averages over places beyond which it mirrors the image, too
    assert np.allclose(ssim(output, target), within.mean(dim=(1, 2, 3)).numpy(), atol=1e-9)
    ratios = peak_signal_noise_ratio(x, y, data_range=255.0, dim=(1, 2, 3), reduction="none")
    assert np.allclose(psnr(output, target), ratios.numpy())


def test_the_cycle_of_inverses_has_no_error_and_of_one_way_has_its_own(rng: np.random.Generator) -> None:
    sources = images(rng, 4, 1, 8, 8)

    def invert(x: np.ndarray) -> np.ndarray:
        return 255 - x

    assert not cycle_error(sources, invert, invert).any()
    assert np.array_equal(cycle_error(sources, invert, np.copy), mean_absolute_error(255 - sources, sources))


# Features


def test_the_truth_finds_its_twins_and_chance_finds_one(rng: np.random.Generator) -> None:
    targets = rng.normal(size=(1100, 6)).astype(np.float32)
    assert (twin_found(targets, targets) == 1).all()
    order = rng.permutation(1100)
    assert np.array_equal(twin_found(targets[order], targets), order == np.arange(1100))
    constant = np.zeros_like(targets)
    assert twin_found(constant, targets).sum() == 1, "one target is the nearest to them all"


def test_equally_near_twins_share_a_find() -> None:
    targets = np.array([[0.0], [1.0], [1.0], [3.0], [3.0], [3.0]])
    assert np.allclose(twin_found(targets + 0.1, targets), [1, 1 / 2, 1 / 2, 1 / 3, 1 / 3, 1 / 3])
    assert twin_found(np.array([[1.0], [1.0]]), np.array([[0.0], [2.0]])).tolist() == [0.5, 0.5]


def test_twins_are_found_by_exact_distances(rng: np.random.Generator) -> None:
    """Far from the origin, where a plain product of float32 would leave nothing of the differences."""
    targets = (1000 + rng.normal(size=(60, 784)) * 1e-3).astype(np.float32)
    outputs = (targets + rng.normal(size=targets.shape) * 1e-2).astype(np.float32)
    distances = np.square(outputs[:, None].astype(np.float64) - targets[None]).sum(axis=2)
    expected = distances.argmin(axis=1) == np.arange(60)
    assert np.array_equal(twin_found(outputs, targets), expected)
    assert 0 < expected.mean() < 1


def test_the_perceptual_distance_has_its_three_marks(rng: np.random.Generator) -> None:
    """0 for equal images; 1 for the mean of the targets; 2 for targets in all orders."""
    targets: dict[str, np.ndarray] = {
        "a": rng.normal(5, 3, (20, 4)),
        "b": rng.normal(0, 0.1, (20, 7)).astype(np.float32),
    }
    assert not perceptual_distance(targets, targets).any()
    means = {name: np.broadcast_to(layer.mean(axis=0), layer.shape) for name, layer in targets.items()}
    assert perceptual_distance(means, targets).mean() == pytest.approx(1)
    turned = [{name: np.roll(layer, by, axis=0) for name, layer in targets.items()} for by in range(20)]
    assert np.mean([perceptual_distance(one, targets).mean() for one in turned]) == pytest.approx(2)


def test_the_perceptual_distance_does_not_see_scale_and_offset(rng: np.random.Generator) -> None:
    targets, outputs = rng.normal(size=(2, 10, 4))
    once = perceptual_distance({"a": outputs}, {"a": targets})
    assert perceptual_distance({"a": 7 * outputs + 2}, {"a": 7 * targets + 2}) == pytest.approx(once)


def test_a_class_is_kept_where_the_classifier_sees_it() -> None:
    assert class_kept(np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]), np.array([0, 0, 1])).tolist() == [
        True,
        False,
        True,
    ]


# Refused


@pytest.mark.parametrize("score", [mean_absolute_error, psnr, ssim], ids=lambda score: score.__name__)
@pytest.mark.parametrize("other", [(3, 1, 8, 8), (4, 3, 8, 8), (4, 1, 8, 9), (0, 1, 8, 8)], ids=str)
def test_images_without_twins_are_refused(score: object, other: tuple[int, ...]) -> None:
    assert callable(score)
    with pytest.raises(InputError, match="expected an output of the same shape for each target"):
        score(np.zeros(other, np.uint8), np.zeros((other[0] and 4, 1, 8, 8), np.uint8))


def test_features_without_twins_are_refused() -> None:
    two, three = np.eye(2), np.eye(3)
    with pytest.raises(InputError, match="twin retrieval: expected an output of the same shape"):
        twin_found(two, three)
    with pytest.raises(InputError, match="layer 'a': expected an output of the same shape"):
        perceptual_distance({"a": two}, {"a": three})
    with pytest.raises(InputError, match="layer of the outputs 'a' .*there is: b"):
        perceptual_distance({"b": two}, {"a": two})
    with pytest.raises(InputError, match="expected at least one layer, got none"):
        perceptual_distance({}, {})
    with pytest.raises(InputError, match="layer 'a' is the same for all targets"):
        perceptual_distance({"a": two}, {"a": np.ones((2, 2))})
    with pytest.raises(InputError, match="class kept: expected labels from 0 to 1, got -1 to 0"):
        class_kept(two, np.array([0, -1]))
    with pytest.raises(InputError, match=r"class kept: expected probabilities \(N, K\) and labels \(N,\)"):
        class_kept(two, np.zeros(3, np.int64))
