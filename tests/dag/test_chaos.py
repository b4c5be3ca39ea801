"""Never twice, never lost: commands killed at named and at random moments, and what the next one makes of it.

A kill is SIGKILL for dvc and everything that it started. The bytes to come to are those of a project that nobody
disturbed.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.chaos import Moment, begin, end, killed_after, killed_at, output, stopped_at
from tests.support.clone import Clone, executed

pytestmark = pytest.mark.pipeline

CHAIN = [
    *("train@vae-0", "likelihood@vae-0", "representation@vae-0", "sample@vae-0"),
    *("features@vae-0-classifier", "evaluate@vae-0-classifier"),
]
#: When a training has one checkpoint and is about to put the next one in its place.
TRAINING = Moment("os.rename", ".genbench/scratch/*/checkpoint.safetensors", passes=1)
#: What DVC says of a file that a kill cut short while DVC wrote it.
CUT_SHORT = re.compile(r"dvc\.lock' validation failed|unable to read: '.*dvc\.lock'|RWLock-file .* corrupted")


def cell(project: Clone) -> dict[str, bytes]:
    """What is made of the VAE, but for what that cost, and what git and DVC ignore of a write that was killed."""
    made = project.files("data/digits/*/vae/**/*")
    return {name: content for name, content in made.items() if "/costs/" not in name and not name.endswith(".part")}


@pytest.fixture
def eager(base: Clone, tmp_path: Path) -> Clone:
    """A project in which everything is to be made anew, and work in progress is kept at once instead of after 20 s."""
    project = base.copy(tmp_path / "project")
    scratch = project.path / "genbench/files/scratch.py"
    text = scratch.read_text(encoding="utf-8")
    scratch.write_text(text.replace("SECONDS = 20.0", "SECONDS = -1.0"), encoding="utf-8")
    assert scratch.read_text(encoding="utf-8") != text
    project.set(enabled=["vae"])
    (project.path / "dvc.lock").unlink()
    shutil.rmtree(project.path / ".dvc/cache/runs")
    return project


def finish(project: Clone) -> set[str]:
    """Reproduce what a kill interrupted, by `genbench repro` where DVC itself stops at a file of its own cut short."""
    done = project.attempt("dvc", "repro")
    if done.returncode == 0:
        return executed(done.stdout)
    assert CUT_SHORT.search(done.stdout + done.stderr), done.stderr
    return executed(done.stdout + project.run("genbench", "repro"))


# In each stage


@pytest.mark.soak
def test_a_kill_in_every_stage_repeats_no_other_and_ends_in_the_same_bytes(eager: Clone, base: Clone) -> None:
    moments = {
        "train@vae-0": TRAINING,
        "sample@vae-0": Moment("os.rename", ".genbench/scratch/*/part-000001/pixels.npy"),
        "features@vae-0-classifier": Moment("os.rename", "data/digits/features/vae/0-classifier/final.npz"),
        "evaluate@vae-0-classifier": Moment("os.rename", "data/digits/metrics/vae/0-classifier.json"),
        "report": Moment("os.rename", "reports/leaderboard.json"),
    }
    ran: Counter[str] = Counter()
    for stage, moment in moments.items():
        begun = killed_at(eager, moment, "dvc", "repro")
        assert stage in begun
        ran.update(begun)
    last = eager.repro()
    ran.update(last)
    assert last == {"report"}
    assert {stage for stage, times in ran.items() if times > 1} == set(moments), "no stage that had ended runs twice"
    assert set(CHAIN) <= set(ran)
    assert cell(eager) == cell(base)
    left = [name for name in eager.files(".genbench/scratch/**/*") if "/scores/" not in name]
    assert left == [], "what was gone on from is gone"
    assert eager.repro() == set()


# In the middle of DVC's own writing


@pytest.mark.soak
@pytest.mark.parametrize(
    "moment",
    [
        Moment("os.rename", "data/digits/weights/vae/0/raw.safetensors"),
        Moment("os.rename", "data/digits/weights/vae/0/training.json"),
        Moment("os.remove", "checkpoint.safetensors"),
        Moment("os.rename", "data/digits/costs/vae/0-train.json"),
        Moment("os.rename", "data/digits/likelihood/vae/0.json"),
        Moment("os.rename", "data/digits/samples/vae/0/final/labels.npy"),
        Moment("os.rename", ".dvc/cache/files/md5/*", passes=5),
        Moment("os.rename", ".dvc/cache/runs/*", passes=2),
        Moment("open", "dvc.lock", passes=2, cut=True),
        Moment("open", ".dvc/tmp/rwlock", passes=4, cut=True),
    ],
    ids=str,
)
@pytest.mark.parametrize("command", ["dvc", "genbench"])
def test_a_kill_while_something_is_written_ends_in_the_same_bytes(
    eager: Clone, base: Clone, moment: Moment, command: str
) -> None:
    if command == "genbench" and moment.pattern == "dvc.lock":
        moment = Moment("os.rename", "dvc.lock")  # which it writes whole or not at all
    killed_at(eager, moment, command, "repro")
    finish(eager)
    assert cell(eager) == cell(base)
    assert eager.repro() == set()


#: How much of dvc.lock a kill may leave: nothing, an entry that DVC refuses, one that it takes for a changed stage.
CUTS = {"nothing": "", "refused": "  sample@vae-0:\n    cmd: python -m stages.sample vae 0\n    deps:\n"}
CUTS["accepted"] = f"{CUTS['refused']}    - path: code/ru"


@pytest.mark.parametrize("cut", [pytest.param("nothing", marks=pytest.mark.soak), "refused", "accepted"])
def test_a_lock_that_a_kill_cut_short_costs_nothing(base: Clone, tmp_path: Path, cut: str) -> None:
    project = base.copy(tmp_path / "project")
    path = project.path / "dvc.lock"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: whole.index(CUTS["refused"])] * bool(CUTS[cut]) + CUTS[cut], encoding="utf-8")
    (project.path / ".dvc/tmp/rwlock").write_text('{"write": {', encoding="utf-8")
    refused = project.attempt("dvc", "repro")
    assert CUT_SHORT.search(refused.stdout + refused.stderr)
    done = project.attempt("genbench", "repro")
    assert done.returncode == 0, done.stderr
    assert ("dvc.lock: cut short by a kill" in done.stderr) == (cut != "accepted")
    assert "rwlock: cut short by a kill; removed" in done.stderr
    assert executed(done.stdout) <= {"report"}, "which the run-cache does not keep"
    assert project.repro() == set()


# Two at a time


FANNING_OUT = Moment("os.rename", ".genbench/fanout/*/worker-0/.genbench/shell")
FIRST = {"dvc repro": TRAINING, "genbench repro": TRAINING, "genbench fanout -j 1": FANNING_OUT}


#: DVC's two sentences, for a clone and for an output that a stage at work reads or writes; and the fan-out's.
BUSY = re.compile("another DVC process is running|is busy, it is being blocked by|another fanout of this clone")


@pytest.mark.soak
@pytest.mark.parametrize("first", FIRST)
def test_a_second_command_at_the_same_time_says_so(eager: Clone, base: Clone, first: str) -> None:
    with stopped_at(eager, FIRST[first], *first.split()) as process:
        for second in FIRST:
            refused = eager.attempt(*second.split())
            assert refused.returncode != 0, f"{first}, then {second}"
            last = refused.stderr.strip().splitlines()[-1]
            assert BUSY.search(refused.stderr)
            assert "Traceback" not in refused.stderr
            assert last.lower().startswith("error: ") or second == "dvc repro"
        os.killpg(process.pid, signal.SIGCONT)
        assert process.wait() == 0, output(eager)
    assert cell(eager) == cell(base)
    assert eager.repro() == set()


@pytest.mark.soak
def test_a_training_that_outlives_its_dvc_is_waited_for(eager: Clone, base: Clone) -> None:
    with stopped_at(eager, TRAINING, "dvc", "repro") as first:
        first.kill()  # dvc alone; the stage's process stays, stopped, with its lock
        first.wait()
        second = begin(eager, ["dvc", "repro"])
        try:
            while "another process works on this very cell; waiting for it to end" not in output(eager):
                assert second.poll() is None, output(eager)
                time.sleep(0.1)
            os.killpg(first.pid, signal.SIGCONT)
            assert second.wait() == 0, output(eager)
        finally:
            end(second)
    assert cell(eager) == cell(base)
    assert eager.repro() == set()


# Disks and memories that are full


@pytest.fixture
def fill(eager: Clone) -> Iterator[Callable[[str], Path]]:
    """Puts a folder of the project on a disk of its own and fills it; gives the file that fills it."""
    mounted: list[Path] = []

    def mount(name: str) -> Path:
        folder = eager.path / name
        folder.mkdir(parents=True, exist_ok=True)
        aside = shutil.copytree(folder, eager.path.with_name("aside"))
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        ballast = folder / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        return ballast

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.soak
@pytest.mark.parametrize(
    "folder", [".genbench", "data/digits/weights", "data/digits/samples", ".dvc/cache", ".dvc/tmp"]
)
def test_a_full_disk_is_one_line_and_costs_nothing(
    eager: Clone, base: Clone, fill: Callable[[str], Path], folder: str
) -> None:
    if folder.startswith("data/"):  # DVC would make room by removing what is to be made anew
        shutil.rmtree(eager.path / folder)
    ballast = fill(folder)
    failed = eager.attempt("dvc", "repro")
    assert failed.returncode != 0
    lines = [line for line in failed.stderr.splitlines() if line.startswith(("error: ", "ERROR: "))]
    assert [line for line in lines if "No space left" in line or "cannot be written" in line]
    assert "Traceback" not in failed.stderr
    assert not [name for name in eager.files("**/.*.part") if not name.startswith(".git/")], "nothing half-written"
    ballast.unlink()
    finish(eager)
    assert cell(eager) == cell(base)


HUNGRY = """
import torch

