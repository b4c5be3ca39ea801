"""The study of the metrics: distortions of known size, twins of known distance, verdicts and orders written by hand."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from genbench.data.features import FeatureProtocol, Features
from genbench.data.images import Images
from genbench.errors import InputError
from genbench.find import find
from genbench.metrics import Column, fid_infinity, kid
from genbench.report.frames import csv
from laboratory.metrics import (
    agreement,
    claims,
    distort,
    distortions,
    figures,
    options,
    page,
    paths,
    sample_size,
    tables,
)
from laboratory.metrics.options import Options, Parts
from laboratory.metrics.twins import mean_kernel, truth, twin
from laboratory.metrics.verdicts import Response, Verdict, response
from tests.support.clone import Clone


def images(n: int = 300, seed: int = 0, side: int = 8, classes: int = 5) -> Images:
    rng = np.random.default_rng(seed)
    return Images(rng.integers(0, 256, (n, 1, side, side), dtype=np.uint8), rng.integers(0, classes, n))


def spoilt(kind: str, strength: float, source: Images | None = None, seed: int = 0) -> Images:
    rng = np.random.default_rng(seed)
    return distort.named(kind)(source or images(), strength, rng=rng, train=images(400, seed=9))


GREY = Images(np.full((200, 1, 8, 8), 128, np.uint8), np.zeros(200, np.int64))


@pytest.mark.parametrize("kind", distort.ALL)
def test_as_many_images_of_the_same_shape_in_their_order(kind: str) -> None:
    source = images()
    made = spoilt(kind, 2 if kind == "repeats" else 0.5, source)
    assert made.shape == source.shape
    assert made.pixels.dtype == np.uint8
    assert len(made) == (150 if kind == "dropped_modes" else len(source))
    np.testing.assert_array_equal(made.pixels, spoilt(kind, 2 if kind == "repeats" else 0.5, source).pixels)


def test_noise_has_its_standard_deviation_and_grows_in_place() -> None:
    weak, strong = (spoilt("noise", sd, GREY).pixels.astype(float) - 128 for sd in (5, 20))
    assert (weak.std(), strong.std()) == pytest.approx((5, 20), rel=0.03)
    assert np.corrcoef(weak.ravel(), strong.ravel())[0, 1] > 0.99


def test_blur_of_a_line_has_its_standard_deviation() -> None:
    pixels = np.zeros((1, 1, 33, 33), np.uint8)
    pixels[..., 16] = 255
    blurred = spoilt("blur", 1 / 33, Images(pixels, np.zeros(1, np.int64))).pixels[0, 0].astype(float)
    across = blurred.sum(axis=0) / blurred.sum()
    assert across @ (np.arange(33) - 16) ** 2 == pytest.approx(1, rel=0.05)
    np.testing.assert_array_equal(spoilt("blur", 0.5, GREY).pixels, GREY.pixels)


def test_shift_contrast_and_jpeg() -> None:
    source = images()
    np.testing.assert_array_equal(spoilt("shift", 0.25, source).pixels[..., 2:], source.pixels[..., :-2])
    assert (spoilt("contrast", 1, source).pixels.std(axis=(2, 3)) == 0).all()
    half = spoilt("contrast", 0.5, source).pixels.std(axis=(2, 3)) / source.pixels.std(axis=(2, 3))
    assert half == pytest.approx(np.full_like(half, 0.5), abs=0.01)
    good, bad = (np.abs(spoilt("jpeg", s, source).pixels.astype(float) - source.pixels).mean() for s in (5, 90))
    assert good < 0.2 * bad
    np.testing.assert_array_equal(spoilt("jpeg", 50, GREY).pixels, GREY.pixels)


def test_jpeg_of_colour() -> None:
    red = Images(np.zeros((3, 3, 16, 16), np.uint8), np.zeros(3, np.int64))
    red.pixels[:, 0] = 200
    assert np.abs(spoilt("jpeg", 10, red).pixels.astype(int) - red.pixels).max() <= 4


def test_dropped_classes_are_whole_and_more_of_them_include_the_fewer() -> None:
    source = images()
    left = [set(spoilt("dropped_classes", k, source).labels.tolist()) for k in (1, 3)]
    assert [len(one) for one in left] == [4, 2]
    assert left[1] < left[0]
    kept = spoilt("dropped_classes", 1, source)
    assert len(kept) == np.isin(source.labels, list(left[0])).sum()


def test_dropped_modes_is_one_of_two_clusters() -> None:
    modes = np.where(np.arange(40) % 2 == 0, 10, 240).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 10, (40, 1, 4, 4), dtype=np.uint8)
    source = Images(modes[:, None, None, None] + noise, np.repeat([0, 1], 20))
    made = spoilt("dropped_modes", 0.5, source)
    for label in (0, 1):
        mine = made.pixels[made.labels == label].mean(axis=(1, 2, 3))
        assert len(mine) == 10
        assert (mine < 128).all() or (mine > 128).all()


def test_repeats_copies_and_swapped_noise_have_their_shares() -> None:
    source, train = images(), images(400, seed=9)
    assert len(np.unique(spoilt("repeats", 10, source).pixels[:50], axis=0)) == 5
    few, many = (spoilt("copies", share, source) for share in (0.1, 0.4))
    known = {image.tobytes() for image in train.pixels}
    copied, copied_more = (np.array([image.tobytes() in known for image in one.pixels]) for one in (few, many))
    assert (copied.mean(), copied_more.mean()) == pytest.approx((0.1, 0.4), abs=0.002)
    assert copied_more[copied].all()
    np.testing.assert_array_equal(few.pixels[copied], many.pixels[copied])
    assert all(image.tobytes() in known for image in spoilt("copies", 1, source).pixels)
    swapped = (spoilt("swapped_noise", 0.25, GREY).pixels != 128).any(axis=(1, 2, 3))
    assert swapped.mean() == 0.25


def test_parts_are_disjoint_and_stratified() -> None:
    labels = np.repeat(np.arange(4), [40, 80, 120, 60])
    sizes = Parts(reference=100, source=150, held_out=50, fake=1)
    parts = distortions.dealt(labels, sizes, np.random.default_rng(0))
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(300))
    for name, size in (("reference", 100), ("source", 150), ("held_out", 50)):
        assert np.abs(np.bincount(labels[parts[name]]) - np.bincount(labels) * size / 300).max() <= 2
    with pytest.raises(InputError, match=r"300 \+ 1 \+ 1 are more than the 300 there are"):
        distortions.dealt(labels, Parts(reference=300, source=1, held_out=1, fake=1), np.random.default_rng(0))


def test_mean_kernel_by_quadrature() -> None:
    """Three nodes of Gauss and Hermite in each of four coordinates are exact for what is cubic in each."""
    rng = np.random.default_rng(0)
    a, b = (twin(rng.normal(size=(50, 2)) @ rng.normal(size=(2, 2)) + rng.normal(size=2)).fitted for _ in range(2))
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    weights /= weights.sum()
    total = 0.0
    for i in product(range(3), repeat=4):
        z = nodes[list(i)]
        x, y = a.mean + z[:2] @ a.root, b.mean + z[2:] @ b.root
        total += np.prod(weights[list(i)]) * (x @ y / 2 + 1) ** 3
    assert mean_kernel(a, b) == pytest.approx(total, rel=1e-12)


def test_many_draws_of_twins_come_to_their_truth() -> None:
    rng = np.random.default_rng(0)
    a, b = twin(rng.normal(size=(60, 6)) + 1), twin(1.3 * rng.normal(size=(60, 6)) + 1.2)
    expected = truth(a, b)
    real, fake = Features(a.draw(6000, rng)), Features(b.draw(6000, rng))
    found = kid.compute(real=real, fake=fake) | fid_infinity.compute(real=real, fake=fake, rng=rng, groups=5)
    assert found["kid"] == pytest.approx(expected["kid"], abs=4 * found["kid_se"])
    assert found["fid_infinity"] == pytest.approx(expected["fid"], abs=4 * found["fid_se"])
    assert truth(a, a) == pytest.approx({"fid": 0, "fid_infinity": 0, "kid": 0}, abs=1e-9)


def rows(**by_strength: list[float]) -> list[dict[str, Any]]:
    """s0=[...] are the repeats of untouched images, s5=[...] those at strength 5."""
    return [
        {"kind": "" if name == "s0" else "noise", "strength": float(name[1:]), "repeat": i, "metrics": {"x": value}}
        for name, values in by_strength.items()
        for i, value in enumerate(values)
    ]


def test_verdicts() -> None:
    lower, higher = Column(label="x", better="lower"), Column(label="x", better="higher")
    measured = rows(s0=[1, 2, 3], s5=[2.5, 4, 5], s10=[3.1, 4, 5], s20=[9, 9, 9])
    seen = response(measured, "noise", "x", lower)
    assert seen is not None
    assert (seen.verdicts, seen.seen, seen.overall) == (["same", "worse", "worse"], 10, "worse")
    assert (seen.means[0], seen.low[0], seen.high[0]) == (2, 1, 3)
    praised = response(measured, "noise", "x", higher)
    assert praised is not None
    assert (praised.verdicts, praised.seen, praised.overall) == (["same", "better", "better"], None, "better")
    undecided = response(rows(s0=[1, 2], s5=[3, 4], s10=[2, 5]), "noise", "x", lower)
    assert undecided is not None
    assert (undecided.seen, undecided.overall) == (None, "same")
    assert response(measured, "noise", "other", lower) is None


def test_verdicts_about_a_middle() -> None:
    """Copying is best at 1/2: further away is worse on either side."""
    column = Column(label="copying", better="none")
    for spoilt_values, verdict in (([0.1, 0.2], "worse"), ([0.8, 0.9], "worse"), ([0.5, 0.51], "better")):
        measured = [
            {"kind": kind, "strength": strength, "repeat": 0, "metrics": {"copying": value}}
            for kind, strength, values in (("", 0.0, [0.6, 0.62]), ("copies", 1.0, spoilt_values))
            for value in values
        ]
        found = response(measured, "copies", "copying", column)
        assert found is not None
        assert found.verdicts == [verdict]


def test_orders_written_by_hand() -> None:
    by_ruler = {"a": {"p": 1, "q": 2, "r": 3}, "b": {"p": 10, "q": 30, "r": 20}, "c": {"p": 3, "q": 2, "r": 1, "s": 0}}
    one, other, reverse = agreement.correlations(by_ruler)
    assert (one.first, one.second, one.flipped, one.runs) == ("a", "b", 1, 3)
    assert (one.kendall, one.spearman) == pytest.approx((1 / 3, 1 / 2))
    assert (other.kendall, other.flipped) == (-1, 3)
    assert (reverse.first, reverse.second) == ("b", "c")
    assert agreement.ranks({"p": 1, "q": 2, "r": 2}, higher=True) == {"p": 3, "q": 1.5, "r": 1.5}
    assert agreement.ranks({"p": 1, "q": 2, "r": 2}, higher=False) == {"p": 1, "q": 2.5, "r": 2.5}
    scores = {"p": {"0": {"fid": 1.0}, "1": {"fid": 3.0}}, "lost": {"0": {"fid": 1.0}, "1": {}}}
    assert agreement.means(scores, "fid") == {"p": 2}


def pixels(source: Images) -> Features:
    vectors = source.pixels.reshape(len(source), -1).astype(np.float32) / 255
    return Features(vectors, labels=source.labels, protocol=FeatureProtocol(extractor="pixels"))


def test_samples_that_are_not_there(tmp_path: Path) -> None:
    images(20).save(tmp_path / "vae" / "0" / "final")
    metrics = {"fid": {}, "inception_score": {"splits": 1}}  # pixels have no class probabilities
    scores = agreement.measure(tmp_path, ["vae"], [0], images(30), pixels, metrics)
    assert list(scores["vae"]["0"]) == ["fid"]
    with pytest.raises(InputError, match=r"no samples of run 'vae', seed 1; `make bench` draws them"):
        agreement.measure(tmp_path, ["vae"], [0, 1], images(30), pixels, metrics)


def study() -> Options:
    ruler = {"extractor": "pixels"}
    few = {"fid": {}, "precision_recall": {"k": 3}, "memorisation": {}}
    return Options.model_validate(
        {
            "rulers": {"one": ruler, "two": ruler, "three": ruler},
            "distortions": {
                "rulers": ["one"],
                "repeats": 5,
                "images": {"reference": 300, "source": 450, "held_out": 149, "fake": 180},
                "strengths": {"noise": [30, 90], "dropped_classes": [2, 5], "copies": [0.2, 1]},
                "metrics": few,
            },
            "sample_size": {
                "rulers": ["one"],
                "repeats": 3,
                "counts": [60, 400],
                "twins": [100, 1000],
                "distortion": "noise",
                "strength": 30,
                "metrics": {"fid": {}, "fid_infinity": {"groups": 5}, "kid": {}},
                "twin_metrics": {"fid": {}, "fid_infinity": {"groups": 5}, "kid": {}},
            },
            "agreement": {"rulers": ["one", "two", "three"], "seeds": ["one", "two"], "metrics": {"fid": {}}},
        }
    )


class Links(HTMLParser):
    """Addresses that a page would ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href") and tag != "a"]


