"""GPUs: whether torch can use those of this host, and whether params.yaml asks for what there is."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding
from genbench.pipeline import params

DEVICES = Path("/dev")
DRIVER = Path("/proc/driver/nvidia/gpus")


def find(
    *, devices: Path = DEVICES, driver: Path = DRIVER, torch: Path | None = None, visible: str | None = None
) -> Iterator[Finding]:
    """What does not fit together. torch: its folder; visible: CUDA_VISIBLE_DEVICES; by default this process's."""
    hardware = params.load().hardware
    wanted = hardware.devices if hardware.accelerator == "gpu" else 0
    there = _gpus(devices, driver)
    seen = _visible(there, os.environ.get("CUDA_VISIBLE_DEVICES") if visible is None else visible)
    build = _cpu_build(torch or _torch())
    if wanted > seen:
        hidden = f", of which CUDA_VISIBLE_DEVICES shows {seen}" if seen < there else ""
        what = f"params.yaml: hardware: asks for {_count(wanted)}, this host has {there}{hidden}"
        yield Finding("error", what, "set hardware.accelerator: cpu, or fewer hardware.devices, in params.yaml")
    if seen and build:
        yield Finding(
            "error" if wanted else "warning",
            f"torch {build} is built without CUDA, and this host has {_count(there)} of NVIDIA's: all runs on the CPU",
            f"pip install torch=={build.partition('+')[0]} from the index of your driver's CUDA, see pytorch.org",
        )
    if seen and not wanted:
        what = f"params.yaml: hardware.accelerator is cpu, and this host has {_count(there)} of NVIDIA's"
        mend = "set hardware.accelerator: gpu in params.yaml, if last digits may differ from results of a CPU"
        yield Finding("note", what, mend)


def _count(gpus: int) -> str:
    return f"{gpus} GPU{'s' * (gpus != 1)}"


def _gpus(devices: Path, driver: Path) -> int:
    """How many NVIDIA GPUs the host has, by its device files or by what the driver says."""
    files = [file for file in devices.glob("nvidia*") if re.fullmatch(r"nvidia\d+", file.name)]
    return len(files) or (len(list(driver.iterdir())) if driver.is_dir() else 0)


def _visible(there: int, setting: str | None) -> int:
    """How many of them a process sees: CUDA takes those listed, up to the first that is none, such as -1."""
    if setting is None:
        return there
    listed = [word.strip() for word in setting.split(",")]
    return min(there, next((n for n, word in enumerate(listed) if word in ("", "-1")), len(listed)))


def _torch() -> Path | None:
    found = importlib.util.find_spec("torch")  # which does not import it
    return Path(found.origin).parent if found and found.origin else None


def _cpu_build(folder: Path | None) -> str:
    """The version of a torch that was built without CUDA, "" of one that has it, or where there is none."""
    text = (folder / "version.py").read_text(encoding="utf-8") if folder else ""
    values = dict(re.findall(r"^(\w+)(?:\s*:[^=\n]+)?\s*=\s*(.+)$", text, re.MULTILINE))
    return values["__version__"].strip("'\"") if values.get("cuda") == "None" else ""
