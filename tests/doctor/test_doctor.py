"""`genbench doctor`: every check on real faults, in clones of this checkout, and on this checkout itself.

FAULTS has for each check how its faults come about and what it then reports; a check without an entry fails here. Each
fault is made in a copy of one clone, in which the check finds no such fault before.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from genbench.doctor import Finding
from genbench.doctor._examine import examine
from genbench.doctor._text import text
from genbench.find import find, members
from genbench.pipeline import params
from tests.support.clone import ROOT, Clone, change, clone

Probes = Mapping[str, Any]
TERABYTE = 1 << 40
PARAMS = params.load(ROOT / "params.yaml")
TO_COME = len(PARAMS.enabled) * len(PARAMS.seeds) - 1  # cells, when one is trained


@dataclass(frozen=True)
class Fault:
    """make: produces it in the current folder, a clone; returns what `find` is to probe instead of this machine.

    message: a part of the finding's. environment: of a process of its own, in which the check runs.
    """

    make: Callable[[], Probes | None]
    severity: str
    message: str
    environment: Mapping[str, str] = field(default_factory=dict)


def edit(name: str, before: str, after: str) -> Callable[[], None]:
    """Replace a text where a file has it first."""

    def make() -> None:
        file = Path(name)
        content = file.read_text(encoding="utf-8")
        assert before in content
        file.write_text(content.replace(before, after, 1), encoding="utf-8")

    return make


def write(name: str, content: str | bytes) -> None:
    """Write a file, and the folders that it lies in."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)


def writes(name: str, content: str | bytes) -> Callable[[], None]:
    return lambda: write(name, content)


def removes(name: str) -> Callable[[], None]:
    return lambda: Path(name).unlink()


def sets(**sections: Any) -> Callable[[], None]:
    return lambda: change(Path(), **sections)


def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def with_gpus(count: int) -> Path:
    """A folder of device files such as a host with that many GPUs has."""
    for name in ["nvidiactl", "nvidia-uvm", *(f"nvidia{number}" for number in range(count))]:
        write(f"dev/{name}", "")
    return Path("dev")


def other_gpus_than_wanted() -> Probes:
    change(Path(), hardware={"accelerator": "gpu", "devices": 4})
    return {"devices": with_gpus(2), "driver": Path("none")}


def hidden_gpus() -> Probes:
    change(Path(), hardware={"accelerator": "gpu", "devices": 2})
    return {"devices": with_gpus(2), "driver": Path("none"), "visible": "1,-1"}


def torch_of(cuda: str) -> Path:
    """A folder with a version.py as torch has it."""
    write("torch/version.py", f"__version__ = '2.13.0+cpu'\ncuda: Optional[str] = {cuda}\n")
    return Path("torch")


def driver_only() -> Path:
    Path("gpus/0000:01:00.0").mkdir(parents=True)
    return Path("gpus")


def trained(size: int) -> None:
    """A cell whose weights have so many bytes, which take no room: the file is a hole."""
    write("data/digits/weights/nsgan/0/raw.safetensors", b"")
    os.truncate("data/digits/weights/nsgan/0/raw.safetensors", size)


def nothing() -> None:
    """The fault is where the check runs."""


def other_report() -> None:
    board = Path("reports/leaderboard.json")
    found = json.loads(board.read_text(encoding="utf-8"))
    found["protocols"]["classifier"]["weights"] = "0" * 64
    board.write_text(json.dumps(found), encoding="utf-8")


def half_the_weights() -> None:
    file = Path("genbench/extractors/weights/classifier-digits.safetensors")
    file.write_bytes(file.read_bytes()[:-1] + b"\0")


def rwlock(pid: int) -> None:
    """What DVC notes while it writes an output."""
    write(".dvc/tmp/rwlock", json.dumps({"write": {"/x/data": {"pid": pid, "cmd": "/bin/dvc repro train"}}}))


def number_of_another() -> None:
    rwlock(os.getppid())