def test_studies_of_real_digits_and_their_page() -> None:
    """FID falls with N, sees noise and dropped classes, and does not see that images are training images."""
    digits = load_digits()
    every = Images((digits.images[:, None] * 255 / 16).round().astype(np.uint8), digits.target.astype(np.int64))
    every = every[np.random.default_rng(0).permutation(len(every))]  # they come writer by writer
    train, pool, o = every[:898], every[898:], study()
    measured = distortions.measure(pool, train, pixels, o.distortions)
    columns = {key: c for name in o.distortions.metrics for key, c in find("metrics", name).COLUMNS.items()}
    columns |= find("metrics", "kid").COLUMNS | find("metrics", "fid_infinity").COLUMNS
    found = page.responses(measured, o.distortions, columns)
    assert [found["fid"][kind].overall for kind in ("noise", "dropped_classes", "copies")] == ["worse", "worse", "same"]
    assert found["copying"]["copies"].overall == "worse"
    assert found["precision"]["dropped_classes"].seen is None
    assert found["recall"]["dropped_classes"].overall == "worse"

    sizes = sample_size.measure(pool, pixels, o.sample_size)
    means = {n: values.mean() for n, values in sample_size.by_count(sizes["images"], "real", "fid").items()}
    assert means[60] > 2 * means[400]
    assert list(sample_size.by_count(sizes["images"], "real", "fid_infinity")) == [400]
    assert sizes["truth"]["real"]["fid"] == pytest.approx(0, abs=1e-9)

    scores = {
        ruler: {run: {"0": {"fid": float(value)}} for run, value in zip("pqr", values, strict=True)}
        for ruler, values in (("one", (1, 2, 3)), ("two", (1, 3, 2)), ("three", (3, 2, 1)))
    }
    orders = page.orders(scores, o, columns, ["p", "q", "r"])
    text = page.page(
        dataset="digits",
        options=o,
        columns=columns,
        distorted={"one": found},
        sizes={"one": sizes},
        orders=orders,
        runs=["p", "q", "r"],
        pictures=page.examples(pool, train, o.distortions),
    )
    links = Links()
    links.feed(text)
    assert links.found
    assert all(link.startswith("data:") for link in links.found)
    assert "It sees 2 of 3; it misses training copies." in text
    [said] = re.findall(r'<p class="finding">(.*)</p>', text)
    assert "of 3 models by FID is −1.00 between 2 extractors and 0.33 between 2 classifiers" in said
    assert "τ between 2 classifiers is 0.33 to 0.33; up to 1 of 3 pairs of models change places" in text
    assert "least between one and three (−1.00)" in text
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(re.findall(r' id="([^"]+)"', text))
    assert csv(tables.distortions({"one": measured})).count("\n") == 1 + 7 * len(measured[0]["metrics"])
    assert csv(tables.agreement(scores), tables.DIGITS).splitlines()[1] == "one,p,0,fid,1"


