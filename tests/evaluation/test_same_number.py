"""One number whatever the pictures come from: folders, archives, arrays, features, Python, the DAG; grey; classes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

import genbench
import stages.evaluate
import stages.features
import stages.reference
from genbench import cli
from genbench.data import prepared
from genbench.data.datasets import Dataset
from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.paths import CODE, Paths
from genbench.data.sources import Item
from genbench.data.sources.location import open_source
from genbench.errors import InputError
from genbench.evaluation import stream
from genbench.evaluation.classes import aligned
from genbench.evaluation.features import Measuring, measure
from genbench.extractors import BATCH, Extractor, Output, extract, pixels, random_conv
from genbench.extractors.classifier import Classifier, Ruler
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.params import Params
from genbench.pipeline.training_record import KEYS
from stages.evaluate import SPLITS
from tests.support.bad_inputs.content import png, tarred, zipped
from tests.support.clone import change, copy_params


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def colours(n: int, seed: int, *, grey: tuple[int, ...] = (), side: int = 8) -> np.ndarray:
    """Make pictures (N, side, side, 3) in two classes, dark and light; those numbered `grey` have no colour."""
    rng = np.random.default_rng(seed)
    dark, light = rng.integers(0, 120, (n // 2, side, side, 3)), rng.integers(90, 256, (n - n // 2, side, side, 3))
    images = np.concatenate([dark, light]).astype(np.uint8)
    images[list(grey)] = images[list(grey)][..., :1]
    return images


def labels(n: int) -> np.ndarray:
    return np.repeat([0, 1], [n // 2, n - n // 2])


def files(images: np.ndarray, above: str = "", kind: str = "png") -> dict[str, bytes]:
    """Give the files of pictures in class folders; grey ones are stored as grey."""
    return {
        f"{above}{('cat', 'dog')[label]}/{index:04}.{kind}": png(
            image[..., 0] if (image == image[..., :1]).all() else image, kind
        )
        for index, (image, label) in enumerate(zip(images, labels(len(images)), strict=True))
    }


def folder(name: str, images: np.ndarray, kind: str = "png") -> str:
    for path, content in files(images, kind=kind).items():
        Path(name, path).parent.mkdir(parents=True, exist_ok=True)
        Path(name, path).write_bytes(content)
    return name


def saved(name: str, content: bytes) -> str:
    Path(name).write_bytes(content)
    return name


def npz(name: str, images: np.ndarray, how: Any = labels) -> str:
    np.savez(name, arr_0=images, arr_1=how(len(images)))
    return name


def stored(name: str, images: np.ndarray) -> str:
    Images(images.transpose(0, 3, 1, 2), labels(len(images))).save(Path(name))
    return name


def features_of(name: str, images: np.ndarray, extractor: str) -> str:
    cli.main(["features", folder(f"{name} pictures", images), "--out", f"{name}.npz", "--extractor", extractor])
    return f"{name}.npz"


SOURCES: dict[str, Callable[[str, np.ndarray, str], str]] = {
    "a folder of PNG": lambda name, images, _: folder(name, images),
    "a folder of TIFF": lambda name, images, _: folder(name, images, "tiff"),
    "a zip file": lambda name, images, _: saved(f"{name}.zip", zipped(files(images))),
    "a zip file of a folder": lambda name, images, _: saved(f"{name}.zip", zipped(files(images, f"{name}/"))),
    "a tar file": lambda name, images, _: saved(f"{name}.tar", tarred(files(images))),
    "a packed tar file": lambda name, images, _: saved(f"{name}.tgz", tarred(files(images, f"{name}/"), "w:gz")),
    "an .npz": lambda name, images, _: npz(f"{name}.npz", images),
    "an .npz, channels first": lambda name, images, _: npz(f"{name}.npz", images.transpose(0, 3, 1, 2)),
    "an .npz, one-hot": lambda name, images, _: npz(f"{name}.npz", images, lambda n: np.eye(2)[labels(n)]),
    "saved images": lambda name, images, _: stored(name, images),
    "saved features": lambda name, images, extractor: features_of(name, images, extractor),
}
METRICS = ["fid", "kid", "precision_recall", "classification_accuracy_score", "fid_within_classes"]


def run(real: str, fake: str, extractor: str = "pixels", metrics: list[str] = METRICS) -> dict[str, Any]:
    words = ["--real", real, "--fake", fake, "--extractor", extractor, "--metrics", *metrics, "--json", "out.json"]
    cli.main(["evaluate", *words, "--no-cache"])
    written: dict[str, Any] = json.loads(Path("out.json").read_text(encoding="utf-8"))
    return written


@pytest.mark.parametrize("extractor", ["pixels", "random_conv"])
@pytest.mark.parametrize("grey", [(), (0, 3, 19)], ids=["colour", "grey among colour"])
def test_every_kind_of_source_gives_the_same_number_to_the_bit(extractor: str, grey: tuple[int, ...]) -> None:
    real, fake = colours(40, 0), colours(40, 1, grey=grey)
    numbers = {
        kind: run(write(f"real {index}", real, extractor), write(f"fake {index}", fake, extractor), extractor)[
            "metrics"
        ]
        for index, (kind, write) in enumerate(SOURCES.items())
    }
    assert numbers["a folder of PNG"].keys() > {"fid", "kid", "classification_accuracy_score", "fid_within_classes"}
    assert numbers == dict.fromkeys(SOURCES, numbers["a folder of PNG"])


class Told:
    """An extractor of the mean that is told how its images lie in memory."""

    weights, resize = "", "none"

    def __init__(self) -> None:
        self.strides = set[tuple[int, ...]]()
        self.batches = list[int]()

    def __call__(self, pixels: np.ndarray) -> Output:
        self.strides.add(pixels.strides[1:])
        self.batches.append(len(pixels))
        return Output(pixels.mean((2, 3)).astype(np.float32))


def test_an_extractor_is_given_one_layout_of_memory() -> None:
    """A convolution of another layout rounds differently."""
    told: Any = Told()
    kinds = {kind: write for kind, write in SOURCES.items() if kind != "saved features"}
    for index, write in enumerate(kinds.values()):
        stream.features(open_source(write(str(index), colours(8, 0, grey=(1,)), "")), told, name="told")
    assert told.strides == {(64, 8, 1)}


@pytest.mark.parametrize("grey", [(), (0, 3), tuple(range(12))], ids=["colour", "grey among colour", "grey"])
def test_an_extractor_is_given_the_same_batches(monkeypatch: pytest.MonkeyPatch, grey: tuple[int, ...]) -> None:
    """Of large pictures a window is full before it has BATCH; a network rounds differently in another batch."""
    monkeypatch.setattr(stream, "WINDOW", 4 * 3 * 8 * 8)
    images = colours(12, 0, grey=grey)
    for index, write in enumerate([folder, npz, stored]):
        told: Any = Told()
        stream.features(open_source(write(f"{index}.npz", images)), told, name="told")
        assert told.batches == [5, 5, 2]


def test_the_kinds_may_be_mixed() -> None:
    real, fake = colours(40, 0), colours(40, 1, grey=(2,))
    kinds = list(SOURCES.values())
    numbers = [
        run(kind(f"real {index}", real, "pixels"), other(f"fake {index}", fake, "pixels"))["metrics"]
        for index, (kind, other) in enumerate(zip(kinds, [*kinds[4:], *kinds[:4]], strict=True))
    ]
    assert numbers == [numbers[0]] * len(kinds)


@pytest.mark.parametrize("grey", [(), (0, 9), tuple(range(300))], ids=["colour", "grey among colour", "grey"])
def test_a_stage_computes_the_same_features_to_the_bit(home: Path, grey: tuple[int, ...]) -> None:
    """What the DAG's stage extracts of prepared images, and `genbench evaluate` of the same in a folder."""
    images = colours(300, 0, grey=grey)
    saved_images = Images(images.transpose(0, 3, 1, 2), labels(300))
    saved_images.save(Path("stored"))
    random_conv.obtain(Path("ruler"), {}, None)  # type: ignore[arg-type]
    extractors: dict[str, Extractor] = {
        "random_conv": random_conv.load(Path("ruler")),
        "pixels": pixels.Pixels(None),
        "classifier": Ruler(Classifier((3, 8, 8), 2, 5), (3, 8, 8), ""),
    }
    for name, extractor in extractors.items():
        whole = extract(extractor, Images.load(Path("stored"), mmap=True), name=name, dataset="", split="", source="")
        places = ["stored"] if name == "pixels" and len(grey) == 300 else ["stored", folder("pictures", images)]
        for place in places:
            found = stream.features(open_source(place), extractor, name=name)
            np.testing.assert_array_equal(found.vectors, whole.vectors)
            assert found.labels is not None
            assert found.labels.tolist() == labels(300).tolist()


