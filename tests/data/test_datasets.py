"""The datasets, their splits and their files."""

from __future__ import annotations

import gzip
import http.server
import io
import json
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image

from genbench.data.datasets import Dataset, cifar10, digits, fashion_mnist, image_folder, mnist
from genbench.data.datasets._download import md5, obtain
from genbench.data.datasets._fit import luma
from genbench.data.images import Images
from genbench.data.prepared import About, load_about, load_split, save
from genbench.data.resize import resize
from genbench.data.splits import SPLITS, split
from genbench.errors import InputError
from genbench.files import download
from genbench.files.download import cache_folder
from genbench.files.picture import find_pictures
from tests.support.fashion_mnist import needs_fashion_mnist

Picture = Callable[..., Path]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, so that no test reads or writes the user's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "genbench"


def numbered(counts: list[int], first_label: int = 0) -> Dataset:
    """Make a dataset of that many images a class, each recognisable by its pixels."""
    labels = np.repeat(np.arange(first_label, first_label + len(counts)), counts)
    pixels = np.arange(len(labels), dtype=">u4").view(np.uint8).reshape(-1, 1, 2, 2)
    return Dataset(Images(pixels, labels), tuple(f"class {k}" for k in range(len(counts) + first_label)), 256)


def numbers(images: Images) -> np.ndarray:
    return np.ascontiguousarray(images.pixels).reshape(-1).view(">u4")


# splits


@given(counts=st.lists(st.integers(4, 60), min_size=1, max_size=8), seed=st.integers(0, 3), data=st.data())
def test_splits_are_disjoint_exact_and_proportional(counts: list[int], seed: int, data: st.DataObject) -> None:
    dataset, total = numbered(counts), sum(counts)
    ends = sorted(data.draw(st.sets(st.integers(1, total), min_size=4, max_size=4)))
    sizes = [int(size) for size in np.diff([0, *ends])]
    splits = split(dataset, dict(zip(SPLITS, sizes, strict=True)), np.random.default_rng(seed))
    assert tuple(splits) == SPLITS
    assert [len(images) for images in splits.values()] == sizes
    everything = np.concatenate([numbers(images) for images in splits.values()])
    assert len(set(everything)) == sum(sizes)
    for images in splits.values():
        assert (images.labels == dataset.images.labels[numbers(images)]).all()  # labels stay with their images
        shares = np.bincount(images.labels, minlength=len(counts))
        assert (np.abs(shares - len(images) * np.array(counts) / total) <= 1).all()


def test_equal_classes_are_split_equally(rng: np.random.Generator) -> None:
    splits = split(numbered([50] * 10), {"train": 300, "validation": 50, "reference": 100, "held_out": 50}, rng)
    for images in splits.values():
        assert (np.bincount(images.labels) == len(images) // 10).all()


@pytest.mark.parametrize("total", [97, 1797, 70000])
def test_shares_that_sum_to_one_use_every_image(total: int, rng: np.random.Generator) -> None:
    shares = {"train": 0.7, "validation": 0.1, "reference": 0.1, "held_out": 0.1}
    splits = split(numbered([total]), shares, rng)
    assert sum(len(images) for images in splits.values()) == total
    assert all(abs(len(splits[name]) - share * total) < 1 for name, share in shares.items())


def test_numbers_and_shares_may_be_mixed(rng: np.random.Generator) -> None:
    splits = split(numbered([100, 100]), {"train": 0.5, "validation": 10, "reference": 0.25, "held_out": 40}, rng)
    assert {name: len(images) for name, images in splits.items()} == {
        "train": 100,
        "validation": 10,
        "reference": 50,
        "held_out": 40,
    }


def test_images_without_labels_are_shuffled(rng: np.random.Generator) -> None:
    dataset = numbered([40], first_label=-1)
    splits = split(dataset, dict.fromkeys(SPLITS, 10), rng)
    everything = np.concatenate([numbers(images) for images in splits.values()])
    assert sorted(everything) == list(range(40))
    assert (everything != np.arange(40)).any()
    assert all((images.labels == -1).all() for images in splits.values())


def test_images_of_a_split_are_shuffled_over_classes(rng: np.random.Generator) -> None:
    splits = split(numbered([100, 100]), dict.fromkeys(SPLITS, 0.25), rng)
    assert all((np.diff(images.labels) != 0).sum() > 1 for images in splits.values())


def test_the_generator_decides_the_split() -> None:
    def train(seed: int) -> np.ndarray:
        return numbers(split(numbered([40, 40]), dict.fromkeys(SPLITS, 20), np.random.default_rng(seed))["train"])

    assert (train(1) == train(1)).all()
    assert (train(1) != train(2)).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": 38}, "data.split: needs 68 images .* but there are 60"),
        ({"train": 0.9}, "data.split: needs 84 images .* but there are 60"),
        ({"train": 0}, "data.split.train: expected .* got 0"),
        ({"held_out": -3}, "data.split.held_out: expected .* got -3"),
        ({"held_out": 1.5}, "data.split.held_out: expected .* got 1.5"),
        ({"held_out": float("nan")}, "data.split.held_out: expected .* got nan"),
        ({"held_out": True}, "data.split.held_out: expected .* got True"),
        ({"held_out": "10"}, "data.split.held_out: expected .* got '10'"),
        ({"held_out": 0.001}, "data.split.held_out: a share of 0.001 of 60 images is not one image"),
        ({"heldout": 10}, "unknown split 'heldout'; did you mean 'held_out'"),
    ],
)
def test_wrong_shares_are_refused(change: dict[str, int | float], message: str, rng: np.random.Generator) -> None:
    with pytest.raises(InputError, match=message) as caught:
        split(numbered([30, 30]), dict.fromkeys(SPLITS, 10) | change, rng)
    assert "\n" not in str(caught.value)