def seen(**verdicts: Verdict) -> dict[str, Response]:
    """What a metric says of each kind of distortion."""
    return {kind: Response([0, 1], [0, 1], [0, 1], [0, 1], [verdict]) for kind, verdict in verdicts.items()}


def test_claims_on_distortions_follow_the_verdicts() -> None:
    names = ("fid", "kid", "inception_score", "precision_recall", "memorisation")
    columns = {key: column for name in names for key, column in find("metrics", name).COLUMNS.items()}
    every: dict[str, Verdict] = {"noise": "worse", "dropped_classes": "worse", "dropped_modes": "worse"}
    responses = {
        "fid": seen(**every, copies="same"),
        "kid": seen(**every, copies="same"),
        "inception_score": seen(noise="worse", dropped_classes="worse", dropped_modes="same", copies="better"),
        "precision": seen(noise="worse", dropped_classes="same", dropped_modes="same", copies="same"),
        "recall": seen(noise="same", dropped_classes="worse", dropped_modes="worse", copies="same"),
        "copying": seen(noise="worse", dropped_classes="same", dropped_modes="same", copies="worse"),
    }
    made = claims.distortions(responses, columns, "pixels")
    assert [claim.holds for claim in made] == [False, True, True, True, True]
    assert {claim.stage for claim in made} == {"distortions@pixels"}
    assert made[0].measured == "It sees 3 of 4; it misses training copies."
    assert made[2].measured == "It sees 2 of 4; it misses dropped modes; it praises training copies."
    assert made[4].measured == "Copies are seen by copying."
    responses["fid"] = seen(**every, copies="worse")
    responses["inception_score"] = responses["precision"] = seen(**every, copies="same")
    assert [claim.holds for claim in claims.distortions(responses, columns, "pixels")] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_the_finding_follows_the_verdicts_and_orders() -> None:
    columns = {key: c for name in ("fid", "kid", "memorisation") for key, c in find("metrics", name).COLUMNS.items()}
    blind = seen(noise="worse", dropped_classes="worse", copies="same")
    responses = {"fid": blind, "kid": blind, "copying": seen(noise="worse", dropped_classes="same", copies="worse")}
    one, reverse = {"p": 1.0, "q": 2.0, "r": 3.0}, {"p": 3.0, "q": 2.0, "r": 1.0}
    orders = {"FID": {"a": one, "b": {"p": 1.0, "q": 3.0, "r": 2.0}, "c": reverse, "d": one}}
    assert claims.finding({"random_conv": responses}, columns, orders, ["a", "b"]) == (
        "Under the random conv, none of 3 numbers see all 3 ways in which real images were spoilt; the fewest, 1, see "
        "training copies: copying. Kendall's τ of two orders of 3 models by FID is −1.00 to 1.00 between 3 extractors "
        "and 0.33 between 2 classifiers that differ in their seed alone."
    )
    every = seen(noise="worse", dropped_classes="worse", copies="worse")
    assert claims.finding({"pixels": {"fid": every, "kid": every}}, columns, {}, []) == (
        "Under the pixels, all 2 numbers see all 3 ways in which real images were spoilt."
    )
    missed = {"fid": every, "kid": blind, "copying": blind}
    assert claims.finding({"pixels": missed}, columns, {}, []).startswith("Under the pixels, 1 of 3 numbers see all 3")
    assert claims.finding({}, columns, {"FID": {"b": one, "c": reverse}}, ["a"]) == (
        "Kendall's τ of two orders of 3 models by FID is −1.00 between 2 extractors."
    )


