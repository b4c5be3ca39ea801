"""Truths against teachers so small that every number can be computed by listing all images."""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import rel_entr

from genbench.data.features import FeatureProtocol, Features
from genbench.data.images import Images
from genbench.data.teachers import Entropy, Teacher, mixture, of
from genbench.errors import InputError
from genbench.evaluation.scores import evaluate
from genbench.find import find
from genbench.metrics import GIVEN, NotGivenError, stein_discrepancy
from genbench.options import checked
from genbench.pipeline import params
from genbench.pipeline.check import check
from genbench.pipeline.fingerprint import fingerprints
from tests.support.clone import ROOT
from tests.support.teachers import SHARES, every_image, tiny, truths

TRUTHS = ("asked_class", "divergence_bounds", "known_classes", "stein_discrepancy", "surprise")
every_kind = pytest.mark.parametrize("kind", ["autoregressive", "mixture"])


def known(kind: str) -> Teacher:
    """Make a tiny teacher whose entropy is the exact one."""
    teacher = tiny(kind)
    nats = teacher.log_probability(every_image())
    teacher.entropy = Entropy(float(-(np.exp(nats) * nats).sum()), 0.0)
    return teacher


def pixels(images: np.ndarray, labels: np.ndarray | None = None) -> Features:
    vectors = (images.reshape(len(images), -1) / 255).astype(np.float32)
    return Features(vectors, labels=labels, protocol=FeatureProtocol(extractor="pixels"))


def truth(name: str, teacher: Teacher, fake: Images, seed: int = 0, **options: Any) -> dict[str, float]:
    """Compute one truth of images, of whatever it names."""
    compute = find("metrics", name).compute
    real = teacher.sample(len(fake), np.random.default_rng(seed + 1000)).pixels
    there = {"real": pixels(real), "teacher": teacher, "rng": np.random.default_rng(seed)}
    given = {key: value for key, value in there.items() if key in inspect.signature(compute).parameters}
    options = getattr(find("metrics", name), "DEFAULTS", {}) | options
    values: dict[str, float] = compute(fake=pixels(fake.pixels, fake.labels), **given, **options)
    return values


def spoilt(teacher: Teacher, how: str) -> np.ndarray:
    """Give the probabilities of all images, (81,), of the teacher with one thing wrong."""
    probs = np.exp(teacher.log_probability(every_image()))
    if how == "temperature":
        return probs**1.5 / (probs**1.5).sum()
    if how == "a dropped class":
        joint = np.exp(teacher.log_joint(every_image()))
        return joint[:, 1:].sum(axis=1) / SHARES[1:].sum()
    return 0.7 * probs + 0.3 / 81


def drawn(probs: np.ndarray, n: int) -> Images:
    index = np.random.default_rng(3).choice(81, size=n, p=probs / probs.sum())
    return Images(every_image()[index], np.full(n, -1))


every_spoiling = pytest.mark.parametrize("how", ["temperature", "a dropped class", "mixed-in noise"])


@every_kind
@every_spoiling
def test_a_spoilt_teacher_has_the_surprise_and_the_classes_that_are_exact(kind: str, how: str) -> None:
    teacher = known(kind)
    probs, nats, posterior = (
        spoilt(teacher, how),
        teacher.log_probability(every_image()),
        teacher.posterior(every_image()),
    )
    images = drawn(probs, 4000)
    found = truth("surprise", teacher, images) | truth("known_classes", teacher, images)
    surprise = (-(probs * nats).sum() - teacher.entropy.value) / (4 * math.log(2))
    assert abs(found["surprise"] - surprise) < 3 * found["surprise_se"]
    assert surprise < -0.03 if how == "temperature" else True
    tv = np.abs(probs @ posterior - SHARES).sum() / 2
    assert abs(found["known_class_tv"] - tv) < 3 * found["known_class_tv_se"] + found["known_class_tv_null"]
    sharp = math.exp((probs @ (posterior * np.log(posterior))).sum())
    assert found["known_sharpness"] == pytest.approx(sharp, abs=0.02)
    shares = probs @ posterior
    assert found["known_diversity"] == pytest.approx(math.exp(-(shares * np.log(shares)).sum()), abs=0.05)


@every_kind
@every_spoiling
def test_bounds_are_below_the_divergences_and_find_much_of_them(kind: str, how: str) -> None:
    teacher = known(kind)
    q, p = spoilt(teacher, how), np.exp(teacher.log_probability(every_image()))
    tv, middle = np.abs(p - q).sum() / 2, (p + q) / 2
    js = (rel_entr(p, middle).sum() + rel_entr(q, middle).sum()) / (2 * math.log(2))
    found = truth("divergence_bounds", teacher, drawn(q, 4000))
    assert js / 2 < found["js_bound"] < js + 3 * found["js_bound_se"]
    assert tv / 2 < found["tv_bound"] < tv + 3 * found["tv_bound_se"]


