"""Cells over worker processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from genbench.dag.fanout.clone import Project
from genbench.dag.fanout.plan import Job
from genbench.dag.fanout.worker import Result, Worker
from genbench.pipeline import params
from genbench.pipeline.cores import usable_cores

GPUS = Path("/proc/driver/nvidia/gpus")

#: Function that is called with a cell and the stage that has begun of it.
Progress = Callable[[Job, str], None]


def default_workers() -> int:
    """Count the cells that fit on this machine: one a GPU where params ask for GPUs, else one a core."""
    if params.load().hardware.accelerator == "gpu":
        return max(len(_gpus()), 1)
    return usable_cores()


def _gpus() -> list[Path]:
    return sorted(GPUS.iterdir()) if GPUS.is_dir() else []


def results(
    jobs: Sequence[Job], project: Project, folder: Path, *, workers: int, progress: Progress
) -> Iterator[Result]:
    """Make cells, `workers` at a time, and yield their results in the order in which they end.

    folder: each worker has its own folder below it. Cells that ask for a GPU get those of this machine in turn. Leaving
    the iteration early ends the workers.
    """
    waiting: SimpleQueue[Job] = SimpleQueue()
    for job in jobs:
        waiting.put(job)
    ended: SimpleQueue[Result | Exception] = SimpleQueue()
    gpus = _gpus()

    def work(worker: Worker) -> None:
        try:
            while True:
                job = waiting.get_nowait()
                ended.put(worker.run(job, partial(progress, job)))
        except Empty:
            return
        except Exception as error:  # raised again by the main thread, which stops
            ended.put(error)

    with ExitStack() as stack:
        for number in range(min(workers, len(jobs))):
            gpu = str(number % len(gpus)) if gpus and any(job.gpus for job in jobs) else None
            worker = Worker(folder / f"worker-{number}", project, gpu=gpu)
            stack.callback(worker.close)
            Thread(target=work, args=(worker,), daemon=True).start()
        for _ in jobs:
            result = ended.get()
            if isinstance(result, Exception):
                raise result
            yield result
