"""Published statistics as the real side: the distance of Gaussians, each layout of keys, and clear refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genbench import cli
from genbench.data.features import FeatureProtocol, Features
from genbench.errors import InputError
from genbench.evaluation import statistics
from genbench.metrics import fid
from tests.support.refusal import refusal


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pixels = np.random.default_rng(0).integers(0, 256, (100, 4, 4, 1), dtype=np.uint8)
    np.save("real.npy", pixels)
    np.save("fake.npy", np.random.default_rng(1).integers(0, 200, (90, 4, 4, 1), dtype=np.uint8))


def moments() -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the real pixels."""
    features = np.load("real.npy").reshape(100, -1) / 255
    return features.mean(0), np.cov(features, rowvar=False)


def run(*words: str, real: str = "stats.npz", fake: str = "fake.npy") -> dict[str, Any]:
    """Give what `genbench evaluate` writes."""
    shared = ["--extractor", "pixels", "--json", "out.json", "--no-cache"]
    cli.main(["evaluate", "--real", real, "--fake", fake, *shared, *words])
    return json.loads(Path("out.json").read_text(encoding="utf-8"))


def gaussian_fid(mean: np.ndarray, covariance: np.ndarray, vectors: np.ndarray) -> float:
    """FID of features against a mean and covariance."""
    real = statistics.Statistics(mean, covariance, FeatureProtocol()).stand_in
    return fid.compute(real=real, fake=Features(vectors))["fid"]


def whitened(n: int, d: int) -> np.ndarray:
    """Vectors (n, d) whose mean is 0 and whose covariance is the identity."""
    rows = np.random.default_rng(3).normal(size=(n, d))
    rows -= rows.mean(0)
    return rows @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(rows, rowvar=False)))).T


@pytest.mark.parametrize("name", ["stats.NPZ", "stats", "stats.bin"])
def test_a_mean_and_covariance_are_known_by_their_content(name: str) -> None:
    with Path(name).open("wb") as file:
        np.savez(file, mu=moments()[0], sigma=moments()[1])
    expected = run("--metrics", "fid", real="real.npy")["metrics"]["fid"]
    assert run("--metrics", "fid", real=name)["metrics"]["fid"] == pytest.approx(expected, rel=1e-6)


# Closed forms


def test_gaussians_of_commuting_covariances_have_a_known_distance() -> None:
    """‖μ‖² + Σ (√a − √b)², for diagonal covariances a and b."""
    a, mean = np.array([4.0, 1.0, 9.0, 0.25]), np.array([1.0, -2.0, 0.0, 3.0])
    expected = mean @ mean + np.sum((np.sqrt(a) - 1) ** 2)
    assert gaussian_fid(mean, np.diag(a), whitened(50, 4)) == pytest.approx(expected, rel=1e-10)


def test_a_covariance_without_full_rank_has_the_distance_too() -> None:
    a = np.array([4.0, 0.0, 9.0, 0.0])
    expected = np.sum((np.sqrt(a) - 1) ** 2)
    assert gaussian_fid(np.zeros(4), np.diag(a), whitened(50, 4)) == pytest.approx(expected, rel=1e-10)
    assert gaussian_fid(np.zeros(4), np.zeros((4, 4)), whitened(50, 4)) == pytest.approx(4, rel=1e-10)


def test_one_dimension_is_the_distance_of_two_normal_distributions() -> None:
    assert gaussian_fid(np.array([3.0]), np.array([[4.0]]), whitened(50, 1)) == pytest.approx(9 + 1, rel=1e-10)


