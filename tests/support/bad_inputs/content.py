"""Content of bad inputs: the bytes of files that say anything at all."""

from __future__ import annotations

import copy
import io
import json
import struct
import tarfile
import zipfile
import zlib
from typing import Any

import numpy as np
from PIL import Image

HEAD = 512  # bytes of a tar header
ZIP_ENTRY = b"PK\x01\x02"  # of the directory


def npy(array: np.ndarray, **options: Any) -> bytes:
    """Make an .npy file as NumPy writes it."""
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def npy_head(shape: str, descr: str = "'|u1'", order: str = "False", version: bytes = b"\x01\x00") -> bytes:
    """Return the head of an .npy that says what it is told to."""
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a zip file, of which an .npz is one."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def overlapping(name: str, content: bytes, count: int) -> bytes:
    """Make a zip file whose directory lists one member `count` times: a bomb that need not be nested (Fifield 2019)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name.format(0), content)
        for index in range(1, count):
            again = copy.copy(archive.filelist[0])
            again.filename = name.format(index)
            archive.filelist.append(again)
    return out.getvalue()


def npz(**members: bytes) -> bytes:
    """Make an .npz of arrays by name, each the bytes of an .npy."""
    return zipped({f"{name}.npy": content for name, content in members.items()})


def tarred(members: dict[str, bytes], mode: str = "w", **attributes: Any) -> bytes:
    """Make a tar file; `attributes` are those of every member's header (type, linkname, pax_headers ...)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def with_size(tar: bytes, size: bytes, kind: bytes = b"0") -> bytes:
    """Make a tar file whose first header says another size and kind, with the right checksum."""
    head = bytearray(tar[:HEAD])
    head[124:136], head[156:157], head[148:156] = size, kind, b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + tar[HEAD:]


def png(pixels: np.ndarray | None = None, kind: str = "png") -> bytes:
    """Make a picture's file, of noise where nothing else is given."""
    out = io.BytesIO()
    noise = np.random.default_rng(0).integers(256, size=(8, 8, 3), dtype=np.uint8)
    Image.fromarray(noise if pixels is None else pixels).save(out, kind)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """Make a tiny file that says it is a picture of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def safetensors(head: object, body: bytes = b"", *, length: int | None = None) -> bytes:
    """Make a safetensors file; `head` is JSON's value, or bytes as they are. length: what it says of its head's."""
    message = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<Q", len(message) if length is None else length) + message + body