# Python, and the DAG


PYTHON: dict[str, Callable[[str, np.ndarray, str], Any]] = {
    "channels last": lambda name, images, _: images,
    "channels first": lambda name, images, _: images.transpose(0, 3, 1, 2),
    "a tensor": lambda name, images, _: torch.from_numpy(images.transpose(0, 3, 1, 2).copy()),
    "Pillow's images": lambda name, images, _: [Image.fromarray(image) for image in images],
    "a folder": lambda name, images, _: Path(folder(name, images)),
    "a zip file": lambda name, images, _: saved(f"{name}.zip", zipped(files(images))),
    "a file of features": lambda name, images, extractor: features_of(name, images, extractor),
    "features": lambda name, images, extractor: Features.load(Path(features_of(name, images, extractor))),
}
SHARED = ["fid", "kid", "precision_recall", "density_coverage"]  # which know no classes


@pytest.mark.parametrize("extractor", ["pixels", "random_conv"])
@pytest.mark.parametrize("grey", [(), (0, 3, 19), tuple(range(40))], ids=["colour", "grey among colour", "grey"])
def test_python_gives_the_number_of_the_command_to_the_bit(extractor: str, grey: tuple[int, ...]) -> None:
    real, fake = colours(40, 0), colours(40, 1, grey=grey)
    expected = run(folder("real", real), folder("fake", fake), extractor, SHARED)["metrics"]
    assert expected.keys() > {"fid", "kid", "precision", "recall", "density", "coverage"}
    for index, (kind, hold) in enumerate(PYTHON.items()):
        if "features" in kind and len(grey) == 40 and extractor == "pixels":
            continue  # of grey alone they have a third of the dimensions, and nothing to tell them of the other side
        sides = {side: hold(f"{side} {index}", images, extractor) for side, images in (("real", real), ("fake", fake))}
        assert genbench.evaluate(**sides, extractor=extractor, metrics=SHARED).metrics == expected, kind


