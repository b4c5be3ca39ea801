"""A project for fanning out whose stages take no time: the real package, and a pipeline of two stages a cell.

Its stages run tests/support/fanout_work.py, which writes what follows from their dependencies.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.clone import ROOT, Clone, copy_versions

PARTS = (
    "genbench",
    "runs",
    ".dvc",
    "params.yaml",
    ".gitignore",
    ".dvcignore",
    "data/source/README.md",
)
CELL = "{run: '${enabled}', seed: '${seeds}'}"
PIPELINE = f"""\
stages:
  prepare:
    cmd: python -S work.py images data/images
    params: [data]
    outs: [data/images]
  train:
    matrix: {CELL}
    cmd: python -S work.py train@${{key}} data/weights/${{item.run}}/${{item.seed}} data/images
    deps: [data/images]
    params: [train]
    outs: ["data/weights/${{item.run}}/${{item.seed}}"]
    meta: {{gpus: 1}}
  evaluate:
    matrix: {CELL}
    cmd: >-
      python -S work.py evaluate@${{key}} data/metrics/${{item.run}}/${{item.seed}}.json
      data/weights/${{item.run}}/${{item.seed}}
    deps: ["data/weights/${{item.run}}/${{item.seed}}"]
    outs: ["data/metrics/${{item.run}}/${{item.seed}}.json"]
  report:
    cmd: python -S work.py report reports/leaderboard.json data/metrics
    deps: [data/metrics]
    params: [enabled, seeds]
    outs: [reports/leaderboard.json: {{cache: false}}]
"""


def project(
    path: Path, *, runs: Sequence[str], seeds: Sequence[int], accelerator: str = "cpu", gpus: float = 1
) -> Clone:
    """Make a new project of so many cells; `gpus` is what each takes where the accelerator is gpu."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PARTS]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    shutil.copy2(ROOT / "tests/support/fanout_work.py", path / "work.py")
    (path / "dvc.yaml").write_text(PIPELINE.replace("gpus: 1", f"gpus: {gpus:g}"), encoding="utf-8")
    copy_versions(path)
    made = Clone(path)
    made.set(enabled=list(runs), seeds=list(seeds), hardware={"accelerator": accelerator})
    made.run("git", "init", "--quiet")
    made.commit()
    return made.isolated()