@every_kind
@every_spoiling
def test_the_stein_discrepancy_of_a_spoilt_teacher_is_the_exact_one(kind: str, how: str) -> None:
    teacher = known(kind)
    probs = spoilt(teacher, how)
    exact = probs @ stein_discrepancy.stein_kernel(teacher, every_image(), scale=3.0) @ probs
    kernel = stein_discrepancy.stein_kernel(teacher, drawn(probs, 400).pixels, scale=3.0)
    found = stein_discrepancy.u_statistic(kernel)
    assert exact > 0
    assert abs(found.value - exact) < 3 * found.error


@every_kind
def test_the_stein_operator_has_no_mean_under_the_teacher(kind: str) -> None:
    teacher = known(kind)
    kernel = stein_discrepancy.stein_kernel(teacher, every_image(), scale=3.0)
    probs = np.exp(teacher.log_probability(every_image()))
    np.testing.assert_allclose(kernel @ probs, 0, atol=1e-14)
    np.testing.assert_allclose(kernel, kernel.T, atol=1e-12)
    assert np.linalg.eigvalsh(kernel)[0] > -1e-10, "a kernel, so that no distribution has less than 0"


@every_kind
def test_the_teacher_itself_is_told_from_the_truth_no_more_often_than_by_chance(kind: str) -> None:
    teacher = known(kind)
    posterior = teacher.posterior(every_image())
    asked = float(np.exp(teacher.log_probability(every_image())) @ (posterior**2).sum(axis=1))
    assert share_far(teacher, n=300, asked=asked) <= 0.1


def test_so_it_is_with_a_teacher_of_digits() -> None:
    teacher = mixture.load()
    asked = (teacher.posterior(teacher.sample(3000, np.random.default_rng(99)).pixels) ** 2).sum(axis=1)
    assert share_far(teacher, n=300, asked=float(asked.mean()), images=20) <= 0.1


def share_far(teacher: Teacher, *, n: int, asked: float, **stein: int) -> float:
    """Give the share of truth × draw, over 20 draws of n images of the teacher, that is beyond two standard errors."""
    far = []
    for seed in range(20):
        fake = teacher.sample(n, np.random.default_rng(seed))
        found: dict[str, float] = {}
        for name in TRUTHS:
            found |= truth(name, teacher, fake, seed, **(stein if name == "stein_discrepancy" else {}))
        null = {"surprise": 0.0, "asked_class": asked, "js_bound": 0.0, "tv_bound": 0.0, "stein_discrepancy": 0.0}
        null["known_class_tv"] = found["known_class_tv_null"]
        far.append([abs(found[key] - value) > 2 * found[f"{key}_se"] + 1e-9 for key, value in null.items()])
    print(teacher.name, dict(zip(null, np.mean(far, axis=0).tolist(), strict=True)))
    return float(np.mean(far))


@every_kind
def test_the_null_of_class_shares_is_their_mean_under_the_teacher(kind: str) -> None:
    teacher = known(kind)
    found = [
        truth("known_classes", teacher, teacher.sample(100, np.random.default_rng(seed)), seed) for seed in range(100)
    ]
    values = np.array([each["known_class_tv"] for each in found])
    null = np.mean([each["known_class_tv_null"] for each in found])
    assert abs(values.mean() - null) < 3 * values.std() / 10


@every_kind
def test_labels_that_were_not_obeyed_lower_the_share_of_the_asked_class(kind: str) -> None:
    teacher = known(kind)
    images = teacher.sample(3000, np.random.default_rng(0))
    found = truth("asked_class", teacher, Images(images.pixels, (images.labels + 1) % 3))
    joint, posterior = np.exp(teacher.log_joint(every_image())), teacher.posterior(every_image())
    exact = (joint * np.roll(posterior, -1, axis=1)).sum()
    assert abs(found["asked_class"] - exact) < 3 * found["asked_class_se"]
    with pytest.raises(NotGivenError, match=r"^asked_class: needs the class .* fake has unknown ones$"):
        truth("asked_class", teacher, Images(images.pixels, np.full(3000, -1)))


def test_a_class_is_the_one_that_its_name_says() -> None:
    teacher = known("mixture")
    images = teacher.sample(300, np.random.default_rng(0))
    expected = truth("asked_class", teacher, images)
    turned = replace(pixels(images.pixels, 2 - images.labels), classes=("2", "1", "0"))
    compute = find("metrics", "asked_class").compute
    assert compute(fake=turned, teacher=teacher) == expected
    for labels, classes, has in (
        (None, (), "unknown ones"),
        (images.labels - 1, ("0", "1", "2"), "unknown ones"),
        (images.labels + 1, (), "the class 3"),
        (images.labels, ("0", "cat", "2"), "the class cat"),
    ):
        strange = replace(pixels(images.pixels, labels), classes=classes)
        with pytest.raises(NotGivenError, match=f"^asked_class: needs the class .*, 0 to 2; fake has {has}$"):
            compute(fake=strange, teacher=teacher)