@pytest.fixture
def benchmark(home: Path, one_thread: None) -> Iterator[Params]:
    """Prepared digits of three splits and the samples of a cell, with the features that the stages compute of them."""
    copy_params(home)
    added: dict[str, Any] = {"kid": {}, "density_coverage": {"k": 5}}
    change(home, metrics=added, extractors=["pixels", "random_conv"], extractor={"random_conv": {}})
    p = params.load()
    paths, digits = Paths(p.dataset), load_digits()
    whole = Images(np.round(digits.images * 255 / 16).astype(np.uint8)[:, None], digits.target.astype(np.int64))
    parts = {split: whole[300 * index : 300 * (index + 1)] for index, split in enumerate(SPLITS.values())}
    prepared.save(paths.images, p.dataset, Dataset(whole, tuple("0123456789"), 17), parts)
    whole[900:1200].save(paths.samples("vae", 0))
    write_json(paths.weights("vae", 0) / "training.json", {**dict.fromkeys(KEYS), "best": {}})
    write_json(CODE / "metrics.json", {f"genbench.metrics.{name}": "" for name in p.metrics})
    for stage in ("features", "evaluate"):
        write_json(CODE / "stages" / f"{stage}.json", "")
    with threadpool_limits(1):
        for name, module in (("pixels", pixels), ("random_conv", random_conv)):
            module.obtain(paths.extractor(name), {}, None)
            write_json(CODE / "extractors" / f"{name}.json", "")
            stages.reference.main(name)
            stages.features.main("vae", 0, name)
        yield p


