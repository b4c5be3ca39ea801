"""A project of its own with the real dvc.yaml, whose stages write their outputs and do nothing else.

One run with as many seeds as the wanted number of stages takes, five stages a seed and five for all of them. The stage
fingerprint is the real one, for others depend on what it writes.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from genbench.files.yaml import overridden

ROOT = Path(__file__).parents[2]
RUN = "noise"
SHARED, CELL = 5, 5  # stages
FIGURES = ("outs", "metrics", "plots")


@dataclass(frozen=True)
class Spent:
    """Of a command: seconds on the wall and of the processor, all its processes together.

    stages: how many ran. work, processor_work: what they say they took, of both kinds.
    """

    seconds: float
    processor: float
    stages: int
    work: float
    processor_work: float


@dataclass(frozen=True)
class Project:
    """A project in `path`."""

    path: Path

    def run(self, *words: str) -> Spent:
        """Run a command, which must succeed."""
        log = self.path / ".stage-times"
        log.unlink(missing_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "GIT_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        own = {"PATH": path, "PYTHONPATH": str(self.path), "STAGE_TIMES": str(log)}
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(words, cwd=self.path, env=inherited | own, stdout=subprocess.DEVNULL, check=True)
        seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        work, busy = (sum(float(line.split()[place]) for line in lines) for place in (0, 1))
        processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Spent(seconds, processor, len(lines), work, busy)

    def set(self, **values: Any) -> None:
        """Replace values of params.yaml."""
        file = self.path / "params.yaml"
        file.write_text(overridden(file.read_text(encoding="utf-8"), values), encoding="utf-8")


def project(path: Path, stages: int) -> Project:
    """Make a new project of `stages` stages: 10, 15, 20, ..."""
    seeds, rest = divmod(stages - SHARED, CELL)
    assert rest == 0 and seeds > 0, f"{stages} stages: expected {SHARED} and a multiple of {CELL}"
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0"):
        if (ROOT / name).is_file() and not name.startswith(("reports/", "tests/", "dvc.lock")):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    _stand_in(path / "dvc.yaml")
    made = Project(path)
    made.set(enabled=[RUN], seeds=list(range(seeds)), dataset="digits", extractors=["classifier"])
    subprocess.run(["git", "init", "--quiet"], cwd=path, check=True)
    config = path / ".dvc" / "config.local"
    config.write_text(f"[core]\n    site_cache_dir = {path / '.site'}\n[cache]\n    dir = {path / '.dvc/cache'}\n")
    return made


def _stand_in(file: Path) -> None:
    """Put the stand-in into every stage's command."""
    yaml = YAML()
    yaml.width = 4096
    pipeline = yaml.load(file.read_text(encoding="utf-8"))
    for name, stage in pipeline["stages"].items():
        outputs = [one if isinstance(one, str) else next(iter(one)) for key in FIGURES for one in stage.get(key, [])]
        words = ["--run", stage["cmd"]] if name == "fingerprint" else outputs
        stage["cmd"] = f"python -S benchmarks/pipeline/work.py {' '.join(words)}"
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(pipeline, out)