def test_each_truth_is_tested() -> None:
    assert truths() == sorted(TRUTHS)


@pytest.mark.parametrize("name", TRUTHS)
def test_a_truth_of_a_dataset_that_has_none_is_refused(name: str) -> None:
    options = getattr(find("metrics", name), "DEFAULTS", {})
    for dataset, said in (("digits", "digits"), ("", "no dataset")):
        side = Features(np.zeros((3, 64), np.float32), protocol=FeatureProtocol("pixels", dataset=dataset))
        with pytest.raises(InputError, match=rf"\(known_digits, known_digits_mixture\), got those of {said}$"):
            evaluate(real=side, fake=side, metrics={name: options})
    assert of("digits") is None


def test_a_truth_of_digits_is_refused_before_anything_is_trained() -> None:
    given = params.load(ROOT / "params.yaml").model_copy(update={"metrics": {"surprise": {}}, "enabled": []})
    with pytest.raises(InputError, match=r"^metrics.surprise: needs images of a dataset .*, got those of digits$"):
        check(given)
    check(given.model_copy(update={"dataset": "known_digits", "extractors": ["pixels"]}))


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"split": {"train": 0.5}}, "data.split.train: expected a number of images to draw, 1 to 1000000, got 0.5"),
        ({"split": {"train": 10**9}}, "data.split.train: expected a number of images to draw, .*, got 1000000000"),
        ({"pixels": 16}, "data.pixels: expected 8, .*; got 16"),
        ({"channels": 3}, "data.channels: expected 1, .*; got 3"),
        ({"split": {"reference": 1}}, "data.split.reference: expected at least 2 images, .*, got 1"),
        (
            {"split": {"reference": 59}},
            r"metrics.divergence_bounds: needs at least 60 images in the split reference \(data.split\), got 59",
        ),
    ],
)
def test_what_preparing_and_truths_would_refuse_is_refused_before(changed: dict[str, Any], refused: str) -> None:
    given = params.load(ROOT / "params.yaml")
    data = given.data.model_copy(update={**changed, "split": given.data.split | changed.get("split", {})})
    update = {"dataset": "known_digits", "data": data, "metrics": {"divergence_bounds": {}}, "enabled": []}
    with pytest.raises(InputError, match=f"^{refused}$"):
        check(given.model_copy(update=update | {"extractors": ["pixels"]}))


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("wrong", ["half a level", "other features"])
def test_a_truth_needs_the_pixels(name: str, wrong: str) -> None:
    teacher, labels = known("mixture"), np.zeros(100, np.int64)
    vectors = np.full((100, 4), 0.3, np.float32) if wrong == "half a level" else np.zeros((100, 5), np.float32)
    side = Features(vectors, labels=labels, protocol=FeatureProtocol(extractor="classifier"))
    compute, options = find("metrics", name).compute, getattr(find("metrics", name), "DEFAULTS", {})
    there = {"real": side, "fake": side, "teacher": teacher, "rng": np.random.default_rng(0), **options}
    given = {key: value for key, value in there.items() if key in inspect.signature(compute).parameters}
    with pytest.raises(NotGivenError, match=rf"^{name}: needs the 4 pixels of each image, .*\(extractor classifier\)$"):
        compute(**given)


def test_a_truth_is_computed_again_where_its_teacher_changes() -> None:
    changed = {"dataset": "known_digits_mixture", "metrics": {"surprise": {}, "fid": {}}, "runs": {}, "enabled": []}
    given = params.load(ROOT / "params.yaml").model_copy(update=changed)
    code = fingerprints(ROOT, given)["metrics.json"]
    weights = "genbench/data/teachers/mixture.safetensors"
    assert {weights, "genbench.data.teachers.mixture"} <= code["genbench.metrics.surprise"].keys()
    assert weights not in code["genbench.metrics.fid"]


def test_too_few_and_too_many_images_are_refused() -> None:
    teacher = known("mixture")
    with pytest.raises(InputError, match=r"^divergence_bounds: needs at least 60 images of each kind, got 59$"):
        truth("divergence_bounds", teacher, teacher.sample(59, np.random.default_rng(0)))
    for images, bound in ((501, "less than or equal to 500"), (2, "greater than or equal to 3")):
        with pytest.raises(InputError, match=rf"^metrics.stein_discrepancy.images: should be {bound}, got {images}$"):
            checked(stein_discrepancy.compute, {"images": images}, "metrics.stein_discrepancy", given=GIVEN)
    with pytest.raises(InputError, match=r"^stein_discrepancy: needs at least 3 images, fake has 2$"):
        truth("stein_discrepancy", teacher, teacher.sample(2, np.random.default_rng(0)))
