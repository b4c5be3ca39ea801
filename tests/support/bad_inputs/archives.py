"""Zip and tar files of pictures, for `genbench evaluate`: nothing is unpacked to disk, whatever they hold."""

from __future__ import annotations

import gzip
import lzma
import os
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from tests.support.bad_inputs import IMAGES, add, bad
from tests.support.bad_inputs.content import ZIP_ENTRY, overlapping, png, png_of, tarred, with_size, zipped

PNG = png()
TWO = {"a.png": PNG, "b.png": PNG}
ONE = {"a.png": PNG}


def file(name: str, content: bytes) -> Any:
    return lambda folder: (folder / name).write_bytes(content)


def patched(archive: bytes, offset: int, content: bytes) -> bytes:
    """Make a zip file with other bytes in the first entry of its directory."""
    place = archive.find(ZIP_ENTRY) + offset
    return archive[:place] + content + archive[place + len(content) :]


def link(name: str) -> bytes:
    """Make a zip file of a symbolic link, as `zip --symlinks` writes it."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return zipped({info: b"/etc/passwd"})  # type: ignore[dict-item]


STORED = zipped(TWO, zipfile.ZIP_STORED)
BOMB = overlapping("{}.bmp", bytes(1 << 22), 80)

for name, content, message in (
    ("zip_cut_short", STORED[: len(STORED) // 2], "bad.zip: not a folder, nor a file of .npy, .npz, zip or tar"),
    ("zip_empty", zipped({}), "bad.zip: no pictures in it"),
    ("zip_of_texts", zipped({"read.me": b"x"}), "bad.zip: no pictures in it"),
    ("zip_bomb", BOMB, "bad.zip: a decompression bomb"),
    ("zip_in_zip", zipped({"a.png": BOMB}), "a.png: not a picture"),
    ("zip_by_bzip2", zipped(ONE, zipfile.ZIP_BZIP2), "a.png: compressed by bzip2"),
    ("zip_of_an_unknown_compression", patched(STORED, 10, b"\x63\x00"), "a.png: not readable"),
    ("zip_of_a_newer_version", patched(STORED, 6, b"\xff\x00"), "bad.zip: not readable: zip file version 25.5"),
    ("zip_that_starts_nowhere", patched(STORED, 42, b"\xf0\xff\xff\xff"), "a.png: not readable"),
    ("zip_of_an_absurd_size", patched(STORED, 24, b"\xfe\xff\xff\xff"), "bad.zip: a decompression bomb"),
    ("zip_with_a_password", patched(STORED, 8, b"\x01\x00"), "a.png: not readable"),
    ("zip_name_that_is_no_text", zipped({"é.png": PNG}).replace("é".encode(), b"\xff\xff"), "bad.zip: not readable"),
    ("zip_name_with_a_nul", zipped({"a\0.png": PNG}), "bad.zip: no pictures in it"),
    ("zip_path_up", zipped({"../../up.png": b"GIF"}), "../../up.png: not a picture"),
    ("zip_absolute_path", zipped({"/tmp/up.png": b"GIF"}), "up.png: not a picture"),
    ("zip_link", link("link.png"), "link.png: not a picture"),
    ("zip_of_a_bomb_picture", zipped({"a.png": png_of(60_000, 60_000)}), "decompression bomb"),
    ("zip_of_one_picture", zipped(ONE), "fake: a metric needs at least 2 images, got 1"),
    ("zip_of_a_broken_picture", zipped({**TWO, "c.png": PNG[:60]}), "c.png: not readable as a picture"),
    ("zip_of_escape_codes", zipped({"\x1b[31m.png": b"GIF"}), r"\x1b[31m.png: not a picture"),
):
    add(f"archives-{name}", (*IMAGES, "bad.zip"), message, file("bad.zip", content))

TAR = tarred(ONE)
NEGATIVE = b"\xff" * 10 + b"\xfe\x00"

for name, content, message in (
    ("tar_cut_short", tarred(TWO)[:700], "bad.tar: not readable"),
    ("tar_empty", tarred({}), "bad.tar: no pictures in it"),
    (
        "tar_bomb",
        gzip.compress(with_size(TAR, b"%011o\0" % (300 << 20))) + gzip.compress(bytes(1 << 22)) * 75,
        "bad.tar: a decompression bomb",
    ),
    ("tar_by_xz_cut_short", lzma.compress(tarred(TWO))[:200], "bad.tar: not readable: Compressed file ended"),
    ("tar_symlink", tarred({"l.png": b""}, type=tarfile.SYMTYPE, linkname="/etc/passwd"), "l.png: a link or a device"),
    ("tar_hard_link", tarred({"l.png": b""}, type=tarfile.LNKTYPE, linkname="../../x"), "l.png: a link or a device"),
    ("tar_fifo", tarred({"f.png": b""}, type=tarfile.FIFOTYPE), "f.png: a link or a device"),
    ("tar_device", tarred({"d.png": b""}, type=tarfile.CHRTYPE), "d.png: a link or a device"),
    ("tar_block_device", tarred({"d.png": b""}, type=tarfile.BLKTYPE), "d.png: a link or a device"),
    ("tar_path_up", tarred({"../../up.png": b"GIF"}), "../../up.png: not a picture"),
    ("tar_absolute_path", tarred({"/tmp/up.png": b"GIF"}), "up.png: not a picture"),
    ("tar_negative_size", with_size(TAR, NEGATIVE), "a.png: not a picture"),
    ("tar_absurd_size", with_size(TAR, b"\x80" + b"\x7f" * 11), "a decompression bomb"),
    ("tar_name_of_a_negative_length", with_size(TAR, NEGATIVE, b"L"), "bad.tar: not a folder, nor a file of"),
    ("tar_name_of_an_absurd_length", with_size(TAR, b"\x80\0\0\0\x7f" + b"\xff" * 7, b"L"), "bad.tar: not a folder"),
    ("tar_header_of_a_negative_length", with_size(TAR, NEGATIVE, b"x"), "bad.tar: not a folder, nor a file of"),
    ("tar_hole_that_is_no_number", tarred(ONE, pax_headers={"GNU.sparse.map": "a,b"}), "bad.tar: not a folder"),
    (
        "tar_hole_without_end",
        tarred(ONE, pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}),
        "bad.tar: not",
    ),
    ("tar_size_of_another_header", tarred(ONE, pax_headers={"size": "9" * 30}), "a decompression bomb"),
    ("tar_of_one_picture", TAR, "fake: a metric needs at least 2 images, got 1"),
    ("tar_of_a_broken_picture", tarred({**TWO, "c.png": PNG[:60]}), "c.png: not readable as a picture"),
):
    add(f"archives-{name}", (*IMAGES, "bad.tar"), message, file("bad.tar", content))


@bad(*IMAGES, "bad.zip", message="a.bmp: 268435457 bytes unpacked, expected at most 268435456")
def zip_member_beyond_reason(folder: Path) -> None:
    noise = zipped({"a.bmp": os.urandom(2 << 20)})
    honest, large = struct.pack("<I", 2 << 20), struct.pack("<I", (1 << 28) + 1)
    (folder / "bad.zip").write_bytes(noise.replace(honest, large))


@bad(*IMAGES, "bad.zip", message="a.bmp: not readable: Bad CRC")
def zip_member_that_is_larger_than_it_says(folder: Path) -> None:
    honest = zipped({"a.bmp": bytes(1 << 26)})
    (folder / "bad.zip").write_bytes(honest.replace(struct.pack("<I", 1 << 26), struct.pack("<I", 1000)))
