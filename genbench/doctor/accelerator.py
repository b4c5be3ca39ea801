"""GPUs of this host, against torch and against `hardware` of params.yaml."""

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
    """Find GPUs that are missing, hidden or not used.

    torch: its folder. visible: CUDA_VISIBLE_DEVICES, by default that of this process.
    """
    hardware = params.load().hardware
    wanted = hardware.devices if hardware.accelerator == "gpu" else 0
    present = _gpus(devices, driver)
    seen = _visible(present, os.environ.get("CUDA_VISIBLE_DEVICES") if visible is None else visible)
    build = _cpu_build(torch or _torch())
    if wanted > seen:
        hidden = f", of which CUDA_VISIBLE_DEVICES shows {seen}" if seen < present else ""
        message = f"params.yaml: hardware: asks for {_count(wanted)}, this host has {present}{hidden}"
        yield Finding("error", message, "set hardware.accelerator: cpu, or fewer hardware.devices, in params.yaml")
    if seen and build:
        yield Finding(
            "error" if wanted else "warning",
            f"torch {build} is built without CUDA, and this host has {_count(present)} of NVIDIA: all runs on the CPU",
            f"pip install torch=={build.partition('+')[0]} from the index of your driver's CUDA, see pytorch.org",
        )
    if seen and not wanted:
        message = f"params.yaml: hardware.accelerator is cpu, and this host has {_count(present)} of NVIDIA"
        fix = "set hardware.accelerator: gpu in params.yaml, if last digits may differ from results of a CPU"
        yield Finding("note", message, fix)


def _count(gpus: int) -> str:
    return f"{gpus} GPU{'s' * (gpus != 1)}"


def _gpus(devices: Path, driver: Path) -> int:
    """Count the NVIDIA GPUs of the host, by its device files or by those that the driver names."""
    files = [file for file in devices.glob("nvidia*") if re.fullmatch(r"nvidia\d+", file.name)]
    return len(files) or (len(list(driver.iterdir())) if driver.is_dir() else 0)


def _visible(present: int, setting: str | None) -> int:
    """Count those that a process sees: CUDA takes the listed ones up to the first that is no GPU, such as -1."""
    if setting is None:
        return present
    listed = [word.strip() for word in setting.split(",")]
    return min(present, next((n for n, word in enumerate(listed) if word in ("", "-1")), len(listed)))


def _torch() -> Path | None:
    spec = importlib.util.find_spec("torch")  # which does not import it
    return Path(spec.origin).parent if spec and spec.origin else None


def _cpu_build(folder: Path | None) -> str:
    """Return the version of a torch that was built without CUDA; "" of one with CUDA, or without a torch."""
    text = (folder / "version.py").read_text(encoding="utf-8") if folder else ""
    values = dict(re.findall(r"^(\w+)(?:\s*:[^=\n]+)?\s*=\s*(.+)$", text, re.MULTILINE))
    return values["__version__"].strip("'\"") if values.get("cuda") == "None" else ""