def test_a_missing_split_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(InputError, match=r"data.split: no reference"):
        split(numbered([60]), {"train": 10, "validation": 10, "held_out": 10}, rng)


def test_a_class_that_cannot_be_in_every_split_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(InputError, match="'class 1' has 3 images: each class needs at least 4"):
        split(numbered([50, 3]), dict.fromkeys(SPLITS, 10), rng)


def test_splits_come_back_from_their_files(tmp_path: Path, rng: np.random.Generator) -> None:
    dataset = numbered([30, 20])
    splits = split(dataset, dict.fromkeys(SPLITS, 10), rng)
    about = save(tmp_path, "numbers", dataset, splits)
    assert load_about(tmp_path) == about
    assert about == About("numbers", (1, 2, 2), ("class 0", "class 1"), 256, dict.fromkeys(SPLITS, 10))
    for name in SPLITS:
        for mmap in (False, True):
            loaded = load_split(tmp_path, name, mmap=mmap)
            assert (loaded.pixels == splits[name].pixels).all()
            assert (loaded.labels == splits[name].labels).all()
    assert isinstance(load_split(tmp_path, "train", mmap=True).pixels, np.memmap)


def test_an_unknown_split_or_a_strange_about_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown split 'test'"):
        load_split(tmp_path, "test")
    (tmp_path / "about.json").write_text("[]")
    with pytest.raises(InputError, match=r"about.json: expected the keys classes, counts"):
        load_about(tmp_path)


@pytest.mark.parametrize(("key", "value"), [("levels", 1), ("levels", -3), ("shape", [1, 0, 2]), ("counts", None)])
def test_an_about_that_cannot_be_is_refused(tmp_path: Path, rng: np.random.Generator, key: str, value: object) -> None:
    dataset = numbered([30, 20])
    about = asdict(save(tmp_path, "numbers", dataset, split(dataset, dict.fromkeys(SPLITS, 10), rng)))
    (tmp_path / "about.json").write_text(json.dumps(about | {key: value}))
    with pytest.raises(InputError, match=rf"about.json: {key}"):
        load_about(tmp_path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"shape": (1, 3, 3)}, r"expected images of \(1, 3, 3\)"),
        ({"classes": ["one"]}, "expected labels below 1, got 1"),
    ],
)
def test_images_that_are_not_what_about_says_are_refused(
    tmp_path: Path, rng: np.random.Generator, changed: dict[str, object], message: str
) -> None:
    dataset = numbered([30, 20])
    about = asdict(save(tmp_path, "numbers", dataset, split(dataset, dict.fromkeys(SPLITS, 10), rng)))
    (tmp_path / "about.json").write_text(json.dumps(about | changed))
    with pytest.raises(InputError, match=message):
        load_split(tmp_path, "train")


