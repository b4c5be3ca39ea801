"""A worker: a private clone, a server of its stages (:mod:`~genbench.dag.fanout.warm`), and one cell after another."""

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
from genbench.dag.fanout import parent_death, shell, warm
from genbench.dag.fanout.clone import Clone, Project
from genbench.dag.fanout.job_process import LOG, RESULT, STAGE
from genbench.dag.fanout.plan import Job
from genbench.errors import InputError
from genbench.files.atomic import read_json, write_text

INTERVAL = 0.2  # seconds between two looks at files of the clone


@dataclass(frozen=True)
class Result:
    """Result of a job. entries: of dvc.lock, by stage. failed: the reason of each stage that failed."""

    job: Job
    entries: dict[str, Any]
    failed: dict[str, str]


class Worker:
    """A clone in `folder` that makes one cell after another.

    gpu: the only GPU that its stages see, as CUDA_VISIBLE_DEVICES has it; None leaves that variable as it is.
    """

    def __init__(self, folder: Path, project: Project, *, gpu: str | None = None) -> None:
        self.clone = Clone(folder, project)
        self._environment = {**os.environ, "SHELL": str(self._shell()), "PYTHONUNBUFFERED": "1"}
        self._environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        if gpu is not None:
            self._environment["CUDA_VISIBLE_DEVICES"] = gpu
        self._log = (folder / LOG).open("ab")
        self._processes = [self._start("genbench.dag.fanout.warm")]
        self._check_out()

    def run(self, job: Job, progress: Callable[[str], None] = lambda stage: None) -> Result:
        """Make a cell. progress: called with the name of each stage that begins."""
        steps = self.steps(job)
        while True:
            try:
                progress(next(steps))
            except StopIteration as end:
                return end.value

    def steps(self, job: Job) -> Generator[str, None, Result]:
        """Make a cell: yield the name of each stage that begins, and return the result."""
        self.clone.enable(job.run, job.seed)
        self._log.truncate(0)
        for file in (RESULT, STAGE):
            (self.clone.folder / file).unlink(missing_ok=True)
        process = self._start("genbench.dag.fanout.job_process", self.clone.project.remote, *job.stages)
        self._processes.append(process)
        last_stage = ""
        while process.poll() is None:
            time.sleep(INTERVAL)
            stage = self._read(STAGE)
            if stage != last_stage:
                yield (last_stage := stage)
        self._processes.remove(process)
        parent_death.end(process)
        if not (self.clone.folder / RESULT).exists():
            lines = self._read(LOG).strip().splitlines()
            return Result(job, {}, dict.fromkeys(job.stages, lines[-1] if lines else "it was killed"))
        result = read_json(self.clone.folder / RESULT)
        return Result(job, result["entries"], result["failed"])

    def close(self) -> None:
        """End its processes and delete the clone."""
        for process in self._processes:
            parent_death.end(process)
        self._log.close()
        self.clone.remove()

    def _start(self, module: str, *words: str) -> subprocess.Popen[bytes]:
        return parent_death.start(
            [sys.executable, "-m", module, *words], self.clone.folder, self._environment, self._log
        )

    def _shell(self) -> Path:
        """Write the script that DVC takes for the user's shell."""
        path = self.clone.folder / ".genbench/shell"
        python = shlex.quote(sys.executable)
        write_text(path, f'#!/bin/sh\nexec {python} -I -S {shlex.quote(str(Path(shell.__file__)))} "$@"\n')
        path.chmod(0o755)
        return path

    def _check_out(self) -> None:
        """Check out the outputs of the shared stages from the cache, or pull them from the remote."""
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
            time.sleep(INTERVAL)  # after that, stages start by themselves

    def _read(self, file: Path) -> str:
        path = self.clone.folder / file
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
