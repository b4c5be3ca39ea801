"""`genbench doctor`: every check on real faults, in clones of this checkout, and on this checkout itself.

FAULTS has for each check how its faults come about and what is then said of them; a check without an entry fails here.
Each fault is made in a copy of one clone, in which the check finds no such thing before.
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

from genbench.doctor._examine import examine
from genbench.doctor._text import text
from genbench.find import find, members
from tests.support.clone import ROOT, Clone, change, clone

Probes = Mapping[str, Any]
TERABYTE = 1 << 40
OTHER_DISK = Path("/dev/shm")


@dataclass(frozen=True)
class Fault:
    """make: produces it in the current folder, a clone; gives what `find` is to probe instead of this machine.

    says: a part of what is found. environment: of a process of its own, in which the check runs.
    """

    make: Callable[[], Probes | None]
    severity: str
    says: str
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
    write("data/digits/weights/gan/0/raw.safetensors", b"")
    os.truncate("data/digits/weights/gan/0/raw.safetensors", size)


def cache_elsewhere() -> None:
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == Path().stat().st_dev:
        pytest.skip(f"{OTHER_DISK} is no file system apart")
    write(".dvc/config.local", f"[cache]\n    dir = {OTHER_DISK}\n")


def nothing() -> None:
    """The fault is where the check runs."""


def in_the_future() -> None:
    os.utime("dvc.yaml", (4e9, 4e9))


def other_report() -> None:
    board = Path("reports/leaderboard.json")
    found = json.loads(board.read_text(encoding="utf-8"))
    found["protocols"]["classifier"]["weights"] = "0" * 64
    board.write_text(json.dumps(found), encoding="utf-8")


def half_a_ruler() -> None:
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


def newline_in_a_name() -> None:
    write("data/source/seven\n.png", b"")


def pins(line: str) -> Callable[[], None]:
    return lambda: write("requirements.txt", f"# pins\n{line}\n")


def large_cells() -> Probes:
    write("data/digits/costs/gan/0-train.json", json.dumps({"peak_memory_bytes": 3 << 30}))
    write("meminfo", "MemTotal: 99999999 kB\nMemAvailable:   8388608 kB\n")
    return {"jobs": 4, "available": Path("meminfo"), "limit": Path("none")}


def small_container() -> Probes:
    large_cells()
    write("memory.max", f"{4 << 30}\n")
    return {"jobs": 2, "available": Path("none"), "limit": Path("memory.max")}


def quota_of_two_cores() -> Probes:
    write("cpu.max", "200000 100000\n")
    return {"environment": {}, "quota": Path("cpu.max"), "cores": 64}


def another_checkout() -> Probes:
    Path("another").mkdir()
    return {"package": Path("genbench"), "installed": Path("another").resolve()}


def foreign_python() -> Probes:
    """A command python of another installation: the one that this environment was made from."""
    Path("bin").mkdir()
    Path("bin/python").symlink_to(Path(sys._base_executable).resolve())  # type: ignore[attr-defined]
    return {"path": str(Path("bin").resolve())}


def no_parser() -> None:
    for name in ("_ruamel_yaml", "_ruamel_yaml_clibz"):
        write(f"blocked/{name}.py", "raise ImportError(__name__)\n")


STAGE = "\n  extra:\n    cmd: python -m stages.report\n"

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
    "cache_links": {
        "cache on another disk": Fault(
            cache_elsewhere, "warning", "cache.type is reflink,copy: every output is copied"
        ),
    },
    "clocks": {"a file of tomorrow": Fault(in_the_future, "warning", "dvc.yaml: written up to")},
    "commands": {
        "script": Fault(
            edit("dvc.yaml", "python -m stages.prepare", "python stages/prepare.py"),
            "error",
            "dvc.yaml: stage prepare: `python stages/prepare.py` runs a script by its path",
        ),
        "script of a laboratory": Fault(
            edit(
                "laboratory/tuning/dvc.yaml", "-m laboratory.tuning.stages.search", "laboratory/tuning/stages/search.py"
            ),
            "error",
            "laboratory/tuning/dvc.yaml: stage search:",
        ),
        "misspelt module": Fault(
            edit("dvc.yaml", "-m stages.train", "-m stages.trian"), "error", "there is no module stages.trian"
        ),
        "misspelt module of a laboratory": Fault(
            edit("laboratory/tuning/dvc.yaml", "-m laboratory.tuning.stages.search", "-m laboratory.tuning.serach"),
            "error",
            "there is no module laboratory.tuning.serach",
        ),
    },
    "dependencies": {
        "deleted": Fault(lambda: shutil.rmtree("stages"), "error", "stages: needed by fingerprint"),
        "made by nobody": Fault(
            edit("dvc.yaml", "data/${dataset}/reference/${item.extractor}", "data/${dataset}/floor/${item.extractor}"),
            "error",
            "data/digits/reference/classifier: needed by evaluate@held_out-0-classifier and 35 more",
        ),
        "no such folder of pictures": Fault(
            sets(data={"source": "data/pictures"}), "error", "data/pictures: needed by prepare"
        ),
        "misspelt param": Fault(
            edit("dvc.yaml", "params: [metrics, threads", "params: [metrcs, threads"),
            "error",
            "metrcs of params.yaml: needed by evaluate@",
        ),
        "of a laboratory": Fault(
            edit("laboratory/tuning/params.yaml", "extractor: classifier", "extractor: inception"),
            "warning",
            "laboratory/tuning/dvc.yaml: data/digits/extractors/inception: needed by search@gan and 21 more",
        ),
        "no run's file": Fault(
            edit("dvc.yaml", "runs/${item.run}.yaml: [train]", "runs/${item.run}.yml: [train]"),
            "error",
            "runs/gan.yml: needed by train@gan-0 and 1 more",
        ),
    },
    "disk": {
        "no room for cells": Fault(lambda: trained(TERABYTE), "error", "the 35 cells to come need 70.0 TiB"),
        "nearly full": Fault(lambda: {"floor": 1 << 60}, "warning", "expected 1048576.0 TiB or more"),
    },
    "dvcignore": {
        "no __pycache__": Fault(edit(".dvcignore", "__pycache__\n*.pyc\n", ""), "warning", "__pycache__ is missing"),
        "no file": Fault(removes(".dvcignore"), "warning", "__pycache__ is missing"),
        "known to nobody": Fault(
            lambda: (removes(".dvcignore")(), removes(".gitignore")())[:0], "warning", ".genbench is missing"
        ),
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
        "a byte": Fault(half_a_ruler, "error", "classifier-digits.safetensors: git hash"),
        "missing": Fault(
            removes("genbench/extractors/weights/classifier-digits.safetensors"), "error", "missing: a committed ruler"
        ),
        "another report": Fault(other_report, "warning", "measured by classifier weights 000000000000"),
    },
    "frozen": {
        "frozen": Fault(
            edit("dvc.yaml", "cmd: python -m stages.prepare", "cmd: python -m stages.prepare\n    frozen: true"),
            "warning",
            "stage prepare: frozen: true",
        ),
    },
    "install": {
        "code of another checkout": Fault(nothing, "error", f"genbench runs from {ROOT}"),
        "pip points elsewhere": Fault(another_checkout, "warning", "the editable install points to"),
    },
    "interpreter": {
        "another python": Fault(foreign_python, "warning", "stages would be run with other packages"),
        "no python": Fault(lambda: {"path": "none"}, "error", "python: no such command on the path"),
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
    "memory": {
        "side by side": Fault(large_cells, "warning", "4 cells at a time of up to 3 GiB each, 8 GiB of memory"),
        "limit of a container": Fault(small_container, "warning", "2 cells at a time of up to 3 GiB each, 4 GiB"),
    },
    "names": {
        "run": Fault(
            writes("runs/my-run.yaml", "train: {model: noise}\n"), "warning", "'runs/my-run.yaml': passed over"
        ),
        "ending": Fault(writes("profiles/mine.yml", ""), "warning", "'profiles/mine.yml': passed over"),
        "line break": Fault(newline_in_a_name, "error", r"'data/source/seven\n.png'"),
        "folder": Fault(lambda: {"folder": Path("/a,b/c")}, "warning", "'/a,b/c': the checkout's path has ','"),
    },
    "numbers": {
        "exponent": Fault(
            edit("runs/vae.yaml", "lr: 0.002", "lr: 2e-3"), "warning", "train.lr: 2e-3 is a number to DVC and text to"
        ),
        "quoted": Fault(
            edit("params.yaml", "  ema: 0.999", '  ema: "0.999"'), "error", "train.ema: '0.999' is text, not a number"
        ),
        "comma": Fault(edit("params.yaml", "lr: 0.001", "lr: 0,001"), "error", "classifier.lr: '0,001' is text"),
        "yes": Fault(
            edit("profiles/quick.yaml", "compile: false", "compile: no"), "error", "hardware.compile: no is text"
        ),
    },
    "params": {
        "unknown key": Fault(
            edit("params.yaml", "seeds:", "sedes: 1\nseeds:"), "error", "unknown params.yaml: option 'sedes'"
        ),
        "broken run": Fault(writes("runs/vae.yaml", "train: ["), "error", "runs/vae.yaml: not readable as YAML"),
    },
    "pins": {
        "another version": Fault(pins("tqdm==1.0"), "warning", "(==1.0)"),
        "not installed": Fault(pins("no-such-package==1.0"), "note", "not installed: no-such-package"),
    },
    "pipelines": {
        "no YAML": Fault(edit("dvc.yaml", "stages:", "stages: ["), "error", "dvc.yaml: not readable as YAML"),
        "unknown key": Fault(
            edit("dvc.yaml", "outs: [code]", "outputs: [code]"), "error", "extra keys not allowed @ data['stages']"
        ),
        "unknown template": Fault(
            edit("laboratory/tuning/dvc.yaml", "${item.run}", "${item.row}"), "error", "laboratory/tuning/dvc.yaml: DVC"
        ),
    },
    "reserved_params": {
        "a param of that name": Fault(
            edit("params.yaml", "  pixels: 8", "  size: 8"), "error", "params.yaml: data.size: DVC takes every key"
        ),
        "a run's": Fault(
            edit("runs/vae.yaml", "width: 24", "width: 24, of: [{nfiles: 1}]"),
            "error",
            "runs/vae.yaml: train.network.of[0].nfiles: DVC takes",
        ),
    },
    "run_cache": {
        "cache: false": Fault(
            edit("dvc.yaml", 'outs: ["data/${dataset}/images"]', 'outs: ["data/${dataset}/images": {cache: false}]'),
            "error",
            "stage prepare: data/${dataset}/images: cache: false of a plain output",
        ),
        "report of a training": Fault(
            edit(
                "dvc.yaml",
                "      - data/${dataset}/weights/",
                "      - reports/x: {cache: false}\n      - data/${dataset}/weights/",
            ),
            "error",
            "reports/x: cache: false of a plain output",
        ),
        "persist": Fault(
            edit("laboratory/divergences/dvc.yaml", "/estimate.json]\n\n", "/estimate.json: {persist: true}]\n\n"),
            "error",
            "laboratory/divergences/dvc.yaml: stage estimate: data/estimate.json: persist",
        ),
        "always_changed": Fault(
            edit("dvc.yaml", "    meta: {gpus: 1}", "    always_changed: true"),
            "error",
            "stage train: always_changed: true",
        ),
        "page that another stage reads": Fault(
            edit("laboratory/tuning/dvc.yaml", "      - data/code/search.json", "      - report/tuning.json"),
            "error",
            "laboratory/tuning/dvc.yaml: stage page: report/tuning.json: cache: false of a plain output",
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
            lambda: (change(Path(), threads=2), {"environment": {"OMP_THREAD_LIMIT": "1"}})[1],
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
    "yaml_parser": {
        "not installed": Fault(no_parser, "warning", "ruamel.yaml.clib: not installed", {"PYTHONPATH": "blocked"}),
    },
}
#: A sound machine, where the one that tests run on need not be.
SOUND: dict[str, Probes] = {
    "accelerator": {"devices": Path("none"), "driver": Path("none")},
    "interpreter": {"path": str(Path(sys.executable).parent)},
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
        return [(one.severity, one.what) for one in find("doctor", check).find(**probes)]
    words = [sys.executable, "-c", SCRIPT, str(ROOT), check]
    done = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [(one["severity"], one["what"]) for one in json.loads(done.stdout)]


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
    assert not [what for _, what in before if fault.says in what]
    probes = fault.make() or {}
    after = found(check, probes, fault.environment)
    assert [severity for severity, what in after if fault.says in what] == [fault.severity], after


def test_who_holds_a_lock_is_named(project: Clone) -> None:
    if not Path("/proc/locks").is_file():
        pytest.skip("this system does not tell who holds a lock")
    write(".genbench/scratch/0123.lock", b"")
    assert list(find("doctor", "locks").find()) == []
    with FileLock(".genbench/scratch/0123.lock"):
        (held,) = find("doctor", "locks").find()
    assert held.severity == "note"
    assert held.what.startswith(f".genbench/scratch/0123.lock: held by process {os.getpid()} (")
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


def test_one_fault_is_said_once(project: Clone) -> None:
    """params.yaml and dvc.yaml are read by many checks."""
    write("params.yaml", "seeds: [")
    write("dvc.yaml", "stages: [")
    examined = examine()
    said = [finding.what for one in examined for finding in one.findings]
    assert len([what for what in said if what.startswith("params.yaml: not readable")]) == 1
    assert len([what for what in said if what.startswith("dvc.yaml: not readable")]) == 1
    lines = text(examined, verbose=True).splitlines()
    assert any(line.startswith("blind    threads") for line in lines)
    assert not any(line.startswith("ok       threads") for line in lines)


def test_a_package_that_is_missing_is_said_once_and_stops_no_other_check(project: Clone) -> None:
    write("blocked/dvc.py", "raise ImportError('dvc: not installed')\n")
    write("runs/my-run.yaml", "train: {model: noise}\n")
    script = "import sys; sys.path.insert(0, sys.argv[1]); from genbench.cli import main; main(['doctor'])"
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT)],
        env={**os.environ, "PYTHONPATH": "blocked"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.count("dvc: not installed") == 1
    assert "'runs/my-run.yaml': passed over" in done.stdout
    assert done.stderr == ""


def test_the_text_shows_the_worst_first_and_escapes_what_steers_a_terminal(project: Clone) -> None:
    write("runs/\x1b[2J.yaml", "train: {model: noise}\n")
    edit("dvc.yaml", "python -m stages.prepare", "python stages/prepare.py")()
    lines = text(examine(), verbose=True).splitlines()
    assert [line.split()[0] for line in lines[:6:2]] == ["error"] * 3
    assert not any("\x1b" in line for line in lines)
    assert all(line.strip().startswith("mend: ") for line in lines[1:6:2])
    assert any(line.startswith("ok       run_cache") for line in lines)
    assert lines[-1].startswith(f"{len(members('doctor'))} checks: 3 errors, ")


def test_the_command(sound: Clone) -> None:
    """In a clone the code is another checkout's, which is an error; nothing is written, and torch is not imported."""
    before = state(sound.path)
    done = sound.attempt("genbench", "doctor", "--json")
    assert done.returncode == 1
    examined = json.loads(done.stdout)
    assert [one["check"] for one in examined] == members("doctor")
    errors = [found for one in examined for found in one["findings"] if found["severity"] == "error"]
    assert [error["what"].startswith("genbench runs from") for error in errors] == [True]
    assert all(error["mend"] for error in errors)
    assert state(sound.path) == before
    script = "import sys; from genbench.doctor._examine import examine; examine(); sys.exit('torch' in sys.modules)"
    sound.run(sys.executable, "-c", script)


def test_a_corrupt_object_of_either_cache_is_found_where_it_is_asked_for(project: Clone) -> None:
    caches = (".dvc/cache", "laboratory/.dvc/cache")
    for content in (b"whole", b"half"):
        name = hashlib.md5(content, usedforsecurity=False).hexdigest()
        for cache in caches:
            write(f"{cache}/files/md5/{name[:2]}/{name[2:]}", content if content == b"whole" else content[:2])
    said = [finding for one in examine(cache=True) if one.check == "cache_objects" for finding in one.findings]
    assert [(one.severity, one.what.partition(f"/files/md5/{name[:2]}/")[0]) for one in said] == [
        ("error", cache) for cache in caches
    ]
    # the mend of the laboratories' cache, but for what makes the object anew
    project.run("sh", "-c", said[1].mend.removesuffix(" && make lab"))
    left = [finding for one in examine(cache=True) if one.check == "cache_objects" for finding in one.findings]
    assert left == said[:1]
    assert "cache_objects" not in [one.check for one in examine()]


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