# channels and size


def test_luma_weighs_the_primaries_as_bt601_says() -> None:
    primaries = 255 * np.concatenate([np.eye(3), np.ones((1, 3)), np.zeros((1, 3))]).astype(np.uint8)
    assert luma(primaries[:, :, None, None]).ravel().tolist() == [76, 150, 29, 255, 0]


# digits


def test_digits_are_the_images_of_scikit_learn() -> None:
    from sklearn.datasets import load_digits

    original, dataset = load_digits(), digits.load(source=Path("none"), size=None)
    assert dataset.images.shape == (1, 8, 8)
    assert dataset.levels == 17
    assert dataset.classes == tuple("0123456789")
    assert (np.rint(dataset.images.pixels[:, 0] / 255 * 16) == original.images).all()
    assert (dataset.images.labels == original.target).all()


def test_digits_in_another_size_and_colour() -> None:
    native = digits.load(source=Path("none"), size=8)
    larger = digits.load(source=Path("none"), size=16, channels=3)
    assert native.levels == 17
    assert larger.levels == 256  # interpolation leaves the 17 levels
    assert larger.images.shape == (3, 16, 16)
    assert (larger.images.pixels[:, :1] == resize(native.images.pixels, 16)).all()
    assert (larger.images.pixels == larger.images.pixels[:, :1]).all()


# MNIST and Fashion-MNIST


def idx(values: np.ndarray) -> bytes:
    """Make an array in the idx format."""
    return bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">i4").tobytes() + values.tobytes()


