"""`import genbench` from Python: the numbers of the commands, to the bit, from everything that holds images."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
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
    assert found.protocol["sides"]["real"]["location"] == "real"
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


def test_features_that_nobody_knows_are_told_beside_images() -> None:
    vectors = pixels(0).transpose(0, 3, 1, 2).reshape(N, -1) / 255
    beside = genbench.evaluate(real=vectors, fake=pixels(1), extractor="pixels", metrics=["fid"])
    assert beside.metrics["fid"] == pytest.approx(genbench.fid(pixels(0), pixels(1), extractor="pixels"), rel=1e-5)
    assert "real: features without a protocol; nothing says that they are of pixels and its resizing" in beside.notes
    assert not any("protocol" in note for note in genbench.evaluate(real=vectors, fake=vectors, metrics=["fid"]).notes)


def _no_network(*given: object, **more: object) -> None:
    raise OSError("no network")


def _no_answer(*given: object, **more: object) -> None:
    time.sleep(10)
    raise OSError("no answer")


@pytest.mark.parametrize("search", [_no_network, _no_answer])
def test_without_weights_fid_of_images_names_extractor(
    monkeypatch: pytest.MonkeyPatch, search: Callable[..., None]
) -> None:
    """Within seconds, also where the search for a server has no end."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    before = time.monotonic()
    monkeypatch.setattr("socket.getaddrinfo", search)
    with pytest.raises(genbench.InputError, match=r"here extractor= can be .*pixels") as refused:
        genbench.fid(pixels(0), pixels(1))
    assert "--" not in str(refused.value) and "\n" not in str(refused.value)
    assert time.monotonic() - before < 30


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (np.zeros((5, 8, 8, 3)), "fake: expected images, uint8 of shape .*; got float64 of shape (5, 8, 8, 3)"),
        (np.zeros((5, 3), np.uint8), "fake: expected images, uint8 .*, or features, floats .*; got uint8 of shape"),
        (np.zeros(5), "got float64 of shape (5,)"),
        (np.zeros((5, 8, 8, 3), bool), "got bool of shape"),
        (np.zeros((4, 5, 6, 7), np.uint8), "fake: expected uint8 images"),
        ([np.zeros((2, 2)), np.zeros((3, 3))], "fake: expected images, .*; got list: "),
        ("nowhere", "nowhere: no such file or folder, nor a dataset"),
        (np.full((5, 3), np.nan), "fake: features: vectors hold NaN or infinity"),
        (np.zeros((5, 0)), "fake: vectors: expected features of at least 1 dimension, got float64 (5, 0)"),
        (np.zeros((5, 4)), "real has 192 dimensions, fake 4"),
        (np.zeros((0, 8, 8, 3), np.uint8), "fake: no images in it"),
        (np.zeros((1, 8, 8, 3), np.uint8), "fake: a metric needs at least 2 images, got 1"),
        (np.zeros((8, 8, 3), np.uint8), "fake: uint8 (8, 8, 3) could be 8 grey images .*np.stack"),
        (np.zeros((5, 8, 8, 4), np.uint8), "fake: expected uint8 images"),
        (np.zeros((5, 9, 9, 3), np.uint8), "real 8 × 8 × 3, fake 9 × 9 × 1"),
        (None, "fake: expected images"),
        (3, "fake: expected images"),
        ({"a": 1}, "fake: expected images"),
        (iter([1]), "fake: expected images"),
        ([b"a.png", b"b.png"], "fake: expected images"),
        (["a.png", "b.png"], "fake: expected images"),
        (torch.rand(5, 3, 8, 8), "fake: expected images, .*; got float32 of shape (5, 3, 8, 8)"),
        (torch.zeros(5, 4, device="meta"), "fake: expected images, .*; got Tensor: "),
        (torch.zeros(5, 4).to_sparse(), "fake: expected images, .*; got Tensor: "),
        ([Image.new("F", (8, 8))] * 5, "fake: image 0 of 5: "),
        (Image.new("RGB", (8, 8)), "fake: uint8 (8, 8, 3) could be 8 grey images"),
        ("", "expected a path or the name of a prepared dataset, got an empty text"),
        ("digit/reference", "digit/reference: no such file or folder, nor a dataset"),
    ],
)
def test_what_is_no_images_is_one_line(held: Any, message: str) -> None:
    parts = [re.escape(part) for part in message.split(".*")]
    with pytest.raises(genbench.InputError, match=".*".join(parts)) as refused:
        genbench.evaluate(real=pixels(0), fake=held, extractor="pixels")
    assert "\n" not in str(refused.value) and "genbench-" not in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"metrics": ["fidd"]}, "unknown metrics: metric 'fidd'; did you mean 'fid'?"),
        ({"metrics": ["precision"]}, "unknown metrics: metric 'precision'; did you mean 'precision_recall'?"),
        ({"metrics": "fid"}, "metrics: expected a list of names, such as ['fid'], got 'fid'"),
        ({"options": {"fid": {"k": 1}}}, "unknown metrics.fid: option 'k'"),
        ({"options": {"fid": 3}}, "options: expected a mapping for each metric, "),
        ({"options": [1]}, "options: expected a mapping for each metric, "),
        ({"options": {"extractor": {"size": 8}}}, "unknown extractor: option 'size' (there is: pixels)"),
        ({"extractor": "pixel"}, "unknown extractor: no folder and no extractor 'pixel'; did you mean 'pixels'?"),
        ({"extractor": "classifier"}, "extractor=classifier: made for one dataset"),
        ({"extractor": torch.nn.Identity()}, "extractor: expected a name or a folder, got Identity; "),
        ({"real": None}, "real: expected images"),
    ],
)
def test_a_wrong_argument_is_refused_in_the_words_of_python(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(genbench.InputError, match=f"^{re.escape(message)}") as refused:
        genbench.evaluate(**{"real": pixels(0), "fake": pixels(1), "extractor": "pixels", **wrong})
    assert "--" not in str(refused.value)


# Pillow's images


def modes(image: np.ndarray) -> dict[str, Image.Image]:
    """One picture in each of Pillow's modes that a PNG file can hold; what its array holds differs from its pixels."""
    picture = Image.fromarray(image)
    seen = {mode: picture.convert(mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1")}
    seen["RGBA"].putalpha(100)
    seen["I;16"] = Image.fromarray(image[..., 0].astype(np.uint16) * 257)
    return seen


@pytest.mark.parametrize("mode", modes(pixels(0)[0]))
def test_pillow_images_are_what_their_files_are(home: Path, mode: str) -> None:
    """Saved as PNG files by Pillow, which the decoder reads rightly (tests/files/test_pixels.py)."""
    images = [modes(image)[mode] for image in pixels(1)]
    Path("saved").mkdir()
    for index, image in enumerate(images):
        image.save(f"saved/{index:03}.png")
    found = genbench.evaluate(real=pixels(0), fake=images, extractor="pixels", metrics=["fid"])
    assert found.metrics == genbench.evaluate(real=pixels(0), fake="saved", extractor="pixels", metrics=["fid"]).metrics


def test_pillow_images_may_differ_in_size_and_colour() -> None:
    images = [Image.new("RGB", (8, 8), (index, 0, 0)) for index in range(10)] + [Image.new("L", (9, 5))] * 3
    found = genbench.evaluate(real=pixels(0), fake=images, extractor="random_conv", metrics=["fid"])
    assert "fake 2 sizes from 9 × 5 × 3 to 8 × 8 × 3" in found.notes[-1]
    drawn = genbench.train("memoriser", images[:10]).sample(2)
    assert drawn.shape == (2, 8, 8, 3)


@pytest.mark.parametrize("make", [list, tuple])
def test_a_list_of_tensors_is_read(make: Any) -> None:
    tensors = make(torch.from_numpy(image) for image in pixels(1))
    assert genbench.fid(pixels(0), tensors, extractor="pixels") == genbench.fid(
        pixels(0), pixels(1), extractor="pixels"
    )
    a, b = np.random.default_rng(0).normal(size=(2, 20, 3))
    rows = make(torch.from_numpy(row).requires_grad_() for row in b)
    assert genbench.fid(a, rows) == genbench.fid(a, b)


@pytest.mark.parametrize("how", ["every second", "mirrored", "by columns", "mapped", "read-only"])
def test_arrays_lie_in_memory_as_they_like(how: str) -> None:
    images = pixels(1)
    np.save("x.npy", images)
    held, same = {
        "every second": (images[::2], images[::2].copy()),
        "mirrored": (images[:, :, ::-1], images[:, :, ::-1].copy()),
        "by columns": (np.asfortranarray(images), images),
        "mapped": (np.load("x.npy", mmap_mode="r"), images),
        "read-only": (np.broadcast_to(images[:1], images.shape), images[:1].repeat(N, axis=0)),
    }[how]
    assert genbench.fid(pixels(0), held, extractor="pixels") == genbench.fid(pixels(0), same, extractor="pixels")


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
        ({"levels": 1}, "levels: expected a whole number from 2 to 256, got 1"),
        ({"levels": 257}, "levels: expected a whole number from 2 to 256, got 257"),
        ({"pixels": 0}, "pixels: expected a whole number of at least 1, got 0"),
        ({"pixels": "8"}, "pixels: expected a whole number of at least 1, got '8'"),
        ({"images": np.zeros((0, 8, 8, 3), np.uint8)}, "images: expected images, there are none"),
        ({"images": np.zeros((5, 3))}, "images: expected uint8 images"),
        ({"images": np.zeros((5, 8, 8, 3))}, "images: expected images, uint8"),
    ],
)
def test_a_mistake_of_training_is_one_line(given: dict[str, Any], message: str) -> None:
    words = {"run": "vae", "images": pixels(0), **TINY, **given}
    with pytest.raises(genbench.InputError, match=f"^{re.escape(message)}"):
        genbench.train(words.pop("run"), words.pop("images"), **words)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n": -1}, "n: expected a whole number of at least 0, got -1"),
        ({"n": 2.5}, "n: expected a whole number of at least 0, got 2.5"),
        ({"n": "3"}, "n: expected a whole number of at least 0, got '3'"),
        ({"batch": 0}, "batch: expected a whole number of at least 1, got 0"),
        ({"steps": 3}, "unknown sample: option 'steps'"),
    ],
)
def test_a_mistake_of_sampling_is_one_line(given: dict[str, Any], message: str) -> None:
    model = genbench.train("noise", pixels(0))
    none: Any = np.int64(0)
    assert model.sample(none).shape == (0, 8, 8, 3)
    with pytest.raises(genbench.InputError, match=f"^{re.escape(message)}"):
        model.sample(**{"n": 2, **given})


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


