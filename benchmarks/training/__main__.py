"""Steps per second of genbench's training loop beside a plain PyTorch loop and torch-mimicry's trainer.

    python -m benchmarks.training [--cases digits dcgan ...] [--rounds 9] [--threads 2] [--accelerator gpu]
                                  [--clock processor]

writes training.json, .csv, .md and .png into reports/benchmarks, on a GPU training_gpu.*. The contenders of a case
take turns, a few steps each, for so many rounds, in one process: whatever else the machine does meets all of them. A
ratio is the median of those of the rounds. torch-mimicry takes part if it is installed (see mimicry.py).
"""

from __future__ import annotations

import argparse
import copy
import os
import platform
import sys
import tempfile
import time
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from benchmarks.machine import processor
from benchmarks.training import contenders, mimicry
from benchmarks.training.cases import CASES, Case
from benchmarks.training.operations import rate
from benchmarks.training.tables import write
from genbench.engine import checkpoint, connect
from genbench.engine.device import Device
from genbench.engine.loop import optimiser
from genbench.engine.operations import Counter
from genbench.engine.options import HardwareOptions
from genbench.engine.progress import Progress
from genbench.errors import InputError
from genbench.files.atomic import write_json
from genbench.files.scratch import SECONDS

#: Variants of genbench's loop, by what they change in `hardware`; the first takes part everywhere.
VARIANTS: dict[str, dict[str, Any]] = {
    "genbench": {},
    "genbench_compiled": {"compile": True},
    "genbench_bfloat16": {"compile": True, "precision": "bfloat16"},
}
PLAIN = ("bare", "plain", "plain_one_pass")


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    on_gpu = options.accelerator == "gpu"
    if on_gpu and not torch.cuda.is_available():
        raise InputError("--accelerator gpu: there is no GPU here that this PyTorch can use")
    device = _device(options.accelerator, {})
    variants = list(VARIANTS) if on_gpu else ["genbench"]
    machine = {
        "processor": torch.cuda.get_device_name() if on_gpu else processor(),
        "threads": options.threads,
        "clock": options.clock,
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "versions": {"torch": version("torch"), "torch-mimicry": mimicry.VERSION if mimicry.available() else None},
        "matmul_flops": rate(device.torch_device),
    }
    records = []
    name = "training_gpu" if on_gpu else "training"
    for key in options.cases:
        if CASES[key].peer and not mimicry.available():
            sys.stderr.write(f"{key}: left out, torch-mimicry is not installed\n")
            continue
        records.append(measured(key, CASES[key], variants, device, options))
        write_json(options.out / f"{name}.json", {"machine": machine, "rounds": options.rounds, "cases": records})
    write(options.out, name)


def measured(key: str, case: Case, variants: list[str], device: Device, options: argparse.Namespace) -> dict[str, Any]:
    """All rounds of one case: seconds a step by contender, its floating-point operations, a checkpoint's seconds."""
    timed = {name: contenders.genbench(case, _device(options.accelerator, VARIANTS[name])) for name in variants}
    timed |= {name: getattr(contenders, name)(case, device) for name in PLAIN}
    if case.peer:
        timed["torch_mimicry"] = contenders.torch_mimicry(case, device)
    counter = Counter()
    for name, run in timed.items():  # once before they are timed; the plainest is counted meanwhile
        with counter if name == "plain_one_pass" else nullcontext():
            run(lambda: None)
    seconds: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(options.rounds):
        for name, run in timed.items():
            seconds[name].append(elapsed(run, options.clock) / case.steps)
    sys.stderr.write(f"{key}: {', '.join(f'{name} {min(one):.4f} s' for name, one in seconds.items())}\n")
    return {
        "case": key,
        "title": case.title,
        "batch": case.batch,
        "critic_steps": case.critic_steps,
        "steps": case.steps,
        "flops": counter.operations / case.steps,
        "seconds": seconds,
        "checkpoint_seconds": checkpoint_seconds(case, device),
        "checkpoint_every_seconds": SECONDS,
    }


def elapsed(run: contenders.Steps, clock: str) -> float:
    """Seconds from the first step of a run to its end."""
    started: list[float] = []
    run(lambda: started.append(now(clock)))
    return now(clock) - started[0]


def now(clock: str) -> float:
    """Seconds of the wall, once a GPU has done what it was given, or of this process on all processors."""
    if clock == "processor":
        return time.process_time()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def checkpoint_seconds(case: Case, device: Device) -> float:
    """How long a checkpoint takes, with the copies of the weights and the optimisers' state that a training has."""
    model = case.model()
    device.prepare(model)
    optimisers = {name: optimiser(group) for name, group in model.groups().items()}
    for one in optimisers.values():
        for group in one.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.zeros_like(parameter)
        one.step()
    copies = {name: copy.deepcopy(model) for name in ("raw", "ema", "best")}
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        checkpoint.save(Path(folder), Progress(), copies, optimisers)
        return time.perf_counter() - started


def _device(accelerator: str, changes: dict[str, Any]) -> Device:
    plain = {"devices": 1, "hosts": 1, "precision": "float32", "compile": False, "channels_last": True}
    return connect(HardwareOptions.model_validate({"accelerator": accelerator, **plain, **changes}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall", help="processor: for a busy machine")
    parser.add_argument("--accelerator", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--out", type=Path, default=Path("reports/benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
