"""`genbench evaluate` and `genbench features`: known numbers, a cache that says so, and clear refusals."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genbench import cli
from genbench.data.features import FeatureProtocol, Features
from genbench.data.images import Images
from genbench.data.sources import Item
from genbench.data.sources.location import open_source
from genbench.errors import InputError
from genbench.evaluation import stream
from genbench.evaluation.evaluate import evaluate
from genbench.evaluation.features import Measuring, measure, settings
from genbench.extractors import Extractor, Output, pixels
from genbench.find import members
from tests.support.pairs import scores_of_pairs
from tests.support.refusal import refusal
from tests.support.teachers import known_features, truths

PIXELS = Measuring("pixels")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own to work in and to keep features in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def images(n: int, seed: int = 0, *, low: int = 0, high: int = 200, side: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, size=(n, side, side, 1), dtype=np.uint8)


def save(name: str, array: np.ndarray) -> str:
    np.save(name, array)
    return name


def run(*words: str) -> dict[str, Any]:
    """What `genbench evaluate` writes."""
    cli.main(["evaluate", *words, "--json", "out.json"])
    written: dict[str, Any] = json.loads(Path("out.json").read_text(encoding="utf-8"))
    return written


# Known numbers


def test_a_folder_against_itself_is_perfect(capsys: pytest.CaptureFixture[str]) -> None:
    Path("real").mkdir()
    for index, picture in enumerate(images(60)):
        Image.fromarray(picture[..., 0]).save(f"real/{index}.png")
    said = run("--real", "real", "--fake", "real", "--extractor", "pixels")
    assert abs(said["metrics"]["fid"]) < 1e-9
    assert said["metrics"]["precision"] == said["metrics"]["recall"] == said["metrics"]["coverage"] == 1
    printed = capsys.readouterr().out
    assert "FID (pixels) ↓" in printed
    assert "60 images of real against 60 real ones of real" in printed
    assert "precision_recall: k 3; density_coverage: k 5" in printed
    assert "inception_score: needs class probabilities, fake has none (extractor pixels); left out" in printed


def test_a_shift_of_every_pixel_is_its_square_in_fid() -> None:
    """FID of equal covariances is the squared distance of the means: 16 pixels, each 51 / 255 brighter."""
    real = images(50)
    said = run("--real", save("r.npy", real), "--fake", save("f.npy", real + 51), "--extractor", "pixels")
    assert said["metrics"]["fid"] == pytest.approx(16 * 0.2**2, rel=1e-5)


def test_repeated_pictures_are_precise_and_cover_little() -> None:
    real = images(200)
    said = run("--real", save("r.npy", real), "--fake", save("f.npy", real[:5].repeat(40, 0)), "--extractor", "pixels")
    assert said["metrics"]["precision"] == 1
    assert said["metrics"]["recall"] < 0.1


def test_every_kind_of_source_gives_the_same_numbers(tmp_path: Path) -> None:
    real, fake = images(30), images(30, 1)
    save("fake.npy", fake)
    np.savez_compressed("fake.npz", fake)
    Path("fake").mkdir()
    for index, picture in enumerate(fake):
        Image.fromarray(picture[..., 0]).save(f"fake/{index:03d}.png")
    subprocess.run(["tar", "czf", "fake.tgz", "fake"], check=True)
    Images(fake.transpose(0, 3, 1, 2), np.full(30, -1)).save(Path("saved"))
    save("real.npy", real)
    numbers = [
        run("--real", "real.npy", "--fake", location, "--extractor", "pixels", "--metrics", "fid")["metrics"]["fid"]
        for location in ("fake.npy", "fake.npz", "fake", "fake.tgz", "saved")
    ]
    assert numbers == pytest.approx([numbers[0]] * 5, rel=1e-9), "but for the order of the pictures, they are the same"


def test_the_json_has_all_that_must_be_equal_to_compare() -> None:
    said = run(
        "--real", save("r.npy", images(40)), "--fake", save("f.npy", images(30, 1)), "--extractor", "random_conv"
    )
    protocol = said["protocol"]
    assert (protocol["extractor"], protocol["resize"]) == ("random_conv", "pillow bicubic to 32×32")
    assert len(protocol["weights"]) == 64
    assert (protocol["n_real"], protocol["n_fake"]) == (40, 30)
    assert protocol["options"] == {"fid": {}, "kid": {}, "precision_recall": {"k": 3}, "density_coverage": {"k": 5}}
    assert [protocol["sides"][side]["location"] for side in ("real", "fake")] == ["r.npy", "f.npy"]


def test_options_are_those_that_are_set() -> None:
    real, fake = save("r.npy", images(40)), save("f.npy", images(40, 1))
    words = ("--real", real, "--fake", fake, "--extractor", "pixels", "--metrics", "precision_recall")
    said = run(*words, "--set", "precision_recall.k=5", "--set", "extractor.pixels=2")
    assert said["protocol"]["options"] == {"precision_recall": {"k": 5}}
    assert said["protocol"]["resize"] == "pillow bicubic to 2×2"


def test_probabilities_bring_the_inception_score_in_parts_that_are_large_enough() -> None:
    for n, splits in ((29, 1), (30, 10)):
        probs = np.eye(3, dtype=np.float32)[np.arange(n) % 3]
        vectors = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
        Features(vectors, probs, protocol=FeatureProtocol(extractor="inception")).save(Path("f.npz"))
        said = run("--real", "f.npz", "--fake", "f.npz", "--metrics", "inception_score")
        assert said["protocol"]["options"] == {"inception_score": {"splits": splits}}
    assert said["metrics"]["inception_score"] == pytest.approx(3, rel=0.3)


OF_FEATURES = set(members("metrics")) - {"inception_score", "fid_layers", *truths(), *scores_of_pairs()}


@pytest.mark.parametrize("metric", sorted(OF_FEATURES))
def test_every_metric_can_be_asked_for_with_options_of_its_own(metric: str) -> None:
    rng = np.random.default_rng(0)
    sides = {}
    for side in ("real", "fake", "train", "held_out"):
        probs = rng.dirichlet(np.ones(3), size=40).astype(np.float32)
        layers = {"spatial": rng.normal(size=(40, 2)).astype(np.float32)}
        vectors = rng.normal(size=(40, 3)).astype(np.float32)
        Features(vectors, probs, np.arange(40) % 3, layers).save(Path(f"{side}.npz"))
        sides[side] = f"{side}.npz"
    said = evaluate(sides, Measuring(), metrics=[metric])
    assert said.metrics
    assert all(np.isfinite(value) for value in said.metrics.values())
    assert set(said.metrics) <= set(said.columns)


@pytest.mark.parametrize("metric", truths())
def test_truths_can_be_asked_of_images_whose_distribution_is_known(metric: str) -> None:
    known_features(80, 0).save(Path("real.npz"))
    known_features(80, 1).save(Path("fake.npz"))
    said = run("--real", "real.npz", "--fake", "fake.npz", "--metrics", metric)
    assert all(np.isfinite(value) for value in said["metrics"].values())
    real, fake = save("r.npy", images(80)), save("f.npy", images(80, 1))
    text = refusal("evaluate", "--real", real, "--fake", fake, "--extractor", "pixels", "--metrics", metric)
    assert f"{metric}: needs images of a dataset whose distribution is known" in text


# Features


def test_saved_features_compare_like_their_images() -> None:
    real, fake = save("r.npy", images(40)), save("f.npy", images(40, 1))
    direct = run("--real", real, "--fake", fake, "--extractor", "random_conv")
    for location, out in ((real, "r.npz"), (fake, "f.npz")):
        cli.main(["features", location, "--out", out, "--extractor", "random_conv"])
    assert run("--real", "r.npz", "--fake", "f.npz")["metrics"] == direct["metrics"]
    mixed = run("--real", "r.npz", "--fake", fake)
    assert mixed["metrics"] == direct["metrics"], "the images are measured as the features were"


def test_features_that_the_images_would_not_have_are_refused_before_any_work() -> None:
    real, fake = save("r.npy", images(40)), save("f.npy", images(40, 1))
    cli.main(["features", real, "--out", "r.npz", "--extractor", "random_conv", "--set", "extractor.seed=1"])
    assert "of extractor 'random_conv', images would be of 'pixels'" in refusal(
        "evaluate", "--real", "r.npz", "--fake", fake, "--extractor", "pixels"
    )
    assert "r.npz: its features are of weights" in refusal("evaluate", "--real", "r.npz", "--fake", fake)
    cli.main(["features", fake, "--out", "f.npz", "--extractor", "pixels"])
    assert "not comparable: extractor" in refusal("evaluate", "--real", "r.npz", "--fake", "f.npz")
    words = ("evaluate", "--real", "r.npz", "--fake", "r.npz")
    assert "--extractor pixels: r.npz has features of random_conv" in refusal(*words, "--extractor", "pixels")
    assert "features already" in refusal(*words, "--set", "extractor.pixels=8")


def test_a_strangers_vectors_are_compared_without_the_name_of_fid(capsys: pytest.CaptureFixture[str]) -> None:
    vectors = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    np.savez("v.npz", vectors=vectors)
    run("--real", "v.npz", "--fake", "v.npz", "--metrics", "fid")
    assert "FID (unknown extractor) ↓" in capsys.readouterr().out


def test_real_and_fake_the_wrong_way_round_are_refused() -> None:
    vectors = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    Features(vectors, protocol=FeatureProtocol(split="samples")).save(Path("samples.npz"))
    Features(vectors, protocol=FeatureProtocol(split="reference")).save(Path("reference.npz"))
    assert "the wrong way round" in refusal("evaluate", "--real", "samples.npz", "--fake", "reference.npz")
    run("--real", "reference.npz", "--fake", "samples.npz")


# The cache


def test_a_second_run_takes_features_from_the_first_and_says_so(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    real, fake = save("r.npy", images(40)), save("f.npy", images(40, 1))
    first = run("--real", real, "--fake", fake, "--extractor", "random_conv")
    assert "taken from" not in caplog.text
    Path("elsewhere").mkdir()
    Path("r.npy").rename("elsewhere/same.npy")
    second = run("--real", "elsewhere/same.npy", "--fake", fake, "--extractor", "random_conv")
    assert caplog.text.count("features taken from") == 2, "the content counts, not the location"
    assert second["metrics"] == first["metrics"]
    assert second["protocol"]["sides"]["real"]["source"] == "elsewhere/same.npy"
    caplog.clear()
    run("--real", "elsewhere/same.npy", "--fake", fake, "--extractor", "random_conv", "--set", "extractor.seed=3")
    run("--real", save("r.npy", images(40, 7)), "--fake", save("f.npy", images(40, 8)), "--extractor", "random_conv")
    run("--real", "elsewhere/same.npy", "--fake", save("f.npy", images(40, 1)), "--extractor", "pixels", "--no-cache")
    assert "features taken from" not in caplog.text, "other options, other content, or no cache asked for"


def test_a_cache_that_cannot_be_written_costs_nothing(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    (home / "cache").write_text("a file where a folder should be")
    run("--real", save("r.npy", images(40)), "--fake", "r.npy", "--extractor", "pixels")
    assert "features are not kept" in caplog.text


@pytest.mark.parametrize("ending", ["npz", "json"])
def test_a_broken_cache_is_named_and_mended(home: Path, caplog: pytest.LogCaptureFixture, ending: str) -> None:
    words = ("--real", save("r.npy", images(40)), "--fake", "r.npy", "--extractor", "pixels")
    whole = run(*words)
    (kept,) = (home / "cache/genbench/features").glob(f"*.{ending}")
    content = kept.read_bytes()
    kept.write_bytes(content[: len(content) // 2])
    assert run(*words) == whole
    assert kept.with_suffix(".npz").name in caplog.text and "computed anew" in caplog.text
    assert kept.read_bytes() == content


# Broken pictures


@pytest.fixture
def mixed() -> Path:
    """A folder of pictures in several formats, of two sizes, one of them broken."""
    folder = Path("mixed")
    folder.mkdir()
    for index, picture in enumerate(images(40, side=8)):
        kind = ("png", "bmp", "pgm", "tiff")[index % 4]
        Image.fromarray(picture[: 8 - index % 2, :, 0]).save(folder / f"{index:02d}.{kind}")
    (folder / "07.tiff").write_bytes((folder / "07.tiff").read_bytes()[:40])
    return folder


def test_one_broken_picture_is_fatal_and_named(mixed: Path, home: Path) -> None:
    words = ("evaluate", "--real", "mixed", "--fake", "mixed", "--extractor", "random_conv")
    assert "mixed/07.tiff: not" in refusal(*words)
    assert list(home.glob("cache/genbench/features/*")) == []


def test_or_left_out_and_named(
    mixed: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--real", "mixed", "--fake", "mixed", "--extractor", "random_conv")
    for _ in range(2):  # the second time from the cache
        said = run(*words, "--skip-broken")
        assert said["protocol"]["n_real"] == 39
        assert [[text[:13] for text in said["skipped"][side]] for side in ("real", "fake")] == [["mixed/07.tiff"]] * 2
        assert "real: 1 left out: mixed/07.tiff" in capsys.readouterr().out
    assert "skipped: mixed/07.tiff" in caplog.text
    assert "mixed/07.tiff: not" in refusal("evaluate", *words), "what was kept with a gap does not hide it"


def test_pictures_of_several_sizes_keep_their_order(mixed: Path) -> None:
    (mixed / "07.tiff").unlink()
    found = measure({"x": "mixed"}, Measuring("random_conv")).features["x"]
    for index in (0, 1, 20, 38):
        Path("one").mkdir()
        name = sorted(path.name for path in mixed.iterdir())[index]
        (Path("one") / name).write_bytes((mixed / name).read_bytes())
        alone = measure({"x": "one"}, Measuring("random_conv")).features["x"]
        np.testing.assert_allclose(found.vectors[index], alone.vectors[0], rtol=1e-4, atol=1e-5)
        (Path("one") / name).unlink()
        Path("one").rmdir()


def test_pictures_of_several_sizes_need_an_extractor_that_resizes(mixed: Path) -> None:
    words = ("evaluate", "--real", "mixed", "--fake", "mixed", "--skip-broken", "--extractor", "pixels")
    assert "images of different shapes give 64 and 56 features" in refusal(*words)
    cli.main([*words, "--set", "extractor.pixels=8"])


# Refusals

WRONG: dict[tuple[str, ...], str] = {
    ("--extractor", "inceptoin"): "did you mean 'inception'",
    ("--metrics", "fdi"): "unknown --metrics: metric 'fdi'; did you mean 'fid'",
    ("--set", "k=5"): "--set k=5: expected NAME.OPTION=VALUE",
    ("--set", "precision_recall.k"): "expected NAME.OPTION=VALUE",
    ("--set", "precision_recall.k=[5"): "--set precision_recall.k=[5: not readable as YAML",
    ("--set", "precision_recall.k=many"): "metrics.precision_recall.k: ",
    ("--set", "precision_recall.kk=5"): "did you mean 'k'",
    ("--set", "precision_recal.k=5"): "did you mean 'precision_recall'",
    ("--set", "extractor.pixelss=5"): "did you mean 'pixels'",
    ("--set", "precision_recall.k=40"): "expected k from 1 to 39",
    ("--extractor", "classifier"): "classifier: made for one dataset; name the folder",
    ("--metrics", "inception_score"): "inception_score: needs class probabilities",
    ("--metrics", "memorisation"): "memorisation: needs features of the train split",
    ("--real", "nowhere"): "nowhere: no such file or folder",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_mistake_is_one_line(words: tuple[str, ...]) -> None:
    save("r.npy", images(40))
    assert WRONG[words] in refusal("evaluate", "--real", "r.npy", "--fake", "r.npy", "--extractor", "pixels", *words)


@pytest.mark.parametrize("n", [0, 1])
def test_an_empty_or_single_image_set_is_refused(n: int) -> None:
    save("r.npy", images(40))
    save("f.npy", images(n))
    message = refusal("evaluate", "--real", "r.npy", "--fake", "f.npy", "--extractor", "pixels")
    assert ("f.npy: no images" if n == 0 else "fake: a metric needs at least 2 images, got 1") in message


def test_features_that_are_not_finite_are_refused() -> None:
    np.savez("bad.npz", vectors=np.full((4, 2), np.nan, np.float32))
    assert "NaN" in refusal("evaluate", "--real", "bad.npz", "--fake", "bad.npz")


def test_features_go_to_an_npz_alone() -> None:
    save("r.npy", images(4))
    assert "ends in .npz" in refusal("features", "r.npy", "--out", "r.npy", "--extractor", "pixels")


def test_settings_are_values_of_yaml() -> None:
    assert settings(["a.x=1", "a.y=[b, c]", "b.z=null", "b.t=1e-3"]) == {
        "a": {"x": 1, "y": ["b", "c"]},
        "b": {"z": None, "t": 0.001},
    }


@pytest.mark.parametrize("words", [(), ("--extractor", "inception")])
def test_without_weights_the_extractors_that_work_here_are_named(
    words: tuple[str, ...], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Downloads go through a proxy that is not there."""
    monkeypatch.setenv("TORCH_HOME", str(home / "torch"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    save("r.npy", images(20))
    evaluate = ("evaluate", "--real", "r.npy", "--fake", "r.npy")
    message = refusal(*evaluate, *words)
    assert "no download" in message
    names = message.rpartition("here --extractor can be ")[2].split(", ")
    assert {"pixels", "random_conv"} <= {*names} <= {"efficientnet_lite0", "pixels", "random_conv"}
    for name in names:
        cli.main([*evaluate, "--extractor", name, "--metrics", "fid"])


# Streaming and interruption


class Slow:
    """An extractor of one number an image, that notes how many images it is given at once."""

    weights, resize = "", "none"

    def __init__(self) -> None:
        self.most = 0

    def __call__(self, pixels: np.ndarray) -> Output:
        self.most = max(self.most, len(pixels))
        return Output(pixels.reshape(len(pixels), -1)[:, :1].astype(np.float32))


def test_only_a_window_of_images_is_in_memory() -> None:
    save("x.npy", np.zeros((4000, 64, 64, 3), np.uint8))  # 49 MB
    extractor: Extractor = Slow()
    tracemalloc.start()
    found = stream.features(open_source("x.npy"), extractor, name="slow")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 4000
    assert most < 4000 * 64 * 64 * 3 / 4


@pytest.mark.parametrize("channels", [1, 3])
def test_windows_are_bounded_in_bytes_and_number(monkeypatch: pytest.MonkeyPatch, channels: int) -> None:
    items = [Item(np.zeros((channels, 10, 10), np.uint8))] * 700
    assert [len(window) for window in stream.windows(iter(items), "x", None)] == [256, 256, 188]
    monkeypatch.setattr(stream, "WINDOW", 3000)
    assert max(len(window) for window in stream.windows(iter(items), "x", None)) == 11


def test_ctrl_c_leaves_nothing_behind(home: Path, tmp_path: Path) -> None:
    """Interrupted in the middle of the images: exit status 1, one word, no file that was not there."""
    save("x.npy", images(200_000, side=2))
    words = ["evaluate", "--real", "x.npy", "--fake", "x.npy", "--extractor", "random_conv", "--json", "out.json"]
    (home / "tmp").mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", "from genbench.cli import main; main()", *words],
        env={**os.environ, "TMPDIR": str(home / "tmp"), "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    seen = child.stderr.read(20)  # the progress bar has begun
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    rest = child.communicate(timeout=60)[1]
    assert child.returncode == 1
    assert (seen + rest).strip().endswith("stopped")
    assert "Traceback" not in rest
    assert sorted(path.name for path in home.rglob("*")) == ["tmp", "x.npy"]


def test_the_extractor_of_a_prepared_dataset_is_its_own(home: Path) -> None:
    Images(images(40).transpose(0, 3, 1, 2), np.zeros(40, np.int64)).save(Path("data/digits/images/reference"))
    pixels.obtain(Path("data/digits/extractors/pixels"), {}, None, pixels=2)  # type: ignore[arg-type]
    save("f.npy", images(40, 1))
    said = run("--real", "digits", "--fake", "f.npy", "--extractor", "pixels", "--metrics", "fid")
    assert said["protocol"]["resize"] == "pillow bicubic to 2×2"
    assert said["protocol"]["dataset"] == ""
    assert said["protocol"]["reference"] == "reference"
    with pytest.raises(InputError, match="whose options are made"):
        measure({"x": "f.npy"}, Measuring("data/digits/extractors/pixels", {"pixels": 3}))
