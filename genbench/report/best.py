"""A copy of the best run's weights under one path: DVC's artifact `best`."""

from __future__ import annotations

import shutil
from pathlib import Path

from genbench.files.atomic import write_json
from genbench.report.leaderboard import Leaderboard, finished, trained


def keep_best(board: Leaderboard, data: Path) -> None:
    """Copy the first finished seed of the first trained row that finished any to `data`/best.

    The folder is a cell's weights as training wrote them (:mod:`genbench.pipeline.cell` reads them), and best.json,
    which names their run and seed; both are null where nothing finished.
    """
    run, seed = next(((row["run"], cell["seed"]) for row in trained(board) for cell in finished(row)), (None, None))
    folder = data / "best"
    part = folder.with_name(".best.part")
    for old in (part, folder):
        shutil.rmtree(old, ignore_errors=True)
    part.mkdir(parents=True)
    if run is not None:
        shutil.copytree(data / "weights" / run / str(seed), part, dirs_exist_ok=True)
    write_json(part / "best.json", {"run": run, "seed": seed})
    part.replace(folder)