def sized(real: dict[int, float], spoilt: dict[int, float], twins: dict[str, dict[int, float]]) -> dict[str, Any]:
    """A record whose numbers are given means by N, with five repeats within 1 %; true distances are 1."""

    def both(model: str, key: str, means: dict[int, float]) -> list[dict[str, Any]]:
        return [
            {"model": model, "n": n, "repeat": repeat, "metrics": {key: mean * (0.995 + 0.0025 * repeat)}}
            for n, mean in means.items()
            for repeat in range(5)
        ]

    return {
        "images": both("real", "fid", real) + both("spoilt", "fid", spoilt),
        "twins": [row for key, means in twins.items() for row in both("spoilt", key, means)],
        "truth": {"spoilt": {"fid": 1.0, "fid_infinity": 1.0, "kid": 1.0}},
        "dimensions": 64,
    }


def test_claims_on_few_images_follow_the_numbers() -> None:
    twins = {"fid": {10: 3.0, 1000: 1.2}, "fid_infinity": {1000: 1.05}, "kid": {10: 1.001, 1000: 1.0}}
    made = claims.sample_sizes(sized({10: 8.0, 100: 2.0}, {10: 9.0, 100: 4.0}, twins), "noise", "pixels")
    assert [claim.holds for claim in made] == [True] * 5
    assert made[0].measured == "8 at N = 10, 2 at N = 100."
    assert made[2].measured == "The mean is off by +200% at N = 10 and +20% at N = 1000."
    assert "refused at N = 10" in made[4].measured
    twins = {"fid": {10: 0.8, 1000: 1.2}, "fid_infinity": {1000: 0.8}, "kid": {10: 1.1, 1000: 1.0}}
    made = claims.sample_sizes(sized({10: 2.0, 100: 2.0}, {10: 9.0, 100: 4.0}, twins), "noise", "pixels")
    assert [claim.holds for claim in made] == [False] * 5
    assert "−20% at N = 1000" in made[4].measured


