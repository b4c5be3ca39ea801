"""Train one run again and compare its numbers with the published ones.

This happens in a scratch clone of HEAD with its own DVC cache, so that the user's files stay as they are and no
earlier result is taken for a new one. It reads the folder `data.source` where that lies.

On the machine and with the libraries that made them, numbers come out identical. Elsewhere the last digits of sums
differ and trainings drift apart, so a number stands if one more seed could have given it: if it is within the
prediction interval of the published seeds (:func:`genbench.report.compare.noise.prediction`), at a level shared by the
columns. Machines are compared here, so the clone takes the installed versions, which stages would refuse otherwise.
"""

from __future__ import annotations

import math
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

from configobj import ConfigObj

from genbench.data.paths import PUBLISHED, Paths
from genbench.errors import InputError, unknown
from genbench.files.atomic import read_json, write_text
from genbench.files.reserved import with_new_names
from genbench.files.yaml import overridden
from genbench.pipeline import installed, params
from genbench.pipeline.environment import Difference, differences
from genbench.pipeline.params import PARAMS, Params
from genbench.pipeline.repository import git
from genbench.report import best_weights
from genbench.report.compare.board import BOARD, PROTOCOL, read_board
from genbench.report.compare.comparison import Measure, measures
from genbench.report.compare.noise import LEVEL, prediction
from genbench.report.compare.settings import mapping
from genbench.report.compare.snapshot import Snapshot, snapshot
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
    """Result of training again. board: the leaderboard that has the published numbers.

    diverged: True for a divergence, published and now; None if the seed is not published. versions: those that differ
    from the versions that computed the published numbers; None where these are unknown.
    """

    run: str
    seed: int
    state: Snapshot
    board: Path
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
    """Train `run` again and compare with the leaderboard of HEAD, or with that of a profile.

    seed: the first published one by default. profile: one that is published, or that of the current leaderboard. Params
    are those beside the leaderboard. An unknown run or profile is an InputError that says where else it is.
    """
    head = snapshot("HEAD")
    path = board_of(head, profile)
    board = read_board(head, path)
    row = next((row for row in board["rows"] if row["run"] == run), None)
    if row is None:
        raise _unknown_run(head, run, path, board)
    seed = row["cells"][0]["seed"] if seed is None else seed
    with TemporaryDirectory(prefix="genbench-verify-") as scratch:
        root = Path(scratch) / "project"
        p = _clone(head, root, PARAMS if path == BOARD else path.with_name(PARAMS.name), run, seed)
        _train(root, run, seed, p.extractors)
        records = [read_json(root / Paths(p.dataset).metrics(run, seed, name)) for name in p.extractors]
    for record in records:
        _require_same_protocol(record, board)
    versions = differences(board["environment"]) if "environment" in board else None
    checks = list(_checks(board, row, seed, records))
    return Verification(run, seed, head, path, checks, _diverged(row, seed, records), versions)


def board_of(head: Snapshot, profile: str | None) -> Path:
    """Find the leaderboard of a profile: its published copy, else the current one if that is its; None: the current."""
    if profile is None:
        return BOARD
    paths = {board["profile"]: path for path, board in _boards(head).items()}  # a copy counts before the current one
    if profile not in paths:
        raise unknown("--profile: profile with a leaderboard", profile, paths)
    return paths[profile]


def _boards(head: Snapshot) -> dict[Path, Leaderboard]:
    """Read the leaderboards of a commit, the current one first; one that cannot be read is left out."""
    boards = {}
    for path in (BOARD, *(folder / BOARD.name for folder in head.files(PUBLISHED))):
        with suppress(InputError):
            boards[path] = read_board(head, path)
    return boards


def _unknown_run(head: Snapshot, run: str, path: Path, board: Leaderboard) -> InputError:
    """Make the error for a run that a leaderboard does not have: it names the profiles that have it."""
    having = {other: found["profile"] for other, found in _boards(head).items() if run in _runs(found)}
    if not having:
        return unknown(f"run of {path}", run, _runs(board))
    profiles = " or ".join(f"--profile {shlex.quote(profile)}" for profile in having.values())
    return InputError(f"{path}: has no run {run!r}, but {', '.join(map(str, having))} has; next: {profiles}")


def _runs(board: Leaderboard) -> list[str]:
    return [row["run"] for row in board["rows"]]


def _clone(head: Snapshot, root: Path, source: Path, run: str, seed: int) -> Params:
    """Clone HEAD into `root` with one cell alone, and give the params of the clone."""
    done = git("clone", "--quiet", "--shared", str(Path.cwd()), str(root))
    if done.returncode:
        raise InputError(f"{root}: cannot be cloned: {done.stderr.decode().strip()}")
    text = head.read(source)
    if text is None:
        raise InputError(f"{source}: no such file in {head}")
    now = mapping(head.read(PARAMS) or b"", f"{PARAMS} in {head}")  # of which it may have sections that came later
    values = {**now, **with_new_names(mapping(text, f"{source} in {head}"))}
    data = values["data"] | {"source": str(Path(values["data"]["source"]).absolute())}  # which is read where it lies
    alone = {"enabled": [run], "seeds": [seed], "data": data, "sweep": {**values["sweep"], "runs": []}}
    write_text(root / PARAMS, overridden("{}", {**values, **alone}))
    installed.write(root)
    (root / "dvc.lock").unlink(missing_ok=True)
    config = ConfigObj({"cache": {"dir": str(root / ".dvc" / "cache")}})
    write_text(root / ".dvc" / "config.local", "\n".join(config.write()) + "\n")
    try:
        return params.load(root / PARAMS)
    except InputError as error:
        raise InputError(f"{source} in {head} does not fit the code of {head}: {error}") from error


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