@pytest.mark.parametrize(("n", "m"), [(200, 300), (20, 300), (200, 20), (20, 15)])
def test_vectors_that_stand_in_have_the_distance_of_the_features_behind_them(n: int, m: int) -> None:
    """Above and below the 30 dimensions on either side."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(n, 30)) * np.arange(1, 31) + 7, rng.normal(size=(m, 30))
    known = fid.compute(real=Features(real), fake=Features(fake))["fid"]
    assert gaussian_fid(real.mean(0), np.cov(real, rowvar=False), fake) == pytest.approx(known, rel=1e-8)


def test_they_have_the_mean_and_the_covariance() -> None:
    mean, covariance = moments()
    rows = statistics.Statistics(mean, covariance, FeatureProtocol()).stand_in.vectors
    assert rows.shape == (17, 16)
    np.testing.assert_allclose(rows.mean(0), mean, rtol=1e-12)
    np.testing.assert_allclose(np.cov(rows, rowvar=False), covariance, rtol=1e-10, atol=1e-14)


# Layouts of publications


def pytorch_fid(mean: np.ndarray, covariance: np.ndarray) -> None:
    np.savez_compressed("stats.npz", mu=mean, sigma=covariance)


def ttur(mean: np.ndarray, covariance: np.ndarray) -> None:
    np.savez("stats.npz", mu=mean, sigma=covariance)


def edm(mean: np.ndarray, covariance: np.ndarray) -> None:
    """Sums of torch, whose covariance is symmetric up to rounding."""
    covariance = covariance.copy()
    covariance[0, 1] *= 1 + 1e-14
    np.savez("stats.npz", mu=mean, sigma=covariance)


def single_precision(mean: np.ndarray, covariance: np.ndarray) -> None:
    np.savez("stats.npz", mu=mean.astype(np.float32), sigma=covariance.astype(np.float32))


def columns_first(mean: np.ndarray, covariance: np.ndarray) -> None:
    np.savez("stats.npz", sigma=np.asfortranarray(covariance), mu=mean)


def with_names_of_its_own(mean: np.ndarray, covariance: np.ndarray) -> None:
    np.savez("stats.npz", mu=mean, sigma=covariance, n=np.array(100), mode=np.array("clean"))


def adm_without_images(mean: np.ndarray, covariance: np.ndarray) -> None:
    np.savez("stats.npz", mu=mean, sigma=covariance, mu_s=np.zeros(3), sigma_s=np.eye(3))


def adm(mean: np.ndarray, covariance: np.ndarray) -> None:
    """A reference batch: statistics of the whole dataset, and some of its images."""
    images = np.load("real.npy")[:40].repeat(3, axis=3)
    labels = np.zeros(40, np.int64)
    np.savez(
        "stats.npz", mu=mean, sigma=covariance, mu_s=np.zeros(3), sigma_s=np.eye(3), arr_0=images[..., :1], arr_1=labels
    )


LAYOUTS = (
    pytorch_fid,
    ttur,
    edm,
    single_precision,
    columns_first,
    with_names_of_its_own,
    adm_without_images,
    adm,
)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_each_layout_gives_the_fid_of_the_features_behind_it(
    layout: Callable[[np.ndarray, np.ndarray], None], capsys: pytest.CaptureFixture[str]
) -> None:
    layout(*moments())
    from_images = run("--metrics", "fid", real="real.npy")["metrics"]["fid"]
    capsys.readouterr()
    said = run("--metrics", "fid")
    assert said["metrics"] == {"fid": pytest.approx(from_images, rel=1e-6)}
    assert said["protocol"]["n_real"] is None
    assert said["protocol"]["reference"] == "statistics without a protocol"
    assert len(said["protocol"]["statistics"]) == 64
    assert said["protocol"]["sides"]["real"]["extractor"] == ""
    printed = capsys.readouterr().out
    assert "90 images of fake.npy against the mean and covariance in stats.npz" in printed
    assert "stats.npz came without a protocol" in printed
    assert any("came without a protocol" in note for note in said["notes"])


def test_other_default_metrics_are_left_out_with_their_names() -> None:
    pytorch_fid(*moments())
    said = run()
    assert said["metrics"].keys() == {"fid"}
    assert said["protocol"]["options"] == {"fid": {}}
    assert (
        "kid: not of a mean and covariance, which stats.npz has in place of real images; left out" in said["notes"][0]
    )


@pytest.mark.parametrize("metric", ["kid", "precision_recall", "inception_score", "fid_infinity", "memorisation"])
def test_others_that_are_asked_for_are_refused_by_name(metric: str) -> None:
    pytorch_fid(*moments())
    words = ("evaluate", "--real", "stats.npz", "--fake", "fake.npy", "--extractor", "pixels", "--metrics")
    assert f"{metric}: expected real images or their features; stats.npz has" in refusal(*words, "fid", metric)
    assert f"{metric}: expected" in refusal(*words, metric)


def test_images_beside_statistics_give_the_metrics_that_need_them() -> None:
    """ADM's own evaluation takes FID from the statistics and the rest from the images."""
    adm(*moments())
    np.save("part.npy", np.load("real.npy")[:40])
    said, whole, part = run(), run(real="real.npy"), run(real="part.npy")
    assert said["metrics"]["fid"] == pytest.approx(whole["metrics"]["fid"], rel=1e-6)
    assert said["metrics"] == {**part["metrics"], "fid": said["metrics"]["fid"]}
    assert said["protocol"]["n_real"] == 40
    assert "FID is against the mean and covariance in stats.npz, other metrics against its images" in said["notes"]
    kid = run("--metrics", "kid")
    assert kid["metrics"]["kid"] == part["metrics"]["kid"]
    assert kid["protocol"]["statistics"] is None
    assert kid["notes"] == [], "no statistics take part"


