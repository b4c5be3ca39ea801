"""Teachers are what they say: of tiny ones every image is listed, of the committed ones the numbers are the stated."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from genbench.data import teachers
from genbench.data.datasets import digits
from genbench.data.teachers import Teacher, _fit, autoregressive, mixture, read_weights
from genbench.errors import InputError
from genbench.find import find, members
from tests.support.teachers import SHAPE, every_image, place_of, tiny

KINDS = ("autoregressive", "mixture")
every_kind = pytest.mark.parametrize("kind", KINDS)
#: Bits per dimension of the digits that each committed teacher was fitted to.
BITS = {"autoregressive": 1.5354, "mixture": 1.636}


def committed(kind: str) -> Teacher:
    teacher: Teacher = find("teachers", kind).load()
    return teacher


def test_each_teacher_is_tested() -> None:
    assert members("teachers") == sorted(KINDS)


@every_kind
def test_probabilities_sum_to_one_over_all_images(kind: str) -> None:
    teacher, images = tiny(kind), every_image()
    assert np.exp(teacher.log_probability(images)).sum() == pytest.approx(1, abs=1e-12)
    for label in range(len(teacher.shares)):
        given = teacher.log_probability(images, np.full(len(images), label))
        assert np.exp(given).sum() == pytest.approx(1, abs=1e-12)


@every_kind
def test_samples_are_as_frequent_as_they_are_probable(kind: str) -> None:
    """Pearson's χ² of 20,000 draws over all pairs of class and image that expect 5 of them, the others together."""
    teacher, n = tiny(kind), 20_000
    drawn = teacher.sample(n, np.random.default_rng(0))
    expected = n * np.exp(teacher.log_joint(every_image())).T.ravel()
    found = np.bincount(drawn.labels * 81 + place_of(drawn.pixels), minlength=len(expected))
    many = expected >= 5
    expected, found = (np.append(counts[many], counts[~many].sum()) for counts in (expected, found))
    assert ((found - expected) ** 2 / expected).sum() < chi2.ppf(0.999, len(expected) - 1)


@every_kind
def test_entropy_by_samples_is_the_exact_one(kind: str) -> None:
    teacher = tiny(kind)
    nats = teacher.log_probability(every_image())
    exact = -(np.exp(nats) * nats).sum()
    z = [(found.value - exact) / found.error for seed in range(20) if (found := estimate(teacher, seed)).error > 0]
    assert len(z) == 20
    assert np.mean(np.abs(z) > 2) <= 0.1


def estimate(teacher: Teacher, seed: int) -> teachers.Entropy:
    return teacher.estimate_entropy(2000, np.random.default_rng(seed))


@every_kind
def test_the_posterior_is_that_of_bayes(kind: str) -> None:
    teacher, images = tiny(kind), every_image()
    given = [np.exp(teacher.log_probability(images, np.full(81, label))) for label in range(3)]
    joint = np.stack(given, axis=1) * teacher.shares
    found = teacher.posterior(images)
    np.testing.assert_allclose(found, joint / joint.sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)


def test_log_p_of_many_images_is_computed_once_and_the_same() -> None:
    class Counted(mixture.Mixture):
        images = 0

        def log_conditional(self, index: np.ndarray) -> np.ndarray:
            self.images += len(index)
            return super().log_conditional(index)

    arrays = read_weights(mixture.WEIGHTS, mixture.SHA256)
    templates = arrays["templates"].astype(np.float64)
    teacher = Counted(templates, arrays["weights"], arrays["classes"], mixture.SHAPE, mixture.LEVELS)
    sets = [teacher.sample(300, np.random.default_rng(seed)).pixels for seed in range(2)]
    joint = [teacher.log_joint(images) for images in sets]
    joint[0][:] = 0
    for images in sets:
        parts = np.concatenate([teacher.log_joint(images[:250]), teacher.log_joint(images[250:])])
        before = teacher.images
        assert teacher.log_joint(images).tobytes() == parts.tobytes()
        assert teacher.posterior(images).tobytes() == teachers.posterior(parts).tobytes()
        assert teacher.images == before


@every_kind
def test_kin_are_models(kind: str) -> None:
    assert set(committed(kind).kin) <= set(members("models"))


@every_kind
def test_classes_asked_for_are_drawn(kind: str) -> None:
    teacher, labels = tiny(kind), np.repeat([2, 0], [3000, 3000])
    drawn = teacher.sample(6000, np.random.default_rng(0), labels)
    assert (drawn.labels == labels).all()
    for label, part in ((2, drawn[:3000]), (0, drawn[3000:])):
        probs = np.exp(teacher.log_probability(every_image(), np.full(81, label)))
        shares = np.bincount(place_of(part.pixels), minlength=81) / 3000
        assert np.abs(shares - probs).max() < 4 * math.sqrt(0.25 / 3000)


