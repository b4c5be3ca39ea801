"""Real images against real ones: the bias of Gaussians, resplits that agree with it, and what is said of few images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genbench import cli
from genbench.data.features import FeatureProtocol, Features
from genbench.evaluation.floors import RESPLITS, bias, floor
from genbench.metrics import fid, kid


def normal(n: int, d: int, seed: int, scale: float | np.ndarray = 1.0) -> Features:
    return Features(np.random.default_rng(seed).normal(size=(n, d)) * scale)


# The closed form


def test_the_bias_of_standard_gaussians_is_the_known_one() -> None:
    """D(D + 5)/4 · (1/N + 1/M)."""
    for d in (1, 10, 64):
        assert bias(np.ones(d), 1 / 50 + 1 / 70) == pytest.approx(d * (d + 5) / 4 * (1 / 50 + 1 / 70))


def test_the_bias_has_the_units_of_a_variance_and_adds_nothing_without_one() -> None:
    values = np.array([4.0, 1.0, 0.5])
    assert bias(3 * values, 0.1) == pytest.approx(3 * bias(values, 0.1))
    assert bias(np.array([*values, 0.0, -1e-18]), 0.1) == pytest.approx(bias(values, 0.1))


def test_one_dimension_is_known_exactly() -> None:
    """E (m₁ − m₂)² + E (s₁ − s₂)² of normal variables is σ² (1/N + 1/M) + σ²/2 (1/N + 1/M) to first order."""
    assert bias(np.array([4.0]), 0.01) == pytest.approx(4 * 1.5 * 0.01)


def test_the_bias_is_what_independent_sets_score() -> None:
    scale = np.sqrt(1 / np.arange(1, 9))
    found = [
        fid.compute(real=normal(300, 8, 2 * seed, scale), fake=normal(200, 8, 2 * seed + 1, scale))["fid"]
        for seed in range(40)
    ]
    assert np.mean(found) == pytest.approx(bias(scale**2, 1 / 300 + 1 / 200), rel=0.1)


# Floors


@pytest.mark.parametrize(("n", "m"), [(400, 400), (1000, 100), (200, 800), (100, 9000)])
def test_resplits_say_what_independent_sets_of_these_numbers_score(n: int, m: int) -> None:
    found = [
        floor("fid", real=normal(n, 8, seed), fake=normal(m, 8, 99), stands_in=False, seed=0) for seed in range(20)
    ]
    independent = [fid.compute(real=normal(n, 8, 100 + s), fake=normal(m, 8, 200 + s))["fid"] for s in range(40)]
    assert all(one and one.resplits == RESPLITS and one.sd for one in found)
    assert np.mean([one.value for one in found if one]) == pytest.approx(np.mean(independent), rel=0.15)


def test_few_real_images_have_the_closed_form() -> None:
    real, fake = normal(100, 64, 0), normal(80, 64, 1)
    found = floor("fid", real=real, fake=fake, stands_in=False, seed=0)
    assert found is not None and found.resplits == 0 and found.sd is None
    values = np.linalg.eigvalsh(np.cov(real.vectors, rowvar=False))
    assert found.value == pytest.approx(bias(values, 1 / 100 + 1 / 80), rel=1e-9)
    fewer = normal(40, 64, 0)
    values = np.linalg.eigvalsh(np.cov(fewer.vectors, rowvar=False))
    found = floor("fid", real=fewer, fake=fake, stands_in=False, seed=0)
    assert found is not None and found.value == pytest.approx(bias(values, 1 / 40 + 1 / 80), rel=1e-9)


@pytest.mark.parametrize(("n", "share"), [(0, 1 / 80), (500, 1 / 500 + 1 / 80)])
def test_a_mean_and_covariance_have_the_closed_form_with_the_images_that_are_known(n: int, share: float) -> None:
    vectors = np.random.default_rng(0).normal(size=(5000, 4))
    real = Features(vectors, protocol=FeatureProtocol(n=n))
    found = floor("fid", real=real, fake=normal(80, 4, 1), stands_in=True, seed=0)
    assert found is not None and found.resplits == 0
    assert found.value == pytest.approx(bias(np.linalg.eigvalsh(np.cov(vectors, rowvar=False)), share))


@pytest.mark.parametrize(("n", "m"), [(100, 100), (300, 50)])
def test_kid_of_real_images_is_nothing_with_the_deviation_of_these_numbers(n: int, m: int) -> None:
    found = [
        floor("kid", real=normal(n, 8, seed), fake=normal(m, 8, 99), stands_in=False, seed=0) for seed in range(12)
    ]
    independent = [kid.compute(real=normal(n, 8, 100 + s), fake=normal(m, 8, 300 + s))["kid"] for s in range(60)]
    error = np.std(independent) / np.sqrt(12)
    assert abs(np.mean([one.value for one in found if one])) < 3 * error
    assert np.mean([one.sd for one in found if one and one.sd]) == pytest.approx(np.std(independent), rel=0.4)


def test_kid_of_many_images_takes_some_of_them() -> None:
    real = normal(9000, 2, 0)
    found = floor("kid", real=real, fake=normal(9000, 2, 1), stands_in=False, seed=0)
    whole = kid.compute(real=Features(real.vectors[:4500]), fake=Features(real.vectors[4500:]))["kid"]
    assert found is not None and found.sd is not None
    assert 0 < found.sd < 0.01 and abs(found.value) < 5 * max(found.sd, abs(whole))


def test_of_too_few_images_kid_has_its_expectation() -> None:
    found = floor("kid", real=normal(12, 2, 0), fake=normal(30, 2, 1), stands_in=False, seed=0)
    assert found is not None and (found.value, found.resplits) == (0, 0)


def test_other_metrics_have_none() -> None:
    assert floor("precision_recall", real=normal(90, 2, 0), fake=normal(90, 2, 1), stands_in=False, seed=0) is None


# The command


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return `genbench evaluate` with its document."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def command(*words: str, real: str, fake: str, extractor: str = "pixels") -> dict[str, Any]:
        shared = ["--extractor", extractor, "--json", "out.json"]
        cli.main(["evaluate", "--real", real, "--fake", fake, *shared, *words])
        return json.loads(Path("out.json").read_text(encoding="utf-8"))

    return command


def save(name: str, n: int, side: int = 4, channels: int = 1, seed: int = 0) -> str:
    np.save(name, np.random.default_rng(seed).integers(0, 256, (n, side, side, channels), dtype=np.uint8))
    return name


def test_numbers_stand_beside_their_floor(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    said = run(real=save("r.npy", 100), fake=save("f.npy", 80, seed=1))
    assert said["floors"].keys() == {"fid", "kid"}
    assert said["floors"]["fid"]["resplits"] == said["floors"]["kid"]["resplits"] == RESPLITS
    lines = capsys.readouterr().out.splitlines()
    for key, label in (("fid", "FID"), ("kid", "KID")):
        (place,) = [index for index, line in enumerate(lines) if line.startswith(f"{label} (pixels) ↓")]
        value, sd = (said["floors"][key][part] for part in ("value", "sd"))
        assert lines[place + 1].split() == (f"real against real {value:.5g} ± {sd:.2g} (s.d. of 5 resplits)".split())
    assert run(real="r.npy", fake="f.npy") == said, "the same numbers again"


def test_the_closed_form_is_named(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run("--metrics", "fid", real=save("r.npy", 20), fake=save("f.npy", 80, seed=1))
    assert "(bias in closed form, of Gaussian features to first order" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("n", "m", "expected"),
    [
        (
            10,
            15,
            ["warning: FID of fewer images (real 10, fake 15) than the 16 dimensions of their features: "],
        ),
        (
            10,
            100,
            [
                "warning: FID of fewer images (real 10) than the 16 dimensions of their features: ",
                "warning: FID of fewer than 2000 images (fake 100): ",
            ],
        ),
        (1999, 2000, ["warning: FID of fewer than 2000 images (real 1999): "]),
        (2000, 2000, []),
    ],
)
def test_few_images_are_warned_of(run: Any, n: int, m: int, expected: list[str]) -> None:
    said = run("--metrics", "fid", real=save("r.npy", n), fake=save("f.npy", m, seed=1))
    assert len(said["notes"]) == len(expected)
    assert all(note.startswith(start) for note, start in zip(said["notes"], expected, strict=True))


def test_metrics_that_few_images_cannot_give_are_left_out_unless_they_are_asked_for(run: Any) -> None:
    real, fake = save("r.npy", 4), save("f.npy", 2, seed=1)
    said = run(real=real, fake=fake)
    assert said["metrics"].keys() == {"fid"}
    for name in ("precision_recall", "density_coverage", "kid"):
        (note,) = [note for note in said["notes"] if note.startswith(f"{name}: ")]
        assert note.endswith("; left out")
    for words in (["--metrics", "kid"], ["--set", "precision_recall.k=3"]):
        with pytest.raises(SystemExit, match="error: (kid|precision_recall): "):
            run(*words, real=real, fake=fake)


def test_sizes_that_differ_are_named(run: Any) -> None:
    real, fake = save("r.npy", 20, 8, 3), save("f.npy", 20, 16, 3)
    with pytest.raises(SystemExit) as stop:
        run(real=real, fake=fake)
    assert "real has 192 dimensions, fake 768" in str(stop.value.code)
    assert "real 8 × 8 × 3, fake 16 × 16 × 3" in str(stop.value.code)
    sizes = "images differ in width × height × channels: real 8 × 8 × 3, fake 16 × 16 × 3 (resize: pillow bicubic"
    for _ in range(2):  # the second time from the cache
        said = run("--metrics", "fid", real=real, fake=fake, extractor="random_conv")
        assert said["notes"][-1].startswith(sizes)
    assert not any("differ" in note for note in run("--metrics", "fid", real=real, fake=real)["notes"])


def test_of_a_side_with_several_sizes_the_least_and_the_largest_are_named(run: Any) -> None:
    from PIL import Image

    Path("mixed").mkdir()
    for index, size in enumerate([(4, 8), (9, 4), (20, 10)] * 4):
        Image.new("L", size, index).save(f"mixed/{index}.png")
    said = run("--metrics", "fid", real=save("r.npy", 20), fake="mixed", extractor="random_conv")
    assert "real 4 × 4 × 1, fake 3 sizes from 4 × 8 × 1 to 20 × 10 × 1 (resize" in said["notes"][-1]
