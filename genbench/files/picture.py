"""Pictures from files: names that count as pictures, and their pixels.

Pixels are right or refused (:mod:`genbench.files.decoders`). 8 bits a channel are as they are; other depths are scaled
so that their largest level is 255, and rounded to nearest; white shows through what is transparent; a picture is turned
as its EXIF says; CMYK, YCbCr and L*a*b* become sRGB, whatever their colour profile. Of an animation the first frame
counts. Signed, 32-bit and floating-point pictures are refused, and what may be a decompression bomb.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NoReturn

import numpy as np
from PIL import UnidentifiedImageError

from genbench.errors import InputError
from genbench.files.decoders import eight_bits, jpeg, others, png, tiff
from genbench.files.require_file import open_file

log = logging.getLogger(__name__)

READABLE = ("bmp", "gif", "jfif", "jpe", "jpeg", "jpg", "pbm", "pgm", "png", "pnm", "ppm", "tif", "tiff", "webp")
#: Endings of pictures too, that are not to be passed over in silence.
REFUSED = (
    *("avif", "dds", "eps", "exr", "hdr", "heic", "heif", "hif", "ico", "j2k", "jp2", "jpf", "jpx", "jxl", "jxr"),
    *("pam", "pcx", "pfm", "psd", "qoi", "svg", "tga"),
)
HIDDEN = (".", "__MACOSX")  # beginnings of names: macOS puts notes on files into a zip file
FORMATS = sorted([*others.FORMATS, "JPEG", "PNG", "TIFF"])
LARGEST = 1 << 30  # bytes of a file: one uncompressed of as many pixels as are safe, 16 bits a channel, has fewer


def is_picture(name: str) -> bool:
    """Return whether a file's path counts as a picture: by its ending, and not hidden in any part."""
    path = PurePosixPath(name)
    hidden = any(part.startswith(HIDDEN) and part not in (".", "..") for part in path.parts)
    return not hidden and path.suffix.lower().removeprefix(".") in READABLE + REFUSED


@dataclass(frozen=True)
class Listing:
    """Contents of a folder and of those below, hidden ones left out.

    pictures: in the order of their paths. others: number of files that are no pictures. links: to files and folders, in
    the same order; pictures behind them are among the pictures.
    """

    pictures: list[Path]
    others: int
    links: list[Path]


def listing(folder: Path) -> Listing:
    """List what is in a folder and below, links to folders followed; a folder reached twice counts once.

    An InputError refuses a folder without pictures, and names what cannot be read.
    """
    pictures, links, others, visited = list[Path](), list[Path](), 0, dict[Path, str]()
    for current, subfolders, files in _walk(folder):
        real = Path(current).resolve()
        if real in visited:  # by a link; one that leads back to a folder above would go round for ever
            log.warning("%s is passed over, for it is a link to %s, whose pictures count once", current, visited[real])
            subfolders.clear()
            continue
        visited[real] = current
        links += [path for name in (*subfolders, *files) if (path := Path(current, name)).is_symlink()]
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(HIDDEN))
        found = [Path(current, name) for name in files if is_picture(name)]
        others += sum(not name.startswith(".") for name in files) - len(found)
        pictures += found
    if not pictures:
        raise InputError(f"{folder}: no pictures in it or below (files that end in {', '.join(READABLE)})")

    def parts(path: Path) -> tuple[str, ...]:
        return path.relative_to(folder).parts

    return Listing(sorted(pictures, key=parts), others, sorted(links, key=parts))


def find_pictures(folder: Path) -> list[Path]:
    """Find the pictures of :func:`listing`, and warn of a file that has two paths."""
    pictures = listing(folder).pictures
    if twice := reached_twice(pictures):
        log.warning("%s", twice)
    return pictures


def refuse_links(links: Sequence[Path], option: str) -> None:
    """Refuse links in a folder that DVC watches: it does not see what changes behind them. option: names the folder."""
    if links:
        more = f" and {len(links) - 1} more" if len(links) > 1 else ""
        target = os.path.realpath(links[0])
        raise InputError(
            f"{links[0]}{more}: a link, behind which DVC sees no change; put copies in its place, "
            f"or set {option} to the folder itself ({target})"
        )


def reached_twice(pictures: Sequence[Path]) -> str:
    """Say which pictures are one file under two paths, by links or hard links; "" where none is."""
    first, again = dict[tuple[int, int], Path](), list[tuple[Path, Path]]()
    for path in pictures:
        try:
            found = path.stat()
        except OSError:  # whoever decodes it says so
            continue
        earlier = first.setdefault((found.st_dev, found.st_ino), path)
        if earlier is not path:
            again.append((earlier, path))
    if not again:
        return ""
    shown = ", ".join(map(str, again[0]))
    return f"{len(again)} of {len(pictures)} pictures count twice, for two paths lead to one file: {shown}"


def _walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    try:
        yield from os.walk(folder, followlinks=True, onerror=_refuse)
    except RecursionError as error:  # before Python 3.12
        raise InputError(f"{folder}: folders in folders, deeper than Python can follow") from error


def _refuse(error: OSError) -> NoReturn:
    raise InputError(f"{error.filename}: not readable: {error.strerror}") from error


def decode(file: Path | BinaryIO, name: str) -> np.ndarray:
    """Read a picture's pixels, upright, (C, H, W) uint8, C 1 if it is grey and 3 otherwise; `name` is for messages.

    An InputError names a picture that cannot be read, has signed, 32-bit or floating-point samples (of unknown range)
    or more pixels than Pillow takes for safe (89 million).
    """
    content = _content(file, name)
    decoder = next((known for known in (png, jpeg, tiff) if content.startswith(known.SIGNATURES)), others)
    try:
        return eight_bits(decoder.decode(content))
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    except MemoryError:
        raise
    except UnidentifiedImageError as error:
        raise InputError(f"{name}: not a picture in one of the formats {', '.join(FORMATS)}") from error
    except Exception as error:  # libraries raise errors of nearly every type on broken files
        raise InputError(f"{name}: not readable as a picture: {_text(error)}") from error


def _text(error: Exception) -> str:
    """Give what a library says, in one line, or the error's type where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def _content(file: Path | BinaryIO, name: str) -> bytes:
    if isinstance(file, Path):
        with open_file(file) as opened:
            return _content(opened, name)
    size = file.seek(0, os.SEEK_END)
    if size > LARGEST:
        raise InputError(f"{name}: {size} bytes, expected at most {LARGEST} for a picture")
    file.seek(0)
    return file.read(size)