from genbench.engine.learner import ParameterGroup
from genbench.models import Model


class Hungry(Model):
    def __init__(self, shape):
        super().__init__(shape)
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def groups(self):
        return {"one": ParameterGroup([self.weight], lr=0.1)}

    def updates(self, batches, rng, step):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    def sample(self, n, *, rng):
        return torch.zeros(n, *self.shape)


def build(shape):
    return Hungry(shape)
"""


@pytest.mark.soak
def test_memory_that_runs_out_in_a_stage_names_what_to_lower(eager: Clone) -> None:
    (eager.path / "genbench/models/hungry.py").write_text(HUNGRY, encoding="utf-8")
    eager.set(runs={"hungry": {"train": {"model": "hungry"}, "sample": {}}}, enabled=["hungry"])
    failed = eager.attempt("dvc", "repro", "train@hungry-0")
    assert "error: train.batch: 16: out of memory; lower it, or the width of the network\n" in failed.stderr
    assert "Traceback" not in failed.stderr


# At random moments


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    "words", [("dvc", "repro"), ("genbench", "repro"), ("genbench", "fanout", "-j", "2")], ids=" ".join
)
def test_kills_at_random_moments_end_in_the_same_bytes(base: Clone, tmp_path: Path, words: tuple[str, ...]) -> None:
    seeds, kills = range(1, 6), 2
    still, shaken = (base.copy(tmp_path / name / "project") for name in ("still", "shaken"))
    chance = random.Random(0)
    seconds = []
    for seed in seeds:
        started = time.monotonic()
        still.set(seeds=[seed])
        still.run(*words)
        seconds.append(time.monotonic() - started)
    for seed, whole in zip(seeds, seconds, strict=True):
        shaken.set(seeds=[seed])
        for _ in range(kills):
            killed_after(shaken, chance.uniform(0, whole), *words)
        finish(shaken)
    for pattern in ("data/digits/metrics/**/*", "data/digits/weights/**/*", "reports/leaderboard.json"):
        assert shaken.files(pattern) == still.files(pattern)
    assert shaken.repro() == set()