# Statistics of our own


def test_saved_statistics_give_the_number_of_the_images(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["features", "real.npy", "--out", "stats.npz", "--extractor", "pixels", "--statistics", "--no-cache"])
    assert "stats.npz: mean and covariance of 16 features of 100 images" in capsys.readouterr().out
    mean, covariance = moments()
    with np.load("stats.npz") as saved:
        np.testing.assert_allclose(saved["mu"], mean, rtol=1e-6)
        np.testing.assert_allclose(saved["sigma"], covariance, rtol=1e-5, atol=1e-8)
        assert saved["mu"].dtype == saved["sigma"].dtype == np.float64
    said = run("--metrics", "fid")
    assert said["metrics"]["fid"] == pytest.approx(run("--metrics", "fid", real="real.npy")["metrics"]["fid"], rel=1e-9)
    assert said["protocol"]["n_real"] == 100
    assert said["protocol"]["reference"] == ""
    assert said["protocol"]["sides"]["real"]["extractor"] == "pixels"
    assert not any("protocol" in note for note in said["notes"])


def test_their_protocol_chooses_the_extractor_and_refuses_another() -> None:
    cli.main(["features", "real.npy", "--out", "stats.npz", "--extractor", "random_conv", "--statistics"])
    words = ("evaluate", "--real", "stats.npz", "--fake", "fake.npy", "--no-cache")
    assert "stats.npz: its features are of extractor 'random_conv'" in refusal(*words, "--extractor", "pixels")
    cli.main([*words, "--json", "out.json"])
    said = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert said["protocol"]["extractor"] == "random_conv"
    cli.main(["features", "fake.npy", "--out", "fake.npz", "--extractor", "pixels"])
    message = refusal("evaluate", "--real", "stats.npz", "--fake", "fake.npz")
    assert "features are not comparable" in message and "random_conv" in message


def test_statistics_compare_with_saved_features() -> None:
    pytorch_fid(*moments())
    cli.main(["features", "fake.npy", "--out", "fake.npz", "--extractor", "pixels"])
    assert run(fake="fake.npz")["metrics"] == run()["metrics"]


def test_a_covariance_needs_two_images() -> None:
    np.save("one.npy", np.load("real.npy")[:1])
    message = refusal("features", "one.npy", "--out", "stats.npz", "--extractor", "pixels", "--statistics")
    assert "one.npy: a covariance needs at least 2 images, got 1" in message


# Refusals