@pytest.fixture
def idx_files(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Five training and three test images in MNIST's format, and their checksums in the place of MNIST's."""
    files = {}
    for part, n in {"train": 5, "t10k": 3}.items():
        files[f"{part}-images-idx3-ubyte"] = idx(rng.integers(0, 256, (n, 28, 28), np.uint8))
        files[f"{part}-labels-idx1-ubyte"] = idx(rng.integers(0, 10, n).astype(np.uint8))
    monkeypatch.setattr(mnist, "MD5", {name: md5(content) for name, content in files.items()})
    return files


def write(folder: Path, files: dict[str, bytes], compress: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / (f"{name}.gz" if compress else name)).write_bytes(gzip.compress(content) if compress else content)
    return folder


@pytest.mark.parametrize("folder", [".", "MNIST/raw"])
@pytest.mark.parametrize("compress", [False, True])
def test_mnist_reads_a_local_copy(tmp_path: Path, idx_files: dict[str, bytes], folder: str, compress: bool) -> None:
    write(tmp_path / folder, idx_files, compress)
    dataset = mnist.load(source=tmp_path, size=None)
    pixels = b"".join(idx_files[f"{part}-images-idx3-ubyte"][16:] for part in ("train", "t10k"))
    labels = b"".join(idx_files[f"{part}-labels-idx1-ubyte"][8:] for part in ("train", "t10k"))
    assert dataset.images.shape == (1, 28, 28)
    assert dataset.images.pixels.tobytes() == pixels
    assert dataset.images.labels.tolist() == list(labels)


def test_mnist_refuses_a_copy_that_is_not_the_original(tmp_path: Path, idx_files: dict[str, bytes]) -> None:
    write(tmp_path, idx_files)
    path = tmp_path / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="t10k-images-idx3-ubyte: broken, or not a file of mnist"):
        mnist.load(source=tmp_path, size=None)


@pytest.mark.parametrize("keep", [100, 3])
def test_mnist_names_a_truncated_archive(tmp_path: Path, idx_files: dict[str, bytes], keep: int) -> None:
    write(tmp_path, idx_files, compress=True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte.gz: not readable"):
        mnist.load(source=tmp_path, size=None)


def test_mnist_refuses_a_part_of_its_files(tmp_path: Path, idx_files: dict[str, bytes]) -> None:
    idx_files.pop("t10k-labels-idx1-ubyte")
    write(tmp_path, idx_files)
    with pytest.raises(InputError, match="3 of the 4 files of mnist, without t10k-labels-idx1-ubyte"):
        mnist.load(source=tmp_path, size=None)


def test_fashion_mnist_is_whole() -> None:
    """7,000 images a class (Xiao et al. 2017, section 2); the mean pixel that is widely used is 0.2860 of 255."""
    needs_fashion_mnist()
    dataset = fashion_mnist.load(source=Path("none"), size=None)
    assert dataset.images.pixels.shape == (70000, 1, 28, 28)
    assert (np.bincount(dataset.images.labels) == 7000).all()
    assert len(dataset.classes) == 10
    assert dataset.images.pixels[:60000].mean() / 255 == pytest.approx(0.2860, abs=5e-5)
    assert dataset.images.labels[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]


# downloads


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """A web server on this machine: its address and the folder that it serves."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/", folder
        running.shutdown()


def test_mnist_is_downloaded_once(
    idx_files: dict[str, bytes], server: tuple[str, Path], tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genbench.data.datasets._torchvision import torchvision

    address, served = server
    write(served, idx_files, compress=True)
    resources = [(path.name, md5(path.read_bytes())) for path in sorted(served.iterdir())]
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [address + "gone/", address])  # the first has nothing
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", resources)
    first = mnist.load(source=tmp_path / "empty", size=None)
    assert len(first.images) == 8
    assert sorted(path.name for path in (cache / "mnist").iterdir()) == [name for name, _ in resources]
    for path in served.iterdir():
        path.unlink()
    second = mnist.load(source=tmp_path / "empty", size=None)
    assert (second.images.pixels == first.images.pixels).all()


def test_a_download_that_cannot_be_made_says_what_to_do(
    server: tuple[str, Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cifar10, "MIRRORS", (server[0],))
    with pytest.raises(InputError) as caught:
        cifar10.load(source=Path("somewhere"), size=None)
    for part in ("cifar10: no copy in somewhere", server[0] + cifar10.ARCHIVE, "404", "put cifar-10-binary.tar.gz"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list((cache / "cifar10").iterdir()) == []


def test_a_download_of_something_else_is_refused(server: tuple[str, Path], cache: Path) -> None:
    (server[1] / "file").write_bytes(b"not what was asked for")
    with pytest.raises(InputError, match="corrupted"):
        obtain("name", "file", [server[0]], md5(b"what was asked for"), searched=[Path()], supply="file")
    assert list((cache / "name").iterdir()) == []


def test_a_broken_download_is_replaced(server: tuple[str, Path], cache: Path) -> None:
    (server[1] / "file").write_bytes(b"what was asked for")
    (cache / "name").mkdir(parents=True)
    (cache / "name" / "file").write_bytes(b"what was")
    path = obtain("name", "file", [server[0]], md5(b"what was asked for"), searched=[Path()], supply="file")
    assert path == cache / "name" / "file"
    assert path.read_bytes() == b"what was asked for"


def test_a_download_of_too_many_bytes_is_given_up(
    server: tuple[str, Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "LARGEST", 100)
    (server[1] / "file").write_bytes(bytes(101))
    with pytest.raises(InputError, match="file: more than 100 bytes"):
        obtain("name", "file", [server[0]], md5(bytes(101)), searched=[Path()], supply="file")
    assert list((cache / "name").iterdir()) == []


def test_a_silent_server_is_given_up(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "SECONDS", 0.2)
    (server[1] / "file").write_bytes(b"content")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(InputError, match="timed out"):
            obtain("name", "file", [address], md5(b"content"), searched=[Path()], supply="file")
        path = obtain("name", "file", [address, server[0]], md5(b"content"), searched=[Path()], supply="file")
    assert path.read_bytes() == b"content"


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "blocked").write_text("a file where the cache folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "blocked"))
    with pytest.raises(InputError, match="blocked/genbench/name: Not a directory"):
        obtain("name", "file", [], "", searched=[Path()], supply="file")


# CIFAR-10


def cifar_archive(records: np.ndarray) -> bytes:
    """Make a .tar.gz in the form of CIFAR-10's binary version, the records spread over its six files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, part in zip(cifar10.FILES, np.array_split(records, 6), strict=True):
            entry = tarfile.TarInfo(name)
            entry.size = part.size
            tar.addfile(entry, io.BytesIO(part.tobytes()))
    return buffer.getvalue()


def test_cifar10_reads_the_binary_version(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, pixels = rng.integers(0, 10, 12), rng.integers(0, 256, (12, 3, 32, 32), np.uint8)
    content = cifar_archive(np.concatenate([labels[:, None].astype(np.uint8), pixels.reshape(12, -1)], axis=1))
    (tmp_path / cifar10.ARCHIVE).write_bytes(content)
    with pytest.raises(InputError, match="broken, or not a file of cifar10"):
        cifar10.load(source=tmp_path, size=None)
    monkeypatch.setattr(cifar10, "MD5", md5(content))
    dataset = cifar10.load(source=tmp_path, size=None)
    assert (dataset.images.pixels == pixels).all()
    assert dataset.images.labels.tolist() == labels.tolist()
    grey = cifar10.load(source=tmp_path, size=16, channels=1)
    assert (grey.images.pixels == resize(luma(pixels), 16)).all()


def test_the_cache_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "genbench"


# folders of pictures


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    """Writes a picture of one colour, or of given pixels, and returns the folder of all of them."""

    def paint(
        name: str, mode: str = "RGB", colour: Any = (10, 20, 30), size: tuple[int, int] = (8, 8), **options: Any
    ) -> Path:
        path = tmp_path / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size, colour).save(path, **options)
        return tmp_path / "pictures"

    return paint


def colours(dataset: Dataset) -> list[list[int]]:
    """Return the one colour of each image, which must be the same all over."""
    pixels = dataset.images.pixels
    assert (pixels == pixels[:, :, :1, :1]).all()
    return [[int(value) for value in image] for image in pixels[:, :, 0, 0]]


@pytest.mark.parametrize(
    ("name", "mode", "colour", "expected"),
    [
        ("a.png", "RGB", (10, 20, 30), [10, 20, 30]),
        ("a.PNG", "RGB", (10, 10, 10), [10]),  # grey by content, whatever the mode
        ("a.bmp", "L", 77, [77]),
        ("a.tif", "1", 1, [255]),
        ("a.webp", "RGBA", (255, 0, 0, 0), [255]),  # fully transparent: white
        ("a.png", "RGBA", (0, 100, 200, 255), [0, 100, 200]),
        ("a.png", "RGBA", (255, 0, 0, 51), [255, 204, 204]),  # a fifth red over white
        ("a.png", "LA", (0, 51), [204]),
        ("a.png", "I;16", 257 * 100, [100]),
        ("a.tiff", "I;16", 65535, [255]),
        ("a.pgm", "I", 257 * 100, [100]),
        ("a.tif", "CMYK", (255, 0, 0, 0), [0, 255, 255]),
        ("a.ppm", "RGB", (1, 2, 3), [1, 2, 3]),
    ],
)
def test_every_kind_of_picture(picture: Picture, name: str, mode: str, colour: Any, expected: list[int]) -> None:
    options = {"lossless": True} if name.endswith("webp") else {}
    dataset = image_folder.load(source=picture(name, mode, colour, (9, 12), **options), size=4)
    assert colours(dataset) == [expected]
    assert dataset.images.labels.tolist() == [-1]
    assert dataset.classes == ()
    assert dataset.levels == 256


def test_palettes_and_first_frames(picture: Picture, tmp_path: Path) -> None:
    folder = picture("b.png")
    palette = Image.new("P", (6, 6), 1)
    palette.putpalette([0, 0, 0, 50, 100, 150])
    palette.save(folder / "a.png")
    palette.save(folder / "c.png", transparency=1)
    frames = [Image.new("RGB", (6, 6), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "d.gif", save_all=True, append_images=frames[1:])
    dataset = image_folder.load(source=folder, size=4)
    assert colours(dataset) == [[50, 100, 150], [10, 20, 30], [255, 255, 255], [255, 0, 0]]


def test_exif_orientation_is_followed(tmp_path: Path) -> None:
    """Orientation 6 (Exif 2.32, tag 0x0112): row 0 of the file is the right side of the picture."""
    pixels = np.zeros((8, 8), np.uint8)
    pixels[0] = 200
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    upright = image_folder.load(source=tmp_path, size=8).images.pixels[0, 0]
    assert (upright[:, -1] == 200).all()
    assert (upright[:, :-1] == 0).all()


def test_the_middle_square_is_kept(tmp_path: Path) -> None:
    wide = np.full((4, 11), 255, np.uint8)
    wide[:, 3:7] = np.arange(16).reshape(4, 4)
    Image.fromarray(wide).save(tmp_path / "wide.png")
    Image.fromarray(wide.T.copy()).save(tmp_path / "tall.png")
    tall, kept = image_folder.load(source=tmp_path, size=None).images.pixels[:, 0]
    assert (kept == np.arange(16).reshape(4, 4)).all()
    assert (tall == kept.T).all()


def test_first_level_subfolders_are_classes(picture: Picture) -> None:
    for name in ("dog/z.png", "cat/deep/er/b.png", "cat/a.png"):
        folder = picture(name)
    for name in ("README.md", "cat/Thumbs.db", ".DS_Store", "cat/._a.png", ".hidden/a.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("not a picture")
    (folder / "nothing").mkdir()
    dataset = image_folder.load(source=folder, size=8)
    assert dataset.classes == ("cat", "dog")
    assert dataset.images.labels.tolist() == [0, 0, 1]
    mixed = image_folder.load(source=picture("top.png"), size=8)
    assert mixed.classes == ()
    assert mixed.images.labels.tolist() == [-1] * 4


def test_pictures_are_in_the_order_of_their_paths(picture: Picture) -> None:
    for index, name in enumerate(["b/2.png", "a/10.png", "b/10.png", "a/9.png"]):
        folder = picture(name, colour=(index, 9, 9))
    assert [red for red, _, _ in colours(image_folder.load(source=folder, size=2))] == [1, 3, 2, 0]


LINKS = {
    "a folder": ("b", "elsewhere"),
    "a file": ("a/2.png", "elsewhere/2.png"),
    "deep down": ("a/deep/2.png", "elsewhere/2.png"),
    "nothing": ("a/2.png", "nowhere"),
    "itself": ("a/2.png", "pictures/a/2.png"),
    "a folder above": ("a/round", "pictures/a"),
    "no picture": ("notes.txt", "elsewhere/2.png"),
}


@pytest.mark.parametrize("kind", LINKS)
def test_links_in_the_folder_are_refused(picture: Picture, tmp_path: Path, kind: str) -> None:
    link, target = LINKS[kind]
    folder = picture("a/1.png")
    (tmp_path / "elsewhere").mkdir()
    Image.new("L", (8, 8), 5).save(tmp_path / "elsewhere" / "2.png")
    (folder / link).parent.mkdir(exist_ok=True)
    (folder / link).symlink_to(tmp_path / target)
    with pytest.raises(InputError, match=rf"pictures/{link}: a link, behind which DVC sees no change; put copies"):
        image_folder.load(source=folder, size=8)


def test_the_folder_itself_may_be_a_link(picture: Picture, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(picture("a/1.png"))
    assert len(image_folder.load(source=tmp_path / "link", size=8).images) == 1


def test_linked_folders_are_followed_for_others_and_loops_are_not(
    picture: Picture, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = picture("a/1.png")
    (tmp_path / "elsewhere").mkdir()
    Image.new("L", (8, 8), 5).save(tmp_path / "elsewhere" / "2.png")
    (folder / "b").symlink_to(tmp_path / "elsewhere")
    (folder / "a" / "round").symlink_to(folder / "a")
    assert [path.relative_to(folder).as_posix() for path in find_pictures(folder)] == ["a/1.png", "b/2.png"]
    assert f"{folder}/a/round is passed over, for it is a link to {folder}/a" in caplog.text


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_picture_that_is_reached_twice_is_told(picture: Picture, caplog: pytest.LogCaptureFixture, link: str) -> None:
    folder = picture("a/1.png")
    getattr(folder / "a/2.png", link)(folder / "a/1.png")
    assert len(find_pictures(folder)) == 2
    assert "1 of 2 pictures count twice, for two paths lead to one file" in caplog.text
    caplog.clear()
    (folder / "a/2.png").unlink()
    (folder / "a/2.png").write_bytes((folder / "a/1.png").read_bytes())
    assert len(find_pictures(folder)) == 2
    assert caplog.text == ""


def test_channels_of_a_folder(picture: Picture) -> None:
    picture("a.png", "L", 100)
    assert image_folder.load(source=picture("b.png", "L", 50), size=8).images.shape == (1, 8, 8)
    mixed = picture("c.png", colour=(255, 0, 0))
    assert colours(image_folder.load(source=mixed, size=8)) == [[100] * 3, [50] * 3, [255, 0, 0]]
    assert colours(image_folder.load(source=mixed, size=8, channels=1)) == [[100], [50], [76]]
    (mixed / "c.png").unlink()
    assert colours(image_folder.load(source=mixed, size=8, channels=3)) == [[100] * 3, [50] * 3]


def test_pictures_of_different_sizes_need_a_size(picture: Picture) -> None:
    picture("a.png", size=(8, 8))
    folder = picture("b.png", size=(8, 6))
    with pytest.raises(InputError, match=r"data.pixels: expected a number.*a.png gives .* 8 pixels, .*b.png one of 6"):
        image_folder.load(source=folder, size=None)
    assert image_folder.load(source=folder, size=16).images.shape == (3, 16, 16)


def test_resizing_is_the_projects_own(tmp_path: Path, rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (3, 20, 20), np.uint8)
    Image.fromarray(np.moveaxis(pixels, 0, 2)).save(tmp_path / "a.png")
    assert (image_folder.load(source=tmp_path, size=7).images.pixels == resize(pixels[None], 7)).all()


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "webp", "tif", "bmp"])
def test_a_truncated_picture_is_named(tmp_path: Path, rng: np.random.Generator, ending: str) -> None:
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(tmp_path / "good.png")
    broken = tmp_path / f"broken.{ending}"
    Image.open(tmp_path / "good.png").save(broken)
    content = broken.read_bytes()
    for keep in (len(content) // 2, 20, 0):
        broken.write_bytes(content[:keep])
        with pytest.raises(InputError, match=rf"broken.{ending}: not ") as caught:
            image_folder.load(source=tmp_path, size=8)
        assert "\n" not in str(caught.value)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.png").write_text("<html>404 not found</html>")
    with pytest.raises(InputError, match=r"page.png: not a picture"):
        image_folder.load(source=tmp_path, size=8)
    (tmp_path / "page.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")  # a program, in truth
    with pytest.raises(InputError, match=r"page.png: not a picture"):
        image_folder.load(source=tmp_path, size=8)


def test_a_format_that_is_not_read_is_refused(picture: Picture) -> None:
    folder = picture("good.png")
    (folder / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(InputError, match=r"photo.heic: not a picture in one of the formats BMP, "):
        image_folder.load(source=folder, size=8)


def test_a_decompression_bomb_is_named(tmp_path: Path) -> None:
    Image.new("1", (10_000, 10_000)).save(tmp_path / "bomb.png")  # 10^8 pixels in 12 kB
    with pytest.raises(InputError, match=r"bomb.png: .* decompression bomb"):
        image_folder.load(source=tmp_path, size=8)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_pixels_of_unknown_range_are_refused(picture: Picture, mode: str) -> None:
    with pytest.raises(InputError, match=r"a.tif: has 32 .*bits a channel"):
        image_folder.load(source=picture("a.tif", mode, 1), size=8)


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        image_folder.load(source=tmp_path / "nowhere", size=8)
    (tmp_path / "README.md").touch()
    with pytest.raises(InputError, match="no pictures in it or below"):
        image_folder.load(source=tmp_path, size=8)


# imports


def python(code: str) -> str:
    """Return the output of a program run in an interpreter of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", ["digits", "fashion_mnist", "mnist", "cifar10", "image_folder"])
def test_a_dataset_does_not_import_torch(name: str) -> None:
    code = f"import sys, genbench.data.datasets.{name}; print('torch' in sys.modules, 'sklearn' in sys.modules)"
    assert python(code).split() == ["False", "False"]


def test_torchvision_works_with_and_without_its_compiled_part() -> None:
    """What is written in Python works either way; operators are declared only where they are missing."""
    code = (
        "import torch, genbench.data.datasets._torchvision as shim; tv = shim.torchvision;"
        "print(hasattr(shim, 'declarations'), tv.extension._has_ops(),"
        "tuple(tv.transforms.functional.resize(torch.zeros(1, 8, 8), 4).shape) == (1, 4, 4),"
        "tv.models.resnet18().fc.out_features)"
    )
    declared, whole, resized, classes = python(code).split()
    assert (declared, whole) in {("True", "False"), ("False", "True")}
    assert (resized, classes) == ("True", "1000")