def test_claims_on_rulers_follow_their_orders() -> None:
    one = {"p": 1.0, "q": 2.0, "r": 3.0}
    made = claims.agreement("IS", {"a": one, "b": {**one, "r": 3.3}, "c": one}, ["a", "b"], "r")
    assert [claim.holds for claim in made] == [True, True, True]
    assert made[2].measured == "Of r it is 3 to 3.3."
    made = claims.agreement("IS", {"a": one, "b": {**one, "p": 2.5}, "c": {**one, "p": 9.0}}, ["a", "b"], "r")
    assert [claim.holds for claim in made] == [False, False, False]
    assert "up to 1 of 3 pairs" in made[0].measured
    assert len(claims.agreement("FID", {"a": one, "b": one}, ["a", "b"])) == 1


def test_params_of_the_study_are_checked(tmp_path: Path) -> None:
    text = options.PARAMS.read_text(encoding="utf-8")
    assert options.load().agreement.seeds[0] == "classifier"
    for old, new, message in (
        ("twins: [", "twin: [", r"sample_size\.twins: missing"),
        ("distortion: noise", "distortion: [noise]", r"sample_size\.distortion: should be a valid string"),
        ("repeats: 5\n  images", "repeats: 1\n  images", r"distortions\.repeats: should be greater than or equal to 2"),
        ("seeds: [classifier,", "seeds: [inception,", r"unknown agreement\.seeds: ruler 'inception'"),
        (
            "{extractor: pixels,",
            "{extractor: pixel,",
            r"unknown rulers\.pixels: extractor 'pixel'; did you mean 'pixels'",
        ),
    ):
        path = tmp_path / "params.yaml"
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(InputError, match=message):
            options.load(path)


