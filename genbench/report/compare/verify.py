"""Train one run again and compare its numbers with the published ones.

This happens in a scratch clone of HEAD with its own DVC cache, so that the user's files stay as they are and no
earlier result is taken for a new one. The files of data/source are linked into it.

On the machine and with the libraries that made them, numbers come out identical. Elsewhere the last digits of sums
differ and trainings drift apart, so a number stands if one more seed could have given it: if it is within the
prediction interval of the published seeds (:func:`genbench.report.compare.noise.prediction`), at a level shared by the
columns. Machines are compared here, so the clone takes the installed versions, which stages would refuse otherwise.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

from genbench.data.paths import PUBLISHED, Paths
from genbench.errors import InputError, unknown
from genbench.files.atomic import read_json, write_text
from genbench.files.reserved import with_new_names
from genbench.files.yaml import overridden
from genbench.pipeline import installed, params
from genbench.pipeline.environment import Difference, differences
from genbench.pipeline.params import PARAMS, Params
from genbench.report import best_weights
from genbench.report.compare.board import BOARD, PROTOCOL, read_board
from genbench.report.compare.comparison import Measure, measures
from genbench.report.compare.noise import LEVEL, prediction
from genbench.report.compare.settings import mapping
from genbench.report.compare.snapshot import Snapshot, git, snapshot
from genbench.report.leaderboard import Leaderboard, Row

Verdict = Literal["identical", "within seed noise", "beyond seed noise", "too few seeds", "missing"]


@dataclass(frozen=True)
class Check:
    """Numbers of one column. published: that of the seed, None if it is not published. seeds: all published ones."""

    measure: Measure
    published: float | None
    seeds: list[float]
    again: float | None
    level: float

    @property
    def verdict(self) -> Verdict:
        """Verdict on the published numbers, from the new one."""
        if self.again is None:
            return "missing"
        if self.again == self.published:
            return "identical"
        ratio = self.measure.ratio and min(self.again, *self.seeds) > 0
        scale = math.log if ratio else float
        interval = prediction([scale(value) for value in self.seeds], self.level)
        if interval is None:
            return "too few seeds"
        return "within seed noise" if interval[0] <= scale(self.again) <= interval[1] else "beyond seed noise"


@dataclass(frozen=True)
class Verification:
    """Result of training again. diverged: True for a divergence, published and now; None if the seed is not published.

    versions: those that differ from the versions that computed the published numbers; None where these are unknown.
    """

    run: str
    seed: int
    state: Snapshot
    checks: list[Check]
    diverged: tuple[bool | None, bool]
    versions: list[Difference] | None

    @property
    def stands(self) -> bool:
        """Return whether every number is identical or within seed noise."""
        if self.diverged[1]:
            return self.diverged[0] is True
        verdicts = {check.verdict for check in self.checks}
        return not self.diverged[0] and verdicts <= {"identical", "within seed noise"}


def verify(run: str, seed: int | None = None, profile: str | None = None) -> Verification:
    """Train `run` again and compare with the leaderboard of HEAD, or with that of a published profile.

    seed: the first published one by default. Params are those beside that leaderboard.
    """
    head = snapshot("HEAD")
    folder = PUBLISHED / profile if profile else None
    board = read_board(head, folder / BOARD.name if folder else BOARD)
    row = next((row for row in board["rows"] if row["run"] == run), None)
    if row is None:
        raise unknown("run of the leaderboard", run, [row["run"] for row in board["rows"]])
    seed = row["cells"][0]["seed"] if seed is None else seed
    with TemporaryDirectory(prefix="genbench-verify-") as scratch:
        root = Path(scratch) / "project"
        p = _clone(head, root, folder / PARAMS if folder else PARAMS, run, seed)
        _train(root, run, seed, p.extractors)
        records = [read_json(root / Paths(p.dataset).metrics(run, seed, name)) for name in p.extractors]
    for record in records:
        _require_same_protocol(record, board)
    versions = differences(board["environment"]) if "environment" in board else None
    checks = list(_checks(board, row, seed, records))
    return Verification(run, seed, head, checks, _diverged(row, seed, records), versions)


def _clone(head: Snapshot, root: Path, source: Path, run: str, seed: int) -> Params:
    """Clone HEAD into `root` with one cell alone, and give the params of the clone."""
    done = git("clone", "--quiet", "--shared", str(Path.cwd()), str(root))
    if done.returncode:
        raise InputError(f"{root}: cannot be cloned: {done.stderr.decode().strip()}")
    text = head.read(source)
    if text is None:
        raise InputError(f"{source}: no such file in {head}")
    values = with_new_names(mapping(text, f"{source} in {head}"))
    write_text(root / PARAMS, overridden("{}", {**values, "enabled": [run], "seeds": [seed]}))
    installed.write(root)
    (root / "dvc.lock").unlink(missing_ok=True)
    write_text(root / ".dvc" / "config.local", f"[cache]\n    dir = {root / '.dvc' / 'cache'}\n")
    for file in Path("data/source").glob("*"):
        if not (root / file).exists():
            (root / file).symlink_to(file.resolve())
    return params.load(root / PARAMS)


def _train(root: Path, run: str, seed: int, extractors: Sequence[str]) -> None:
    """Run every stage up to the metrics; DVC's messages go to stderr."""
    cells = [f"evaluate@{run}-{seed}-{name}" for name in extractors]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "GIT_"))}
    words = [sys.executable, "-m", "dvc", "repro", "--no-run-cache", *cells]
    done = subprocess.run(words, cwd=root, env={**inherited, "PATH": path}, stdout=sys.stderr, check=False)
    if done.returncode:
        raise InputError(f"{run}, seed {seed}: cannot be trained from HEAD; the messages of DVC are above")


def _require_same_protocol(record: dict[str, Any], board: Leaderboard) -> None:
    name = record["extractor"]
    if name not in board["protocols"]:
        raise unknown("extractor of the published leaderboard", name, board["protocols"])
    published, now = cast(dict[str, Any], board["protocols"][name]), record["protocol"]
    keys = [key for key in PROTOCOL if not (key == "n_fake" and record["diverged"])]
    differ = [
        f"{key} is {now[key]!r}, published {published[key]!r}"
        for key in (*keys, "options")
        if now[key] != published[key]
    ]
    if differ:
        raise InputError(f"{name}: HEAD makes numbers in another way than the published ones: {'; '.join(differ)}")


def _checks(board: Leaderboard, row: Row, seed: int, records: Sequence[dict[str, Any]]) -> Iterator[Check]:
    """Check each column in which the row has a number; a calibration row has none of best weights."""
    numbers = {record["extractor"]: best_weights.numbers(record["metrics"], record["best"]) for record in records}
    columns = [measure for measure in measures(board, board) if measure.extractor in numbers]
    for measure in columns:
        cell = next((measure.values({**row, "cells": [cell]}) for cell in row["cells"] if cell["seed"] == seed), [])
        again = numbers[measure.extractor].get(measure.metric)
        if measure.values(row) or again is not None:
            yield Check(measure, cell[0] if cell else None, measure.values(row), again, LEVEL / len(columns))


def _diverged(row: Row, seed: int, records: Sequence[dict[str, Any]]) -> tuple[bool | None, bool]:
    published = next((cell["diverged"] is not None for cell in row["cells"] if cell["seed"] == seed), None)
    return published, any(record["diverged"] for record in records)
