"""`import genbench` from Python: the numbers of the commands, to the bit, from everything that holds images."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import genbench
from genbench.cli import main
from genbench.data.features import Features
from genbench.find import members
from tests.support.clone import ROOT

N = 30


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, with a cache of its own and without weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    return tmp_path


def pixels(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(256, size=(N, 8, 8, 3), dtype=np.uint8)


def by_command(*words: str) -> dict[str, float]:
    """Give the numbers of `genbench evaluate`, with the pixels as features."""
    main(["evaluate", "--json", "out.json", "--extractor", "pixels", *words])
    return json.loads(Path("out.json").read_text(encoding="utf-8"))["metrics"]


def folder(array: np.ndarray) -> Path:
    made = Path("pictures")
    made.mkdir()
    for index, image in enumerate(array):
        Image.fromarray(image).save(made / f"{index:03d}.png")
    return made


def archive(array: np.ndarray) -> str:
    made = folder(array)
    with zipfile.ZipFile("pictures.zip", "w") as file:
        for path in sorted(made.iterdir()):
            file.write(path, path.name)
    shutil.rmtree(made)
    return "pictures.zip"


def features_file(array: np.ndarray) -> str:
    np.save("made.npy", array)
    main(["features", "made.npy", "--extractor", "pixels", "--out", "made.npz"])
    return "made.npz"


#: Everything that holds the same images.
HOLDERS: dict[str, Callable[[np.ndarray], Any]] = {
    "array": lambda array: array,
    "channels first": lambda array: array.transpose(0, 3, 1, 2),
    "tensor": lambda array: torch.from_numpy(array),
    "list of arrays": list,
    "folder": folder,
    "folder's name": lambda array: str(folder(array)),
    "archive": archive,
    "saved features": features_file,
    "features": lambda array: Features.load(Path(features_file(array))),
}


@pytest.mark.parametrize("kind", HOLDERS)
def test_numbers_are_those_of_the_command_to_the_bit(kind: str) -> None:
    real, fake = pixels(0), pixels(1)
    np.save("real.npy", real)
    np.save("fake.npy", fake)
    expected = by_command("--real", "real.npy", "--fake", "fake.npy")
    held = HOLDERS[kind](real)
    found = genbench.evaluate(real=held, fake=fake, extractor="pixels")
    assert found.metrics == expected
    assert genbench.fid(held, torch.from_numpy(fake), extractor="pixels") == expected["fid"]


def test_metrics_options_and_seeds_are_those_of_the_command() -> None:
    np.save("real.npy", pixels(0))
    words = ("--metrics", "precision_recall", "sliced_wasserstein", "--set", "precision_recall.k=2", "--seed", "5")
    expected = by_command("--real", "real.npy", "--fake", "real.npy", *words)
    found = genbench.evaluate(
        real=pixels(0),
        fake=pixels(0),
        extractor="pixels",
        metrics=("precision_recall", "sliced_wasserstein"),
        options={"precision_recall": {"k": 2}},
        seed=5,
    )
    assert found.metrics == expected
    assert found.protocol["options"]["precision_recall"] == {"k": 2}


def test_what_it_says_names_no_file_that_is_gone() -> None:
    found = genbench.evaluate(real=pixels(0), fake=pixels(1), extractor="pixels")
    assert found.protocol["sides"]["real"]["location"] == "real.npy"
    assert "genbench-" not in json.dumps(found.document())


def test_fid_of_features_is_the_frechet_distance() -> None:
    """By hand: means 3 apart, equal variances, so that the distance is 9; and (2 − 1)² of two spreads."""
    a = np.array([[-1.0], [1.0]])
    assert genbench.fid(a, a + 3) == pytest.approx(9)
    assert genbench.fid(a, 2 * a) == pytest.approx((2 - 1) ** 2 * 2)  # of the variance with divisor n − 1, 2
    b = np.random.default_rng(0).normal(size=(50, 4))
    assert genbench.fid(b, b) == pytest.approx(0, abs=1e-9)
    c = torch.from_numpy(b[::-1].copy() + 1).requires_grad_()
    assert genbench.fid(b, c) == pytest.approx(4)
    assert genbench.fid(b.astype(np.float32), torch.from_numpy(b).bfloat16()) < 0.01


def test_without_weights_fid_of_images_names_extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", _no_network)
    with pytest.raises(genbench.InputError, match=r"here extractor= can be .*pixels") as refused:
        genbench.fid(pixels(0), pixels(1))
    assert "--" not in str(refused.value) and "\n" not in str(refused.value)


def _no_network(*given: object, **more: object) -> None:
    raise OSError("no network")


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (np.zeros((5, 8, 8, 3)), "fake: expected images, uint8 of shape .*; got float64 of shape (5, 8, 8, 3)"),
        (np.zeros((5, 3), np.uint8), "fake: expected images, uint8 .*, or features, floats .*; got uint8 of shape"),
        (np.zeros(5), "got float64 of shape (5,)"),
        (np.zeros((5, 8, 8, 3), bool), "got bool of shape"),
        (np.zeros((4, 5, 6, 7), np.uint8), "fake.npy: "),
        ([np.zeros((2, 2)), np.zeros((3, 3))], "expected images"),
        ("nowhere", "nowhere: no such file or folder, nor a dataset"),
        (np.full((5, 3), np.nan), "NaN or infinity"),
    ],
)
def test_what_is_no_images_is_one_line(held: Any, message: str) -> None:
    parts = [re.escape(part) for part in message.split(".*")]
    with pytest.raises(genbench.InputError, match=".*".join(parts)) as refused:
        genbench.evaluate(real=pixels(0), fake=held, extractor="pixels")
    assert "\n" not in str(refused.value) and "genbench-" not in str(refused.value)


@pytest.mark.parametrize("wrong", [{"metrics": ["fidd"]}, {"options": {"fid": {"k": 1}}}, {"extractor": "pixel"}])
def test_a_wrong_name_is_refused_in_the_words_of_python(wrong: dict[str, Any]) -> None:
    with pytest.raises(genbench.InputError) as refused:
        genbench.evaluate(**{"real": pixels(0), "fake": pixels(1), "extractor": "pixels", **wrong})
    assert "--" not in str(refused.value)


# Training


TINY: dict[str, Any] = {"steps": 3, "batch": 8, "network": {"name": "conv", "width": 4}, "latent": 2}


def test_a_model_is_trained_and_sampled_with_seeds() -> None:
    model = genbench.train("vae", pixels(0), **TINY)
    again = genbench.train("vae", pixels(0).transpose(0, 3, 1, 2), **TINY)
    drawn = model.sample(5, seed=1)
    assert (drawn.shape, str(drawn.dtype)) == ((5, 8, 8, 3), "uint8")
    assert np.array_equal(drawn, again.sample(5, seed=1))
    assert not np.array_equal(drawn, model.sample(5, seed=2))
    assert model.curve[-1].step == 3
    assert genbench.evaluate(real=pixels(0), fake=drawn, extractor="pixels", metrics=["fid"]).metrics["fid"] > 0


def test_the_images_are_read_from_arrays_folders_and_archives() -> None:
    """The memoriser deals out its training images."""
    one = np.repeat(pixels(0)[:1], N, axis=0)
    for holder in ("array", "tensor", "folder", "archive"):
        drawn = genbench.train("memoriser", HOLDERS[holder](one)).sample(3)
        assert np.array_equal(drawn, one[:3]), holder
        shutil.rmtree("pictures", ignore_errors=True)


def test_pictures_are_resized_where_that_is_asked_for() -> None:
    drawn = genbench.train("memoriser", folder(pixels(0)), pixels=4).sample(2)
    assert drawn.shape == (2, 4, 4, 3)


def test_labels_are_given_for_conditional_models() -> None:
    options: dict[str, Any] = {"steps": 1, "batch": 4, "classes": 2, "width": 4, "layers": 1}
    grey, labels = pixels(0)[..., :1], np.arange(N) % 2
    model = genbench.train("pixelcnn_conditional", grey, labels=labels, **options)
    assert model.sample(2).shape == (2, 8, 8, 1)
    with pytest.raises(genbench.InputError, match="labels: expected 30 whole numbers from 0, got int64 of shape"):
        genbench.train("pixelcnn_conditional", grey, labels=labels[:3], **options)
    with pytest.raises(genbench.InputError):
        genbench.train("pixelcnn_conditional", grey, **options)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"run": "vea"}, "unknown run 'vea'; did you mean 'vae'?"),
        ({"batch": 28}, "batch: expected at most the 27 training images, got 28"),
        ({"steps": 0}, "train: steps: "),
        ({"latents": 3}, "unknown vae: option 'latents'; did you mean 'latent'?"),
        ({"accelerator": "tpu"}, "train: accelerator: "),
        ({"images": np.zeros((5, 8, 8, 3))}, "images: expected images, uint8"),
    ],
)
def test_a_mistake_of_training_is_one_line(given: dict[str, Any], message: str) -> None:
    words = {"run": "vae", "images": pixels(0), **TINY, **given}
    with pytest.raises(genbench.InputError, match=f"^{re.escape(message)}"):
        genbench.train(words.pop("run"), words.pop("images"), **words)


def test_pictures_of_several_sizes_need_one() -> None:
    Image.new("L", (8, 8)).save("small.png")
    Image.new("L", (16, 16)).save("large.png")
    with zipfile.ZipFile("both.zip", "w") as file:
        file.write("small.png")
        file.write("large.png")
    with pytest.raises(genbench.InputError, match=r"both.zip: images of 2 sizes, .*; set pixels="):
        genbench.train("vae", "both.zip", **TINY)


# The package


def in_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_an_import_of_the_package_loads_no_library_and_names_come_late() -> None:
    code = "import sys; before = set(sys.modules); import genbench; print(sorted(set(sys.modules) - before))"
    assert in_python(code) == "['genbench']\n"
    code = "import genbench as g, sys; print(dir(g), g.__version__, sorted({'torch', 'numpy'} & {*sys.modules}))"
    printed = in_python(code)
    assert "'evaluate'" in printed and "'train'" in printed and printed.endswith("[]\n")


def test_every_function_is_a_name_of_the_package_with_its_types() -> None:
    assert {*members("api"), "InputError", "__version__"} == set(genbench.__all__)
    assert (ROOT / "genbench/py.typed").is_file()
    stub = (ROOT / "genbench/__init__.pyi").read_text(encoding="utf-8")
    for name in members("api"):
        assert f"from genbench.api.{name} import {name} as {name}\n" in stub
        assert getattr(genbench, name).__module__ == f"genbench.api.{name}"
    with pytest.raises(AttributeError, match="no attribute 'fidd'"):
        genbench.fidd  # type: ignore[attr-defined] # noqa: B018


def test_the_examples_of_the_documentation_run() -> None:
    """Each block of docs/api.md after the others, in a folder of its own."""
    text = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 3
    exec("\n".join(blocks), {})