@pytest.mark.parametrize("extractor", ["pixels", "random_conv"])
def test_the_stages_give_the_numbers_of_python_to_the_bit(benchmark: Params, extractor: str) -> None:
    """On as many threads; the samples are one block, of as many images as the reference has."""
    paths = Paths(benchmark.dataset)
    stages.evaluate.main("vae", 0, extractor)
    scored = json.loads(paths.metrics("vae", 0, extractor).read_text(encoding="utf-8"))
    samples = paths.samples("vae", 0)
    kinds: list[Any] = [samples, np.load(samples / "pixels.npy"), paths.features("vae", 0, extractor)]
    sides: dict[str, Any] = {name: f"{benchmark.dataset}/{split}" for name, split in SPLITS.items()}
    options = {name: chosen for name, chosen in benchmark.metrics.items() if name != "inception_score"}
    assert scored["metrics"].keys() > {"fid", "fid_infinity", "kid", "precision", "recall", "density", "copying"}
    for fake in kinds:
        found = genbench.evaluate(**sides, fake=fake, extractor=extractor, metrics=list(options), options=options)
        assert found.metrics == scored["metrics"]


# Grey among colour


def arrays(real: np.ndarray, fake: np.ndarray) -> dict[str, Any]:
    """The numbers of arrays of three channels each, which are the truth."""
    return dict(run(stored("real array", real), stored("fake array", fake), metrics=["fid", "kid"])["metrics"])


GREYS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "one of the generated": ((), (3,)),
    "one of the real": ((7,), ()),
    "the first": ((0,), (0,)),
    "the last": ((29,), (29,)),
    "all of the real": (tuple(range(30)), ()),
    "all of the generated": ((), tuple(range(30))),
    "all but one of both": (tuple(range(29)), tuple(range(1, 30))),
}


@pytest.mark.parametrize("kind", GREYS)
def test_grey_beside_colour_has_three_equal_channels(kind: str) -> None:
    real, fake = (colours(30, seed, grey=grey) for seed, grey in enumerate(GREYS[kind]))
    found = run(folder("real", real), folder("fake", fake), metrics=["fid", "kid"])["metrics"]
    assert found == arrays(real, fake)


def test_all_grey_has_one_channel() -> None:
    every = tuple(range(30))
    real, fake = colours(30, 0, grey=every), colours(30, 1, grey=every)
    found = run(folder("real", real), folder("fake", fake), metrics=["fid"])["metrics"]["fid"]
    assert found == run(npz("real.npz", real), npz("fake.npz", fake), metrics=["fid"])["metrics"]["fid"]
    assert found == run(npz("r1.npz", real[..., :1]), npz("f1.npz", fake[..., :1]), metrics=["fid"])["metrics"]["fid"]
    assert arrays(real, fake)["fid"] == pytest.approx(3 * found)


@pytest.mark.parametrize("grey", [range(BATCH + 20), range(BATCH, BATCH + 40), range(BATCH)])
def test_grey_in_whole_windows(grey: range) -> None:
    """Colour that comes only after a window of grey, or before one."""
    images = colours(BATCH + 40, 0, grey=tuple(grey), side=2)
    np.savez("x.npz", images)
    found = measure({"x": "x.npz"}, Measuring("pixels")).features["x"]
    expected = np.ascontiguousarray(images.transpose(0, 3, 1, 2)).reshape(len(images), -1).astype(np.float32) / 255
    np.testing.assert_array_equal(found.vectors, expected)


