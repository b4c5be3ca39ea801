"""Cells over worker processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from genbench.fanout.clone import Project
from genbench.fanout.plan import Cell
from genbench.fanout.worker import Result, Worker

GPUS = Path("/proc/driver/nvidia/gpus")

#: Told which cell is at which stage.
Say = Callable[[Cell, str], None]


def results(cells: Sequence[Cell], project: Project, folder: Path, *, jobs: int, say: Say) -> Iterator[Result]:
    """What becomes of each cell, in the order in which they end, `jobs` at a time, each worker in a folder below.

    Cells that want a GPU get those of this machine in turn. Leaving the iteration early ends the workers.
    """
    waiting: SimpleQueue[Cell] = SimpleQueue()
    for cell in cells:
        waiting.put(cell)
    ended: SimpleQueue[Result | Exception] = SimpleQueue()
    gpus = sorted(GPUS.iterdir()) if GPUS.is_dir() else []

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
