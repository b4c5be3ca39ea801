"""Text that must be said wherever the images of a dataset are shown, beside the prepared images."""

from __future__ import annotations

from pathlib import Path

from genbench.files.atomic import write_text
from genbench.files.require_file import kind_of
from genbench.files.section import read_text

FILE = "ATTRIBUTION.txt"


def save(folder: Path, text: str) -> None:
    """Write the text into a folder of images, a line of its own; nothing of an empty one."""
    if text:
        write_text(Path(folder) / FILE, f"{text.strip()}\n")


def load(folder: Path) -> str:
    """Read the text of a folder of images on one line; "" where nothing must be said."""
    path = Path(folder) / FILE
    return " ".join(read_text(path).split()) if kind_of(path) == "a file" else ""