def test_a_broken_picture_before_the_first_colour_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    images = colours(BATCH + 40, 0, grey=tuple(range(BATCH + 20)), side=2)
    folder("x", images)
    Path("x/cat/0003.png").write_bytes(b"")
    measured = measure({"x": "x"}, Measuring("pixels", skip_broken=True))
    assert measured.features["x"].vectors.shape == (BATCH + 39, 12)
    assert len(measured.notes["x"].skipped) == 1
    assert caplog.text.count("skipped: x/cat/0003.png") == 1


def test_what_was_kept_of_grey_is_not_taken_for_colour(home: Path) -> None:
    every = tuple(range(30))
    real, fake = folder("real", colours(30, 0, grey=every)), folder("fake", colours(30, 1))
    how = Measuring("pixels", cache=home / "kept")
    alone = measure({"real": real}, how).features["real"]
    for _ in range(2):
        beside = measure({"real": real, "fake": fake}, how).features["real"]
        np.testing.assert_array_equal(beside.vectors, np.tile(alone.vectors, 3))
    np.testing.assert_array_equal(measure({"real": real}, how).features["real"].vectors, alone.vectors)


def test_a_classifier_of_colour_sees_grey_as_colour() -> None:
    ruler = Ruler(Classifier((3, 8, 8), 2, 5), (3, 8, 8), "")
    grey = np.ascontiguousarray(colours(4, 0, grey=(0, 1, 2, 3)).transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(ruler(grey[:, :1]).vectors, ruler(grey).vectors)
    with pytest.raises(InputError, match="expected images of 1 channels, got 3"):
        Ruler(Classifier((1, 8, 8), 2, 5), (1, 8, 8), "")(grey)


def test_windows_are_read_once_where_the_extractor_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    read = list[str]()
    real_windows = stream.windows

    def counted(items: Iterator[Item], location: str, total: int | None) -> Iterator[list[Item]]:
        read.append(location)
        return real_windows(items, location, total)

    monkeypatch.setattr(stream, "windows", counted)
    np.savez("x.npz", colours(BATCH + 4, 0, grey=tuple(range(BATCH)), side=4))
    measure({"x": "x.npz"}, Measuring("random_conv"))
    assert len(read) == 1
    measure({"x": "x.npz"}, Measuring("pixels"))
    assert len(read) == 3


# Classes


def of(classes: tuple[str, ...], numbers: list[int]) -> Features:
    return Features(np.zeros((len(numbers), 2), np.float32), labels=np.array(numbers), classes=classes)


ALIGNED: dict[str, tuple[Features, Features, list[int] | None, list[int] | None]] = {
    "the same": (of(("a", "b"), [0, 1]), of(("a", "b"), [1, 0]), [0, 1], [1, 0]),
    "fewer": (of(("a", "b"), [0, 1]), of(("b",), [0, 0]), [0, 1], [1, 1]),
    "others": (of(("a", "c"), [0, 1]), of(("b", "c"), [0, 1]), [0, 1], [2, 1]),
    "another order": (of(("b", "a"), [0, 1]), of(("a", "b"), [0, 1]), [0, 1], [1, 0]),
    "numbers of an order": (of(("a", "b"), [0, 1]), of((), [1, 0]), [0, 1], [1, 0]),
    "numbers that are names": (of(("3", "7"), [0, 1]), of((), [7, 3]), [0, 1], [1, 0]),
    "numbers beside numbers": (of((), [5, 3]), of((), [3, 5]), [5, 3], [3, 5]),
    "a name beside none": (of(("photos",), [0, 0]), of((), [3, 5]), None, [3, 5]),
    "a folder of each": (of(("real",), [0, 0]), of(("fake",), [0, 0]), None, None),
    "one folder": (of(("all",), [0, 0]), of(("all",), [0, 0]), None, None),
    "unknown ones": (of(("a", "b"), [0, -1]), of((), [-1, 1]), [0, -1], [-1, 1]),
}


@pytest.mark.parametrize("kind", ALIGNED)
def test_classes_are_the_same_by_name(kind: str) -> None:
    real, fake, expected, other = ALIGNED[kind]
    found = aligned({"real": real, "fake": fake})
    for side, numbers in (("real", expected), ("fake", other)):
        values = found[side].labels
        assert (None if values is None else values.tolist()) == numbers


def test_sides_without_a_class_in_common_have_none(caplog: pytest.LogCaptureFixture) -> None:
    """Such as Cat and cat, or shards: a score within classes would be 0, whatever the pictures."""
    real, fake = of(("cat", "dog"), [0, 1]), of(("Cat", "Dog"), [0, 1])
    found = aligned({"real": real, "fake": fake, "train": of(("cat", "dog"), [0, 1])})
    assert [features.labels for features in found.values()] == [None] * 3
    assert "real and fake have no class in common (cat ...; Cat ...)" in caplog.text
    folder("a", colours(20, 0))
    for index, image in enumerate(colours(20, 0)):
        Path(f"b/{index % 2:02}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(f"b/{index % 2:02}/{index}.png")
    assert run("a", "b", metrics=["fid"])["metrics"]["fid"] == pytest.approx(0, abs=1e-9)
    with pytest.raises(SystemExit, match="needs the class of every image"):
        run("a", "b", metrics=["classification_accuracy_score"])


@pytest.mark.parametrize("names", [("cat", "dog"), ("0", "2")])
def test_a_number_beyond_the_names_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=rf"^fake: its classes are numbers, among them 5.*{', '.join(names)}$"):
        aligned({"real": of(names, [0, 1]), "fake": of((), [0, 5])})


def test_a_generator_of_one_class_is_scored_by_name() -> None:
    real, fake = folder("real", colours(40, 0)), colours(40, 1)
    for index, image in enumerate(fake[20:]):
        Path("fake/dog").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(f"fake/dog/{index:02}.png")
    assert (
        run(real, "fake", metrics=["classification_accuracy_score"])["metrics"]["classification_accuracy_score"] == 0.5
    )


def test_names_of_classes_are_kept_with_features() -> None:
    cli.main(["features", folder("x", colours(10, 0)), "--out", "x.npz", "--extractor", "pixels"])
    found = Features.load(Path("x.npz"))
    assert found.classes == ("cat", "dog")
    assert found.labels is not None
    assert found.labels.tolist() == labels(10).tolist()
    np.savez("y.npz", vectors=found.vectors, labels=found.labels, classes=np.array(["one"]))
    with pytest.raises(InputError, match="expected labels below 1"):
        Features.load(Path("y.npz"))
    np.savez("y.npz", vectors=found.vectors, labels=found.labels, classes=np.arange(2))
    with pytest.raises(InputError, match="y.npz: classes: expected names"):
        Features.load(Path("y.npz"))


def test_a_prepared_dataset_names_its_classes(home: Path) -> None:
    """Its own order of names counts, and folders of those names are its classes."""
    about = {
        "dataset": "digits",
        "shape": [3, 8, 8],
        "classes": ["dog", "cat"],
        "levels": 256,
        "counts": {"reference": 40},
    }
    stored("data/digits/images/reference", colours(40, 0)[::-1])
    Path("data/digits/images/about.json").write_text(json.dumps(about))
    pixels.obtain(Path("data/digits/extractors/pixels"), {}, None)  # type: ignore[arg-type]
    found = run("digits", folder("fake", colours(40, 1)), metrics=["classification_accuracy_score"])
    assert found["metrics"]["classification_accuracy_score"] == 1


def test_pictures_without_classes_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    for side in ("real", "fake"):
        saved(f"{side}.zip", zipped({f"{side}/{index}.png": png(image) for index, image in enumerate(colours(9, 0))}))
    with pytest.raises(SystemExit, match="needs the class of every image, fake has unknown ones"):
        run("real.zip", "fake.zip", metrics=["classification_accuracy_score"])
