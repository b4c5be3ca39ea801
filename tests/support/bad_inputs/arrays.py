"""Images in .npy and .npz, for `genbench evaluate`."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.bad_inputs import IMAGES, add, bad
from tests.support.bad_inputs.content import npy, npy_head, npz, overlapping, zipped

PIXELS = np.random.default_rng(0).integers(256, size=(6, 8, 8, 3), dtype=np.uint8)
GOOD = npy(PIXELS)
BIG = 1 << 70


class Unpickled:
    """A pickle that would leave a file behind."""

    def __reduce__(self) -> Any:
        return (os.system, ("touch unpickled",))


OBJECT = np.array([Unpickled()] * 6, dtype=object)


def file(name: str, content: bytes) -> Any:
    return lambda folder: (folder / name).write_bytes(content)


for name, content, message in (
    ("empty", b"", "bad.npy: not readable as .npy"),
    ("not_numpy", b"GIF89a", "bad.npy: not readable as .npy"),
    ("head_cut_short", GOOD[:40], "bad.npy: not readable as .npy"),
    ("rows_cut_short", GOOD[:-100], "bad.npy: ends before its 6 images do"),
    ("head_of_code", npy_head("__import__('os').system('touch ran')"), "bad.npy: not readable as .npy"),
    ("head_of_brackets", npy_head("(" * 5000), "bad.npy: not readable as .npy"),
    ("unknown_version", npy_head("(2, 8, 8)", version=b"\x09\x00"), "bad.npy: not readable as .npy: version (9, 0)"),
    ("python_objects", npy(OBJECT, allow_pickle=True), "expected uint8 images (N, H, W)"),
    ("floats_in_0_1", npy(PIXELS / 255), "expected uint8 images (N, H, W)"),
    ("floats_of_nan", npy(np.full((6, 8, 8), np.nan)), "got float64 (6, 8, 8)"),
    ("floats_of_infinity", npy(np.full((6, 8, 8), np.inf, np.float32)), "got float32 (6, 8, 8)"),
    ("floats_outside_0_255", npy(PIXELS * 1e6), "got float64"),
    ("signed", npy(PIXELS.astype(np.int8)), "got int8"),
    ("wide_and_big_endian", npy(PIXELS.astype(">u2")), "got >u2"),
    ("booleans", npy(PIXELS > 3), "got bool"),
    ("complex", npy(PIXELS.astype(complex)), "got complex128"),
    ("text", npy(np.array(["a", "b"])), "got <U1 (2,)"),
    ("times", npy(np.zeros((6, 8, 8), "m8[s]")), "got timedelta64[s]"),
    ("records", npy(np.zeros((6, 8, 8), [("r", np.uint8)])), "expected uint8 images"),
    ("fortran_order", npy(np.asfortranarray(PIXELS)), "bad.npy: expected rows one after another"),
    ("one_number", npy(np.array(3, np.uint8)), "got uint8 ()"),
    ("one_image_alone", npy(PIXELS[0, 0]), "got uint8 (8, 3)"),
    ("five_dimensions", npy(PIXELS[None]), "got uint8 (1, 6, 8, 8, 3)"),
    ("two_channels", npy(PIXELS[..., :2]), "got uint8 (6, 8, 8, 2)"),
    ("channels_first_or_last", npy(PIXELS[:, :3]), "either the first or the last dimension"),
    ("no_width", npy(PIXELS[:, :, :0]), "got uint8 (6, 8, 0, 3)"),
    ("no_images", npy(PIXELS[:0]), "bad.npy: no images in it"),
    ("one_image", npy(PIXELS[:1]), "fake: a metric needs at least 2 images, got 1"),
    ("negative_length", npy_head("(-5, 8, 8)") + bytes(320), "shape is not valid: (-5, 8, 8)"),
    ("length_of_true", npy_head("(True, 8, 8)") + bytes(64), "shape is not valid"),
    ("length_of_text", npy_head("('6', 8, 8)") + bytes(384), "bad.npy: not readable as .npy"),
    ("astronomic_count", npy_head(f"({BIG}, 8, 8)") + bytes(384), "bad.npy: ends before its"),
    ("astronomic_side", npy_head(f"(2, {BIG}, 8)") + bytes(384), "bytes each, expected at most"),
    ("astronomic_by_overflow", npy_head("(2, 4294967296, 4294967296)") + bytes(384), "bytes each, expected at most"),
    ("65_dimensions", npy_head(f"({'1, ' * 65})") + b"\0", "expected uint8 images"),
    ("type_without_size", npy_head("(1000000000000, 8, 8)", "'|V0'"), "expected uint8 images"),
    ("type_of_pickles", npy_head("(6, 8, 8)", "'|O'") + bytes(99), "got object (6, 8, 8)"),
):
    add(f"arrays-{name}", (*IMAGES, "bad.npy"), message, file("bad.npy", content))

TWICE = zipped({"arr_0.npy": GOOD, "arr_1.npy": npy(np.arange(6))})

for name, content, message in (
    ("npz_empty", b"", "bad.npz: not readable as .npz"),
    ("npz_no_zip", GOOD, "bad.npz: not readable as .npz: File is not a zip file"),
    ("npz_cut_short", npz(arr_0=GOOD)[:-30], "bad.npz: not readable as .npz"),
    ("npz_of_nothing", zipped({}), "in one array alone; there is: nothing"),
    ("npz_of_text", zipped({"arr_0.npy": b"hello"}), "bad.npz: arr_0: not readable as .npy"),
    ("npz_of_objects", zipped({"arr_0.npy": npy(OBJECT, allow_pickle=True)}), "there is: arr_0 object (6,)"),
    ("npz_of_two_sets", npz(a=GOOD, b=GOOD), "in one array alone; there is: a uint8"),
    ("npz_of_floats", npz(arr_0=npy(PIXELS / 255)), "there is: arr_0 float64"),
    ("npz_member_cut_short", npz(arr_0=GOOD[:-100]), "bad.npz: ends before its 6 images do"),
    ("npz_that_promises_more", npz(arr_0=npy_head("(1000000, 64, 64)") + bytes(99)), "bad.npz: ends before its"),
    ("npz_bomb", overlapping("{}.npy", npy(np.zeros((4, 1024, 1024), np.uint8)), 80), "bad.npz: a decompression bomb"),
    ("npz_by_bzip2", zipped({"arr_0.npy": GOOD}, zipfile.ZIP_BZIP2), "expected it stored or deflated"),
    ("npz_by_lzma", zipped({"arr_0.npy": GOOD}, zipfile.ZIP_LZMA), "expected it stored or deflated"),
    (
        "npz_label_beyond_64_bits",
        npz(arr_0=GOOD, arr_1=npy(np.full(6, 1 << 63, np.uint64))),
        "expected labels below 2**63",
    ),
    (
        "npz_with_a_broken_checksum",
        npz(arr_0=GOOD).replace(struct.pack("<I", zlib.crc32(GOOD)), b"\0\0\0\0"),
        "Bad CRC",
    ),
):
    add(f"arrays-{name}", (*IMAGES, "bad.npz"), message, file("bad.npz", content))


@bad(*IMAGES, "bad.npy", message="bad.npy: expected a file, there is a FIFO")
def fifo(folder: Path) -> None:
    os.mkfifo(folder / "bad.npy")


@bad(*IMAGES, "bad.npy", message="expected a file, there is a device")
def device(folder: Path) -> None:
    (folder / "bad.npy").symlink_to("/dev/zero")


@bad(*IMAGES, "bad.npy", message="Too many levels of symbolic links")
def link_to_itself(folder: Path) -> None:
    (folder / "bad.npy").symlink_to("bad.npy")


@bad(*IMAGES, "bad.npy/more.npy", message="bad.npy/more.npy: no such file or folder")
def file_for_a_folder(folder: Path) -> None:
    (folder / "bad.npy").write_bytes(GOOD)


@bad(*IMAGES, "bad", message="labels.npy: expected 6 whole numbers, got int64 (5,)")
def saved_images_of_other_labels(folder: Path) -> None:
    (folder / "bad").mkdir()
    (folder / "bad/pixels.npy").write_bytes(npy(PIXELS.transpose(0, 3, 1, 2).copy()))
    (folder / "bad/labels.npy").write_bytes(npy(np.arange(5)))


@bad(*IMAGES, "bad", message="labels.npy: expected 6 whole numbers, got float64 (6,)")
def saved_images_of_labels_that_are_no_numbers(folder: Path) -> None:
    (folder / "bad").mkdir()
    (folder / "bad/pixels.npy").write_bytes(npy(PIXELS.transpose(0, 3, 1, 2).copy()))
    (folder / "bad/labels.npy").write_bytes(npy(np.full(6, np.nan)))


@bad(*IMAGES, "bad.npy", message="features are not comparable: real has 192 dimensions, fake 48")
def other_size_than_the_real_ones(folder: Path) -> None:
    (folder / "bad.npy").write_bytes(npy(PIXELS[:, :4, :4]))