def test_too_few_images_are_left() -> None:
    source = images(100)
    with pytest.raises(InputError, match=r"distortions\.dropped_classes: 4 leaves \d+ images, expected at least 90"):
        distortions.spoilt(source, "dropped_classes", 4, source, 90, 0)
    with pytest.raises(InputError, match="unknown distortion 'nois'; did you mean 'noise'"):
        distortions.spoilt(source, "nois", 4, source, 90, 0)


SMALL: dict[str, dict[str, Any]] = {
    "rulers": {
        "classifier": {"extractor": "classifier", "weights": "committed"}
        | {"features": 64, "steps": 10, "batch": 8, "lr": 0.001, "seed": 0},
        "pixels": {"extractor": "pixels"},
    },
    "distortions": {
        "rulers": ["pixels"],
        "repeats": 2,
        "images": {"reference": 40, "source": 40, "held_out": 20, "fake": 16},
        "strengths": {"noise": [30], "copies": [1]},
        "metrics": {"fid": {}, "memorisation": {}},
    },
    "sample_size": {
        "rulers": ["pixels"],
        "repeats": 2,
        "counts": [20, 50],
        "twins": [20, 200],
        "distortion": "noise",
        "strength": 30,
        "metrics": {"fid": {}},
        "twin_metrics": {"fid": {}, "fid_infinity": {"groups": 2}, "kid": {}},
    },
    "agreement": {"rulers": ["classifier", "pixels"], "seeds": ["classifier"], "metrics": {"fid": {}}},
}


@pytest.mark.soak
def test_the_pipeline_runs_beside_the_benchmark(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "copy")
    laboratory, params, pipeline = project.laboratory, project.path / options.PARAMS, "metrics/dvc.yaml"
    params.write_text(json.dumps(SMALL), encoding="utf-8")
    both = [f"{study}@{ruler}" for study in ("ruler", "agreement") for ruler in ("classifier", "pixels")]
    every = ("fingerprint", *both, "distortions@pixels", "sample_size@pixels", "page")
    assert laboratory.repro(pipeline) == {f"{pipeline}:{stage}" for stage in every}
    text = (project.path / paths.REPORTS / "index.html").read_text(encoding="utf-8")
    assert "between classifier and pixels" in text
    assert laboratory.repro(pipeline) == {f"{pipeline}:fingerprint"}

    other = {**SMALL, "agreement": {**SMALL["agreement"], "metrics": {"kid": {}}}}
    params.write_text(json.dumps(other), encoding="utf-8")
    again = ("fingerprint", "agreement@classifier", "agreement@pixels", "page")
    assert laboratory.repro(pipeline) == {f"{pipeline}:{stage}" for stage in again}


def test_runs_that_share_a_rank_share_a_label() -> None:
    ranks = {"one": {"a": 1.5, "b": 1.5, "c": 3.0}, "other": {"a": 1.0, "b": 2.0, "c": 3.0}}
    chart = figures.bump(ranks)
    assert [names for _, names in chart.left] == ["a, b", "c"]
    assert [names for _, names in chart.right] == ["a", "b", "c"]
    assert [run for run, _ in chart.lines] == ["a", "b", "c"]