def truncated_checkpoint() -> None:
    file = (ROOT / "genbench/extractors/weights/classifier-digits.safetensors").read_bytes()
    write(".genbench/scratch/0123/checkpoint.safetensors", file[: len(file) // 2])


def quota_of_two_cores() -> Probes:
    write("cpu.max", "200000 100000\n")
    return {"environment": {}, "quota": Path("cpu.max"), "cores": 64}


def limit_below_threads() -> Probes:
    change(Path(), threads=2)
    return {"environment": {"OMP_THREAD_LIMIT": "1"}}


def new_repository() -> None:
    """One without a commit."""
    shutil.rmtree(".git")
    subprocess.run(["git", "init", "--quiet"], check=True)


def another_checkout() -> Probes:
    Path("another").mkdir()
    return {"package": Path("genbench"), "installed": Path("another").resolve()}


def own_pictures(link: str, target: str) -> Callable[[], None]:
    """A picture in data/source, of which params.yaml asks, and a link beside it."""

    def make() -> None:
        write("data/source/a/0.png", "")
        write("elsewhere/1.png", "")
        Path("data/source", link).symlink_to(Path(target).absolute())
        change(Path(), dataset="image_folder")

    return make


FAULTS: dict[str, dict[str, Fault]] = {
    "accelerator": {
        "fewer GPUs than asked for": Fault(other_gpus_than_wanted, "error", "asks for 4 GPUs, this host has 2"),
        "GPUs hidden": Fault(hidden_gpus, "error", "of which CUDA_VISIBLE_DEVICES shows 1"),
        "torch without CUDA": Fault(
            lambda: {"devices": with_gpus(1), "torch": torch_of("None")},
            "warning",
            "torch 2.13.0+cpu is built without CUDA, and this host has 1 GPU of",
        ),
        "cpu on a host with GPUs": Fault(
            lambda: {"devices": Path("none"), "driver": driver_only(), "torch": torch_of("'12.8'")},
            "note",
            "hardware.accelerator is cpu, and this host has 1",
        ),
    },
    "disk": {
        "no room for cells": Fault(
            lambda: trained(TERABYTE), "error", f"the {TO_COME} cells to come need {2 * TO_COME}.0 TiB"
        ),
        "nearly full": Fault(lambda: {"floor": 1 << 60}, "warning", "expected 1048576.0 TiB or more"),
    },
    "environment": {
        "another version": Fault(
            edit("environment.yaml", "  scipy: ", "  scipy: 0"),
            "error",
            "environment.yaml: stages refuse: computes.scipy",
        ),
        "drawn by another": Fault(
            edit("environment.yaml", "  jinja2: ", "  jinja2: 0"), "error", "stages refuse: draws.jinja2 is 0"
        ),
        "not installed": Fault(
            edit("environment.yaml", "draws:", "draws:\n  no-such-package: 1.0.0"), "error", "installed is none"
        ),
    },
    "extractor_weights": {
        "a byte": Fault(half_the_weights, "error", "classifier-digits.safetensors: git hash"),
        "missing": Fault(
            removes("genbench/extractors/weights/classifier-digits.safetensors"), "error", "missing: committed weights"
        ),
        "another report": Fault(other_report, "warning", "measured by classifier weights 000000000000"),
    },
    "install": {
        "code of another checkout": Fault(nothing, "error", f"genbench runs from {ROOT}"),
        "pip points elsewhere": Fault(another_checkout, "warning", "the editable install points to"),
    },
    "lock_file": {
        "merge": Fault(
            edit("dvc.lock", "stages:\n", "stages:\n<<<<<<< HEAD\n=======\n>>>>>>> theirs\n"),
            "error",
            "dvc.lock:3: has the marks of a merge",
        ),
        "half written": Fault(
            writes("laboratory/metrics/dvc.lock", "schema: '2.0'\nstages:\n  ruler: {cmd: [\n"),
            "error",
            "laboratory/metrics/dvc.lock: not readable as YAML",
        ),
        "uncommitted": Fault(
            edit("dvc.lock", "python -m stages.prepare", "python -m stages.prepared"),
            "note",
            "dvc.lock: changed since HEAD",
        ),
    },
    "locks": {
        "number given to another process": Fault(number_of_another, "error", "as `/bin/dvc repro train`, which is now"),
        "dead": Fault(lambda: rwlock(dead()), "note", "which is dead; DVC passes over it"),
        "half written": Fault(writes(".dvc/tmp/rwlock", '{"write": {'), "error", "rwlock: half written or broken"),
        "of the laboratories": Fault(
            writes("laboratory/.dvc/tmp/rwlock", '{"write": {'), "error", "laboratory/.dvc/tmp/rwlock: half written"
        ),
    },
    "own_pictures": {
        "folder": Fault(
            own_pictures("b", "elsewhere"), "error", "data/source/b: a link, behind which DVC sees no change"
        ),
        "file": Fault(own_pictures("a/1.png", "elsewhere/1.png"), "error", "data/source/a/1.png: a link"),
        "to nothing": Fault(own_pictures("a/1.png", "nowhere"), "error", "data/source/a/1.png: a link"),
    },
    "params": {
        "unknown key": Fault(
            edit("params.yaml", "seeds:", "sedes: 1\nseeds:"), "error", "unknown params.yaml: option 'sedes'"
        ),
        "broken run": Fault(writes("runs/vae.yaml", "train: ["), "error", "runs/vae.yaml: not readable as YAML"),
    },
    "repository": {
        "downloaded without it": Fault(lambda: shutil.rmtree(".git"), "error", "not a git repository, as a downloaded"),
        "another user's": Fault(
            lambda: None, "error", "belongs to another user", {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
        ),
        "no commit": Fault(new_repository, "warning", "no commit of it yet"),
    },
    "reserved_params": {
        "a param of that name": Fault(
            edit("params.yaml", "  pixels: 8", "  size: 8"), "error", "params.yaml: data.size: DVC leaves out every key"
        ),
        "a run's": Fault(
            edit("runs/vae.yaml", "width: 24", "width: 24, of: [{nfiles: 1}]"),
            "error",
            "runs/vae.yaml: train.network.of[0].nfiles: DVC leaves",
        ),
    },
    "scratch": {
        "checkpoint": Fault(truncated_checkpoint, "note", "checkpoint.safetensors: not readable"),
        "half written": Fault(
            lambda: write(f".genbench/scratch/0123/.part-000001.{dead()}.part", b"\0"),
            "note",
            "half written, by process",
        ),
        "half written output": Fault(
            lambda: write(f"data/digits/images/.about.json.{dead()}.part", b"{"), "warning", "half written, by process"
        ),
        "fanout": Fault(
            lambda: write(f".genbench/fanout/{dead()}-x/worker-0/dvc.yaml", ""), "note", "clones of a fanout, process"
        ),
    },
    "threads": {
        "limit": Fault(
            limit_below_threads,
            "error",
            "OMP_THREAD_LIMIT=1: params.yaml asks for threads: 2",
        ),
        "environment": Fault(nothing, "note", "OMP_NUM_THREADS=5, params.yaml: threads: 1", {"OMP_NUM_THREADS": "5"}),
        "more than cores": Fault(sets(threads=4096), "warning", "threads: 4096, more than the"),
        "container": Fault(quota_of_two_cores, "warning", "64 cells at a time of 1 threads each, for 2 cores"),
    },
    "versions": {
        "python": Fault(edit("pyproject.toml", '">=3.11"', '"<3"'), "error", "pyproject.toml asks for <3"),
        "old package": Fault(
            edit("pyproject.toml", "torch>=2.9", "torch>=99"), "error", "pyproject.toml asks for torch>=99"
        ),
        "no package": Fault(edit("pyproject.toml", '"torch>=2.9"', '"no-such-package"'), "error", "not installed"),
    },
}
#: A sound machine, where the one that tests run on need not be.
SOUND: dict[str, Probes] = {
    "accelerator": {"devices": Path("none"), "driver": Path("none")},
    "threads": {"environment": {}, "quota": Path("none")},
}
CASES = [(check, label) for check, faults in FAULTS.items() for label in faults]

#: Of a check in a process of its own, whose code is this checkout's and whose folder is the clone.
SCRIPT = (
    "import json, dataclasses, sys; sys.path.insert(0, sys.argv[1]); from genbench.find import find; "
    "print(json.dumps([dataclasses.asdict(one) for one in find('doctor', sys.argv[2]).find()]))"
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone that nobody changes."""
    return clone(tmp_path_factory.mktemp("doctor") / "sound")


@pytest.fixture
def project(sound: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A copy of it, as the current folder."""
    shutil.copytree(sound.path, tmp_path / "project", symlinks=True)
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for level in ("GLOBAL", "SYSTEM"):  # nobody's settings of DVC
        monkeypatch.setenv(f"DVC_{level}_CONFIG_DIR", str(tmp_path / "none"))
    return Clone(tmp_path / "project")


def found(check: str, probes: Probes, environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Severities and texts of what a check finds in the current folder."""
    if not environment:
        return [(finding.severity, finding.message) for finding in find("doctor", check).find(**probes)]
    words = [sys.executable, "-c", SCRIPT, str(ROOT), check]
    done = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [(finding["severity"], finding["message"]) for finding in json.loads(done.stdout)]


def test_every_check_has_faults() -> None:
    assert set(FAULTS) == set(members("doctor"))
    assert all(FAULTS.values())


@pytest.mark.parametrize("check", members("doctor"))
def test_a_check_says_what_it_looks_at_and_takes_only_probes(check: str) -> None:
    module = find("doctor", check)
    assert module.__doc__
    assert module.find.__doc__
    parameters = inspect.signature(module.find).parameters.values()
    assert all(one.kind is one.KEYWORD_ONLY and one.default is not one.empty for one in parameters)


@pytest.mark.parametrize(("check", "label"), CASES, ids=[f"{check}: {label}" for check, label in CASES])
def test_a_fault_is_found(check: str, label: str, project: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS[check][label]
    with monkeypatch.context() as here:
        if fault.make is nothing:  # the clone itself, or the environment
            here.chdir(ROOT)
        before = found(check, SOUND.get(check, {}), {})
    assert not [message for _, message in before if fault.message in message]
    probes = fault.make() or {}
    after = found(check, probes, fault.environment)
    assert [severity for severity, message in after if fault.message in message] == [fault.severity], after


def test_who_holds_a_lock_is_named(project: Clone) -> None:
    if not Path("/proc/locks").is_file():
        pytest.skip("this system does not tell who holds a lock")
    write(".genbench/scratch/0123.lock", b"")
    assert list(find("doctor", "locks").find()) == []
    with FileLock(".genbench/scratch/0123.lock"):
        (held,) = find("doctor", "locks").find()
    assert held.severity == "note"
    assert held.message.startswith(f".genbench/scratch/0123.lock: held by process {os.getpid()} (")
    assert list(find("doctor", "locks").find()) == []


@pytest.mark.pipeline
def test_dvc_stops_at_the_locks_that_are_errors_and_passes_the_note(project: Clone) -> None:
    """What is said of .dvc/tmp/rwlock, held against DVC."""
    for pid, stops in ((os.getpid(), True), (dead(), False)):
        path = str(project.path / "code")
        info = {"pid": pid, "cmd": "/bin/dvc repro train"}
        write(".dvc/tmp/rwlock", json.dumps({"write": {path: info}}))
        done = project.attempt("dvc", "repro", "--single-item", "fingerprint")
        assert (done.returncode != 0) == stops, done.stderr
        assert ("it is being blocked by" in done.stderr) == stops


def test_one_fault_is_reported_once(project: Clone) -> None:
    """params.yaml is read by many checks."""
    write("params.yaml", "seeds: [")
    checks = examine()
    messages = [finding.message for check in checks for finding in check.findings]
    assert len([message for message in messages if message.startswith("params.yaml: not readable")]) == 1
    lines = text(checks, verbose=True).splitlines()
    assert any(line.startswith("skipped  threads") for line in lines)
    assert not any(line.startswith("ok       threads") for line in lines)


def test_a_package_that_is_missing_stops_no_other_check(project: Clone) -> None:
    write("blocked/dvc.py", "raise ImportError('dvc: not installed')\n")
    half_the_weights()
    script = "import sys; sys.path.insert(0, sys.argv[1]); from genbench.cli import main; main(['doctor'])"
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT)],
        env={**os.environ, "PYTHONPATH": "blocked"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.count("dvc: not installed") == 1
    assert "classifier-digits.safetensors: git hash" in done.stdout
    assert done.stderr == ""


def test_the_text_shows_the_worst_first_and_escapes_what_steers_a_terminal(project: Clone) -> None:
    write(f"data/.\x1b[2J.{dead()}.part", "")
    edit("params.yaml", "  pixels: 8", "  size: 8")()
    half_the_weights()
    checks = examine()
    lines = text(checks, verbose=True).splitlines()
    errors = [finding for check in checks for finding in check.findings if finding.severity == "error"]
    assert len(errors) >= 2
    assert all(line.startswith("error") for line in lines[: 2 * len(errors) : 2])
    assert not any("\x1b" in line for line in lines)
    assert r"data/.\x1b[2J." in "\n".join(lines)
    assert all(line.strip().startswith("fix: ") for line in lines[1 : 2 * len(errors) : 2])
    assert any(line.startswith("ok       versions") for line in lines)
    assert lines[-1].startswith(f"{len(members('doctor'))} checks: {len(errors)} errors, ")


def test_the_command(sound: Clone) -> None:
    """In a clone the code is another checkout's, which is an error; nothing is written, and torch is not imported."""
    before = state(sound.path)
    done = sound.attempt("genbench", "doctor", "--json")
    assert done.returncode == 1
    checks = json.loads(done.stdout)
    assert [check["check"] for check in checks] == members("doctor")
    errors = [finding for check in checks for finding in check["findings"] if finding["severity"] == "error"]
    assert [error["message"].startswith("genbench runs from") for error in errors] == [True]
    assert all(error["fix"] for error in errors)
    assert state(sound.path) == before
    script = "import sys; from genbench.doctor._examine import examine; examine(); sys.exit('torch' in sys.modules)"
    sound.run(sys.executable, "-c", script)


def test_a_corrupt_object_of_either_cache_is_found_where_it_is_asked_for(project: Clone) -> None:
    caches = (".dvc/cache", "laboratory/.dvc/cache")
    for content in (b"whole", b"half"):
        name = hashlib.md5(content, usedforsecurity=False).hexdigest()
        for cache in caches:
            write(f"{cache}/files/md5/{name[:2]}/{name[2:]}", content if content == b"whole" else content[:2])
    findings = of_cache_objects()
    assert [(found.severity, found.message.partition(f"/files/md5/{name[:2]}/")[0]) for found in findings] == [
        ("error", cache) for cache in caches
    ]
    # the fix of the laboratories' cache, without the command that makes the object anew
    project.run("sh", "-c", findings[1].fix.removesuffix(" && make lab"))
    assert of_cache_objects() == findings[:1]
    assert "cache_objects" not in [check.check for check in examine()]


def of_cache_objects() -> list[Finding]:
    return [found for check in examine(cache=True) if check.check == "cache_objects" for found in check.findings]


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Times and sizes of everything in a folder."""
    found = {path: path.lstat() for path in folder.rglob("*")}
    return {str(path): (status.st_mtime_ns, status.st_size) for path, status in found.items()}


def test_it_wants_a_project(tmp_path: Path) -> None:
    done = Clone(tmp_path).attempt("genbench", "doctor")
    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path}: expected the root of a genbench project, there is no dvc.yaml\n"


def test_this_checkout_is_clean_of_errors() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from genbench.cli import main; main(['doctor'])"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
