"""Pictures: in folders for `genbench evaluate`, and as the dataset image_folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.bad_inputs import IMAGES, add, bad
from tests.support.bad_inputs.content import png, png_of
from tests.support.clone import change

SPLIT = {"train": 6, "validation": 2, "reference": 2, "held_out": 2}
GOOD = png()
LARGE = png(np.zeros((16, 16, 3), np.uint8))


def beside(name: str, content: bytes) -> Any:
    """Two pictures, and one that is bad."""

    def make(folder: Path) -> None:
        (folder / "bad").mkdir()
        for other in ("0.png", "1.png"):
            (folder / "bad" / other).write_bytes(GOOD)
        (folder / "bad" / name).write_bytes(content)

    return make


def saved(kind: str, mode: str) -> bytes:
    """Write a picture of a mode that Pillow knows."""
    import io

    out = io.BytesIO()
    Image.new(mode, (8, 8)).save(out, kind)
    return out.getvalue()


for name, file, content, message in (
    ("empty", "x.png", b"", "bad/x.png: not a picture"),
    ("text", "x.jpg", b"hello", "bad/x.jpg: not a picture"),
    ("cut_short", "x.png", GOOD[: len(GOOD) // 2], "bad/x.png: not readable as a picture"),
    ("head_alone", "x.png", GOOD[:33], "bad/x.png: not readable as a picture"),
    ("of_an_absurd_size", "x.png", png_of(60_000, 60_000), "bad/x.png: 60000 × 60000 pixels, expected at most"),
    ("of_a_negative_size", "x.png", png_of(1 << 31, 1), "bad/x.png"),
    ("of_no_size", "x.png", png_of(0, 5), "bad/x.png"),
    ("whose_pixels_lack", "x.png", png_of(5000, 5000), "bad/x.png: not readable as a picture"),
    ("of_floats", "x.tif", saved("tiff", "F"), "bad/x.tif: has 32 floating-point bits a channel"),
    ("a_program", "x.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "bad/x.png: not a picture"),
    ("a_format_that_is_not_read", "x.heic", b"\0\0\0\x18ftypheic", "bad/x.heic: not a picture"),
    ("a_python_pickle", "x.png", b"\x80\x04K\x01.", "bad/x.png: not a picture"),
    ("a_vector", "x.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "bad/x.png: not a picture"),
    ("of_another_size", "x.png", LARGE, "bad: images of different shapes give 192 and 768 features"),
):
    add(f"images-{name}", (*IMAGES, "bad"), message, beside(file, content))


@bad(*IMAGES, "bad", message="bad: no pictures in it or below")
def none_at_all(folder: Path) -> None:
    (folder / "bad").mkdir()
    (folder / "bad/notes.txt").touch()


@bad(*IMAGES, "bad", message="bad/x.png: expected a file, there is a FIFO")
def fifo(folder: Path) -> None:
    (folder / "bad").mkdir()
    os.mkfifo(folder / "bad/x.png")


@bad(*IMAGES, "bad", message="bad/x.png: expected a file, there is a device")
def device(folder: Path) -> None:
    (folder / "bad").mkdir()
    (folder / "bad/x.png").symlink_to("/dev/zero")


@bad(*IMAGES, "bad", message="bad/x.png")
def link_to_itself(folder: Path) -> None:
    (folder / "bad").mkdir()
    (folder / "bad/x.png").symlink_to("x.png")


@bad(*IMAGES, "bad", message="bad/x.png: no such file")
def link_to_nothing(folder: Path) -> None:
    (folder / "bad").mkdir()
    (folder / "bad/x.png").symlink_to("nowhere.png")


@bad(*IMAGES, "bad", message="bad: not readable: Too many levels of symbolic links")
def folder_that_is_a_loop(folder: Path) -> None:
    (folder / "bad").symlink_to("bad")


@bad(*IMAGES, "bad", message=r"\x1b]0;gone\x07\u202e.png: not a picture")
def name_that_steers_a_terminal(folder: Path) -> None:
    beside("\x1b]0;gone\x07\u202e.png", b"")(folder)


@bad(*IMAGES, "bad", message=r"bad/\udcff.png: not a picture")
def name_that_is_no_text(folder: Path) -> None:
    (folder / "bad").mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/bad/\xff.png")).touch()


# The dataset image_folder


def classes(folder: Path, n: int = 6, names: tuple[str, ...] = ("cat", "dog")) -> Path:
    """Two classes of pictures in data/source, and params that ask for them."""
    for name in names:
        (folder / "data/source" / name).mkdir()
        for index in range(n):
            (folder / "data/source" / name / f"{index}.png").write_bytes(GOOD)
    change(folder, dataset="image_folder", data={"split": SPLIT})
    return folder / "data/source"


@bad("stage", "prepare", message="class 'dog' has 3 images: each class needs at least 4")
def class_of_three(folder: Path) -> None:
    place = classes(folder, 10)
    for index in range(7):
        (place / "dog" / f"{index}.png").unlink()


@bad(
    "stage",
    "prepare",
    message="data.split: needs 12 images (train 6 + validation 2 + reference 2 + held_out 2), but there",
)
def fewer_than_asked_for(folder: Path) -> None:
    classes(folder, 4)


@bad("stage", "prepare", message="data.pixels: expected a number, for the pictures differ")
def sizes_that_differ(folder: Path) -> None:
    (classes(folder) / "cat/0.png").write_bytes(LARGE)
    change(folder, data={"pixels": None})


@bad("stage", "prepare", message="data/source: no pictures in it or below")
def empty_dataset(folder: Path) -> None:
    change(folder, dataset="image_folder", data={"split": SPLIT})


@bad("stage", "prepare", message="data/source/cat/0.png: not readable as a picture")
def picture_cut_short_in_a_dataset(folder: Path) -> None:
    (classes(folder) / "cat/0.png").write_bytes(GOOD[:100])


@bad("stage", "prepare", message="data/source: no such folder")
def dataset_that_is_a_file(folder: Path) -> None:
    change(folder, dataset="image_folder", data={"split": SPLIT})
    (folder / "data/source").rmdir()
    (folder / "data/source").touch()


@bad("stage", "prepare", message="2 of the 4 files of mnist, without")
def part_of_mnist(folder: Path) -> None:
    change(folder, dataset="mnist")
    for name in ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"):
        (folder / "data/source" / name).touch()


@bad("stage", "prepare", message="train-images-idx3-ubyte: broken, or not a file of mnist (its MD5 is")
def another_mnist(folder: Path) -> None:
    change(folder, dataset="mnist")
    for kind in ("images-idx3", "labels-idx1"):
        for half in ("train", "t10k"):
            (folder / "data/source" / f"{half}-{kind}-ubyte").write_bytes(b"\0\0\x08\xff" + b"\xff" * 1020)


@bad("stage", "prepare", message="cifar-10-binary.tar.gz: broken, or not a file of cifar10")
def another_cifar10(folder: Path) -> None:
    change(folder, dataset="cifar10")
    (folder / "data/source/cifar-10-binary.tar.gz").write_bytes(b"\x1f\x8b")
