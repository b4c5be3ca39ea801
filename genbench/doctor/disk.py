"""Room on the disks of the checkout, of DVC's cache and of the scratch folder, for the cells that are to come."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from genbench.data.paths import Paths
from genbench.doctor import Finding, _settings
from genbench.files.scratch import SCRATCH
from genbench.pipeline import params

FLOOR = 1 << 29  # bytes below which checkpoints, images and pages of any benchmark are at risk


def find(*, floor: int = FLOOR) -> Iterator[Finding]:
    """Each file system with less room than the cells to come need, by the mean size of those that are there."""
    p = params.load()
    sizes = [_size(Paths(p.dataset), run, seed) for run in p.enabled for seed in p.seeds]
    done = [size for size in sizes if size]
    coming = (len(sizes) - len(done)) * (sum(done) // len(done) if done else 0)
    for where, needs in _places(coming).items():
        free = shutil.disk_usage(where).free
        if free < needs:
            what = f"{where}: {human(free)} free, the {len(sizes) - len(done)} cells to come need {human(needs)}"
            yield Finding("error", what, f"make room on that disk, or `dvc gc --workspace`: {_elsewhere()}")
        elif free < floor:
            what = f"{where}: {human(free)} free, expected {human(floor)} or more"
            yield Finding("warning", what, f"make room on that disk, or `dvc gc --workspace`: {_elsewhere()}")


def _size(paths: Paths, run: str, seed: int) -> int:
    """Bytes of a cell's data, 0 until it is trained."""
    if not paths.weights(run, seed).exists():
        return 0
    found = [path for kind in paths.root.glob(f"*/{run}") for path in kind.iterdir() if _of(path.name, seed)]
    return sum(_bytes(path) for path in found)


def _of(name: str, seed: int) -> bool:
    """Whether a file of a run is of this seed: 0, 0.json, 0-classifier."""
    return name.partition("-")[0].partition(".")[0] == str(seed)


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else (file for file in path.rglob("*") if file.is_file())
    return sum(file.stat().st_size for file in files)


def _places(coming: int) -> dict[Path, int]:
    """What each file system has to take: one copy in the cache and, where files are copied from it, one here."""
    copied = "copy" in _settings.links()
    wants = [(_settings.cache(), coming), (Path(), coming if copied else 0), (SCRATCH, 0)]
    places: dict[int, tuple[Path, int]] = {}
    for path, needs in wants:
        there = _existing(path)
        first, sum_ = places.get(there.stat().st_dev, (there, 0))
        places[there.stat().st_dev] = (first, sum_ + needs)
    return dict(places.values())


def _existing(path: Path) -> Path:
    """A folder, or the nearest above it that is there."""
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _elsewhere() -> str:
    return "or `dvc cache dir --local FOLDER` on another one"


def human(size: float) -> str:
    """Bytes as a person says them."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