USER = """
import numpy as np
from PIL import Image
import genbench

images = np.zeros((9, 8, 8, 3), np.uint8)
distance: float = genbench.fid(images, [Image.new("RGB", (8, 8))], extractor="pixels")
found = genbench.evaluate(real="pictures", fake=images, metrics=["fid"], options={"extractor": {"pixels": 8}})
value: float = found.metrics["fid"]
drawn: np.ndarray = genbench.train("vae", images, labels=[0] * 9, latent=4).sample(3, seed=1)
"""


@pytest.mark.pipeline
def test_types_are_seen_by_mypy(home: Path) -> None:
    """By that of a user, whose project is elsewhere; torch and others are passed over, for they take a minute."""
    passed_over = "torch.*,scipy.*,pandas.*,matplotlib.*,sklearn.*,pydantic.*,ruamel.*,tqdm.*,zuko.*"
    Path("mypy.ini").write_text(
        f"[mypy]\nstrict = True\n[mypy-{passed_over}]\nfollow_imports = skip\nignore_missing_imports = True\n"
        "[mypy-genbench.*]\nignore_errors = True\n"
    )
    Path("right.py").write_text(USER)
    Path("wrong.py").write_text(
        "import genbench\ngenbench.fidd\ngenbench.fid(3j, 'a', extractor=3)\ngenbench.evaluate(real='a')\n"
    )
    words = [sys.executable, "-m", "mypy", "--no-error-summary", "right.py", "wrong.py"]
    env = {**os.environ, "MYPYPATH": str(ROOT)}
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    said = [line.rpartition("[")[2].rstrip("]") for line in done.stdout.splitlines() if ": error: " in line]
    assert said == ["attr-defined", "arg-type", "call-arg"], done.stdout + done.stderr


def test_the_examples_of_the_documentation_run() -> None:
    """Each block of docs/api.md after the others, in a folder of its own."""
    text = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 3
    exec("\n".join(blocks), {})