@every_kind
def test_a_seed_gives_the_same_images_in_parts_of_any_size(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    teacher = committed(kind)
    whole = teacher.sample(40, np.random.default_rng(3))
    nats = teacher.log_probability(whole.pixels)
    for module in (teachers, autoregressive, mixture):
        monkeypatch.setattr(module, "BATCH", 7)
    again = teacher.sample(40, np.random.default_rng(3))
    assert again.pixels.tobytes() == whole.pixels.tobytes()
    assert again.labels.tobytes() == whole.labels.tobytes()
    np.testing.assert_allclose(teacher.log_probability(whole.pixels), nats, rtol=1e-12)


@every_kind
def test_every_image_is_possible(kind: str) -> None:
    teacher = committed(kind)
    pixels = teachers.values(17)[np.random.default_rng(0).integers(17, size=(20, 1, 8, 8))]
    nats = teacher.log_probability(pixels)
    assert np.isfinite(nats).all()
    assert (nats >= 64 * math.log(teachers.NOISE / 17)).all()


def test_a_pixel_sees_those_before_it_and_no_others() -> None:
    for place, seen in enumerate(autoregressive.before((1, 3, 4))):
        assert sorted(seen[seen < 12]) == list(range(place)), "the window is wide enough for all of them"
        assert set(seen[seen >= 12]) <= {12}


@every_kind
def test_images_that_are_none_of_the_teachers_are_refused(kind: str) -> None:
    teacher = tiny(kind)
    with pytest.raises(InputError, match=rf"^teacher {kind}: expected pixels on 3 grey levels, .* got the value 77$"):
        teacher.log_probability(np.full((1, *SHAPE), 77, np.uint8))
    with pytest.raises(InputError, match=rf"^teacher {kind}: expected uint8 images of \(1, 2, 2\), got float64"):
        teacher.posterior(np.zeros((1, *SHAPE)))
    with pytest.raises(InputError, match=rf"^teacher {kind}: expected labels from 0 to 2$"):
        teacher.log_probability(every_image(), np.full(81, -1))
    with pytest.raises(InputError, match=r"got uint8 \(1, 8, 8\)$"):
        teacher.posterior(np.zeros((1, 1, 8, 8), np.uint8))


def test_no_images_have_no_probabilities() -> None:
    for kind in KINDS:
        assert tiny(kind).log_probability(np.empty((0, *SHAPE), np.uint8)).shape == (0,)
        assert tiny(kind).sample(0, np.random.default_rng(0)).pixels.shape == (0, *SHAPE)


@every_kind
def test_other_weights_are_refused(kind: str, tmp_path: Path) -> None:
    module = find("teachers", kind)
    changed = bytearray(module.WEIGHTS.read_bytes())
    changed[-1] ^= 1
    path = tmp_path / module.WEIGHTS.name
    path.write_bytes(changed)
    with pytest.raises(InputError, match=rf"^{path}: expected the weights of SHA-256 {module.SHA256}, got [0-9a-f]+$"):
        read_weights(path, module.SHA256)
    with pytest.raises(InputError, match=r"none: no such file$"):
        read_weights(tmp_path / "none", module.SHA256)


@every_kind
def test_committed_weights_are_small_and_their_entropy_is_the_stated(kind: str) -> None:
    assert find("teachers", kind).WEIGHTS.stat().st_size < 1_000_000
    teacher = committed(kind)
    assert teacher.entropy.error < 0.1
    found = estimate_with(teacher, 1000)
    assert abs(found.value - teacher.entropy.value) < 4 * math.hypot(found.error, teacher.entropy.error)


def estimate_with(teacher: Teacher, n: int) -> teachers.Entropy:
    return teacher.estimate_entropy(n, np.random.default_rng(12))


@every_kind
def test_samples_are_digits_but_none_of_those_that_it_was_fitted_to(kind: str) -> None:
    teacher, images = committed(kind), digits.load(source=Path(), size=None).images
    bits = -teacher.log_probability(images.pixels).mean() / (64 * math.log(2))
    assert bits == pytest.approx(BITS[kind], abs=5e-4)
    known = {image.tobytes() for image in images.pixels}
    drawn = teacher.sample(500, np.random.default_rng(5))
    assert sum(image.tobytes() in known for image in drawn.pixels) == 0
    assert (teacher.posterior(drawn.pixels).argmax(axis=1) == drawn.labels).mean() > 0.9


def test_the_network_learns_digits() -> None:
    images = digits.load(source=Path(), size=None).images[:200]
    fit = _fit.Fit(images, width=8)
    before, _ = _fit.bits(fit.teacher(), images)
    fit.run(40)
    after, error = _fit.bits(fit.teacher(), images)
    assert before == pytest.approx(math.log2(17), abs=0.2)
    assert after < before - 0.5
    assert 0 < error < 0.1


def test_the_templates_learn_digits() -> None:
    images = digits.load(source=Path(), size=None).images[:200]
    few, many = (_fit.bits(mixture.build(_fit.templates(images, number, 0.2)), images)[0] for number in (1, 8))
    assert many < few - 0.2
    assert few < math.log2(17)