EYE, ZERO = np.eye(16), np.zeros(16)
LOPSIDED = EYE + np.eye(16, k=1)
HOLE = np.where(EYE > 0, np.nan, 0)
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "other dimensions": (
        {"mu": np.zeros(64), "sigma": np.eye(64)},
        "not comparable: fake has 16 dimensions, statistics 64",
    ),
    "a covariance of others": (
        {"mu": ZERO, "sigma": np.eye(64)},
        "sigma: expected floating numbers of shape (16, 16), as mu has 16; got float64 (64, 64)",
    ),
    "variances alone": ({"mu": ZERO, "sigma": ZERO}, "sigma: expected floating numbers of shape (16, 16), as mu has"),
    "a mean of rows": ({"mu": ZERO[None], "sigma": EYE}, "mu: expected floating numbers of shape (D,), got float64"),
    "nothing": ({"mu": np.zeros(0), "sigma": np.zeros((0, 0))}, "mu: expected floating numbers of shape (D,)"),
    "whole numbers": ({"mu": ZERO, "sigma": EYE.astype(int)}, "sigma: expected floating numbers of shape"),
    "complex numbers": ({"mu": ZERO, "sigma": EYE.astype(complex)}, "sigma: expected floating numbers of shape"),
    "a lopsided covariance": (
        {"mu": ZERO, "sigma": LOPSIDED},
        "expected a symmetric matrix, two of its numbers differ",
    ),
    "a hole": ({"mu": ZERO, "sigma": HOLE}, "sigma: expected finite numbers, it holds NaN or infinity"),
    "an infinite mean": ({"mu": ZERO + np.inf, "sigma": EYE}, "mu: expected finite numbers, it holds NaN or infinity"),
    "a negative variance": ({"mu": ZERO, "sigma": -EYE}, "sigma: expected a covariance, it has a negative eigenvalue"),
    "a matrix that is none": (
        {"mu": ZERO, "sigma": EYE + 2 * (np.ones((16, 16)) - EYE)},
        "sigma: expected a covariance, it has a negative eigenvalue",
    ),
    "a broken protocol": ({"mu": ZERO, "sigma": EYE, "protocol": np.array("{")}, "its protocol is not readable"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_mean_and_covariance_is_one_line(name: str) -> None:
    arrays, message = WRONG[name]
    np.savez("stats.npz", **arrays)
    words = ("evaluate", "--real", "stats.npz", "--fake", "fake.npy", "--extractor", "pixels")
    assert message in refusal(*words)


def test_objects_and_a_file_that_is_cut_off_are_one_line() -> None:
    words = ("evaluate", "--real", "stats.npz", "--fake", "fake.npy", "--extractor", "pixels")
    np.savez("stats.npz", mu=np.array([{}], dtype=object), sigma=EYE)
    assert "mu: expected floating numbers of shape (D,), got object" in refusal(*words)
    ttur(*moments())
    content = Path("stats.npz").read_bytes()
    spoilt = content.replace(moments()[0].tobytes()[:8], b"\1" * 8)
    assert spoilt != content
    Path("stats.npz").write_bytes(spoilt)
    assert "stats.npz: mu: not readable" in refusal(*words)
    content = Path("stats.npz").read_bytes()
    Path("stats.npz").write_bytes(content[: len(content) // 2])
    assert "stats.npz: not readable as .npz" in refusal(*words)


@pytest.mark.parametrize("side", ["--fake", "--train", "--held-out"])
def test_statistics_are_the_real_side_alone(side: str) -> None:
    pytorch_fid(*moments())
    words = ["evaluate", "--extractor", "pixels", "--real", "real.npy", "--fake", "fake.npy", side, "stats.npz"]
    assert "stats.npz: holds a mean and a covariance, which can be the real side of a FID alone" in refusal(*words)
    assert "which can be the real side" in refusal("features", "stats.npz", "--out", "x.npz", "--extractor", "pixels")


def test_features_in_the_same_file_come_first() -> None:
    mean, covariance = moments()
    vectors = np.load("real.npy").reshape(100, -1).astype(np.float32) / 255
    np.savez("stats.npz", vectors=vectors, mu=mean + 1, sigma=covariance)
    assert not statistics.holds_statistics("stats.npz")
    with pytest.raises(InputError, match="at least 2 images, got 1"):
        statistics.statistics(Features(vectors[:1]))
