"""Copies of finished reports that are kept: reports/published/<profile>/, which DVC does not know and never deletes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from genbench.dag import locked
from genbench.data.paths import PUBLISHED, REPORTS
from genbench.errors import InputError
from genbench.pipeline import params, profiles, repository

KEPT = (
    "index.html",
    "leaderboard.json",
    "leaderboard.schema.json",
    "leaderboard.md",
    "leaderboard.csv",
    "leaderboard.tex",
    "leaderboard.bib",
    "costs.csv",
    "overview.png",
    "real.png",
    "grids",
)


def publish() -> Path:
    """Copy the current, finished report into reports/published/<profile>/, and return that folder.

    A file that differs from dvc.lock is an InputError, and so is a report that is not up to date, or of another dataset
    than the profile's file or what was published under its name.
    """
    p = params.load()
    profile = p.profile
    profiles.require_dataset(profile, p.dataset)
    locked.require_current()
    done = subprocess.run([sys.executable, "-m", "dvc", "status", "--quiet", "dvc.yaml"], check=False)
    if done.returncode != 0:
        repository.require()
        raise InputError("reports/: not up to date with params.yaml and the code; run dvc repro first")
    folder = PUBLISHED / profile
    fresh = folder.with_name(f".{profile}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in KEPT:
        copy = shutil.copytree if (REPORTS / name).is_dir() else shutil.copyfile
        copy(REPORTS / name, fresh / name)
    for name in ("params.yaml", "dvc.lock"):
        shutil.copyfile(name, fresh / name)
    shutil.rmtree(folder, ignore_errors=True)
    return fresh.replace(folder)
