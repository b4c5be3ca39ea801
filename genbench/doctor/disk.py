"""Free space on the disks of the checkout, of DVC's cache and of the scratch folder, for the cells still to be made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from genbench.dag import cache
from genbench.data.paths import Paths
from genbench.doctor import Finding
from genbench.files.scratch import SCRATCH
from genbench.pipeline import params

FLOOR = 1 << 29  # bytes below which checkpoints, images and pages of any benchmark are at risk
FIX = "make room on that disk, or `dvc gc --workspace`, or `dvc cache dir --local FOLDER` on another one"


def find(*, floor: int = FLOOR) -> Iterator[Finding]:
    """Find each file system with less space than the missing cells need, by the mean size of the finished ones."""
    p = params.load()
    sizes = [_size(Paths(p.dataset), run, seed) for run in p.enabled for seed in p.seeds]
    finished = [size for size in sizes if size]
    missing = len(sizes) - len(finished)
    needed = missing * (sum(finished) // len(finished) if finished else 0)
    for folder, bytes_needed in _by_disk(needed).items():
        free = shutil.disk_usage(folder).free
        if free < bytes_needed:
            message = f"{folder}: {human(free)} free, the {missing} cells to come need {human(bytes_needed)}"
            yield Finding("error", message, FIX)
        elif free < floor:
            yield Finding("warning", f"{folder}: {human(free)} free, expected {human(floor)} or more", FIX)


def _size(paths: Paths, run: str, seed: int) -> int:
    """Sum the bytes of a cell's data, 0 until it is trained."""
    if not paths.weights(run, seed).exists():
        return 0
    outputs = [path for kind in paths.root.glob(f"*/{run}") for path in kind.iterdir() if _of(path.name, seed)]
    return sum(_bytes(path) for path in outputs)


def _of(name: str, seed: int) -> bool:
    """Return whether an output of a run is of this seed: 0, 0.json, 0-classifier."""
    return name.partition("-")[0].partition(".")[0] == str(seed)


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else (file for file in path.rglob("*") if file.is_file())
    return sum(file.stat().st_size for file in files)


def _by_disk(needed: int) -> dict[Path, int]:
    """Give the bytes that each disk has to take: one copy in the cache and, where files are copied, one here."""
    copied = "copy" in cache.links()
    folders = [(cache.folder(), needed), (Path(), needed if copied else 0), (SCRATCH, 0)]
    disks: dict[int, tuple[Path, int]] = {}
    for path, size in folders:
        folder = _existing(path)
        first, total = disks.get(folder.stat().st_dev, (folder, 0))
        disks[folder.stat().st_dev] = (first, total + size)
    return dict(disks.values())


def _existing(path: Path) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if folder.exists())


def human(size: float) -> str:
    """Write a number of bytes with its unit: 512 MiB."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
