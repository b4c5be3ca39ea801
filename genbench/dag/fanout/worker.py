"""A worker: a clone, the server of its stages (:mod:`~genbench.dag.fanout.warm`), and one cell after another."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from genbench.dag import lock
from genbench.dag.fanout import leash, shell, warm
from genbench.dag.fanout.cell import LOG, RESULT, STAGE
from genbench.dag.fanout.clone import Clone, Project
from genbench.dag.fanout.plan import Cell
from genbench.errors import InputError
from genbench.files.atomic import read_json, write_text

PATIENCE = 0.2  # seconds between two looks


@dataclass(frozen=True)
class Result:
    """What became of a cell: entries of dvc.lock by stage, and why each stage that failed did."""

    cell: Cell
    entries: dict[str, Any]
    failed: dict[str, str]


class Worker:
    """Makes cells in a folder of its own; `gpu` is the one that its stages see, None for what there is."""

    def __init__(self, folder: Path, project: Project, *, gpu: str | None = None) -> None:
        self.clone = Clone(folder, project)
        self._environment = {**os.environ, "SHELL": str(self._shell()), "PYTHONUNBUFFERED": "1"}
        self._environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        if gpu is not None:
            self._environment["CUDA_VISIBLE_DEVICES"] = gpu
        self._log = (folder / LOG).open("ab")
        self._processes = [self._start("genbench.dag.fanout.warm")]
        self._check_out()

    def run(self, cell: Cell, say: Callable[[str], None] = lambda stage: None) -> Result:
        """Make a cell; `say` is told each stage as it begins."""
        steps = self.steps(cell)
        while True:
            try:
                say(next(steps))
            except StopIteration as end:
                return end.value

    def steps(self, cell: Cell) -> Generator[str, None, Result]:
        """Make a cell: yields each stage as it begins."""
        self.clone.enable(cell.run, cell.seed)
        self._log.truncate(0)
        for file in (RESULT, STAGE):
            (self.clone.folder / file).unlink(missing_ok=True)
        process = self._start("genbench.dag.fanout.cell", self.clone.project.remote, *cell.stages)
        self._processes.append(process)
        said = ""
        while process.poll() is None:
            time.sleep(PATIENCE)
            stage = self._read(STAGE)
            if stage != said:
                yield (said := stage)
        self._processes.remove(process)
        leash.end(process)
        if not (self.clone.folder / RESULT).exists():
            last = self._read(LOG).strip().splitlines()
            return Result(cell, {}, dict.fromkeys(cell.stages, last[-1] if last else "it was killed"))
        found = read_json(self.clone.folder / RESULT)
        return Result(cell, found["entries"], found["failed"])

    def close(self) -> None:
        """End what runs and delete the clone."""
        for process in self._processes:
            leash.end(process)
        self._log.close()
        self.clone.remove()

    def _start(self, module: str, *words: str) -> subprocess.Popen[bytes]:
        return leash.start([sys.executable, "-m", module, *words], self.clone.folder, self._environment, self._log)

    def _shell(self) -> Path:
        """What DVC takes for the user's shell."""
        path = self.clone.folder / ".genbench/shell"
        python = shlex.quote(sys.executable)
        write_text(path, f'#!/bin/sh\nexec {python} -I -S {shlex.quote(str(Path(shell.__file__)))} "$@"\n')
        path.chmod(0o755)
        return path

    def _check_out(self) -> None:
        """Bring the results of the shared stages from the cache, or from the remote."""
        stages, remote = list(lock.read(self.clone.folder)), self.clone.project.remote
        words = ["pull", "--remote", remote] if remote else ["checkout"]
        self.clone.project.cache.mkdir(parents=True, exist_ok=True)
        # the first worker of a host brings them for all, and each next one finds them
        with FileLock(self.clone.project.cache / "genbench.lock") if remote else nullcontext():
            done = subprocess.run(
                [sys.executable, "-m", "dvc", *words, "--quiet", *stages],
                cwd=self.clone.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            self.close()
            raise InputError(f"fanout: a worker cannot get {', '.join(stages)}: {' '.join(done.stderr.split())}")
        deadline = time.monotonic() + 60
        while not (self.clone.folder / warm.SOCKET).exists() and time.monotonic() < deadline:
            time.sleep(PATIENCE)  # after that, stages start by themselves

    def _read(self, file: Path) -> str:
        path = self.clone.folder / file
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
