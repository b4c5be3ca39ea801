"""Cells over worker processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from genbench.dag.fanout.clone import Project
from genbench.dag.fanout.plan import Cell
from genbench.dag.fanout.worker import Result, Worker
from genbench.pipeline import params

GPUS = Path("/proc/driver/nvidia/gpus")

#: Told which cell is at which stage.
Say = Callable[[Cell, str], None]


def room() -> int:
    """How many cells this machine has room for: one a GPU where params ask for GPUs, else one a core."""
    if params.load().hardware.accelerator == "gpu":
        return max(len(_gpus()), 1)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _gpus() -> list[Path]:
    return sorted(GPUS.iterdir()) if GPUS.is_dir() else []


def results(cells: Sequence[Cell], project: Project, folder: Path, *, jobs: int, say: Say) -> Iterator[Result]:
    """What becomes of each cell, in the order in which they end, `jobs` at a time, each worker in a folder below.

    Cells that want a GPU get those of this machine in turn. Leaving the iteration early ends the workers.
    """
    waiting: SimpleQueue[Cell] = SimpleQueue()
    for cell in cells:
        waiting.put(cell)
    ended: SimpleQueue[Result | Exception] = SimpleQueue()
    gpus = _gpus()

    def work(worker: Worker) -> None:
        try:
            while True:
                cell = waiting.get_nowait()
                ended.put(worker.run(cell, partial(say, cell)))
        except Empty:
            return
        except Exception as error:  # told to the main thread, which stops
            ended.put(error)

    with ExitStack() as stack:
        for number in range(min(jobs, len(cells))):
            gpu = str(number % len(gpus)) if gpus and any(cell.gpus for cell in cells) else None
            worker = Worker(folder / f"worker-{number}", project, gpu=gpu)
            stack.callback(worker.close)
            Thread(target=work, args=(worker,), daemon=True).start()
        for _ in cells:
            result = ended.get()
            if isinstance(result, Exception):
                raise result
            yield result
