"""Cells over the hosts of a Ray cluster: the same bytes as one after another, whatever fails or dies meanwhile."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from genbench.dag.fanout import remote_worker
from genbench.dag.fanout.plan import Job
from genbench.dag.fanout.resources import Resources, capacity, resources_of
from genbench.engine.options import HardwareOptions
from genbench.errors import InputError
from genbench.pipeline.environment import FILE, version
from tests.support.clone import Clone, environment
from tests.support.fanout_project import project
from tests.support.ray_cluster import RayCluster, ray_cluster

CPU = HardwareOptions(accelerator="cpu", devices=1, hosts=1, precision="float32", compile=False, channels_last=True)


def cell(gpus: float) -> Job:
    return Job("nsgan", 0, ("train@nsgan-0",), gpus)


def on(accelerator: str, **options: Any) -> HardwareOptions:
    return CPU.model_copy(update={"accelerator": accelerator, **options})


@pytest.mark.parametrize(
    ("gpus", "hardware", "threads", "needs"),
    [
        (1, on("cpu"), 1, Resources(cpus=1, gpus=0)),
        (1, on("cpu", devices=2), 4, Resources(cpus=8, gpus=0)),
        (1, on("gpu"), 4, Resources(cpus=0, gpus=1)),
        (0.25, on("gpu"), 1, Resources(cpus=0, gpus=0.25)),
        (0.25, on("gpu", devices=2), 1, Resources(cpus=0, gpus=2)),
        (0, on("gpu"), 2, Resources(cpus=2, gpus=0)),
    ],
)
def test_what_a_cell_takes_of_a_host(gpus: float, hardware: HardwareOptions, threads: int, needs: Resources) -> None:
    assert resources_of(cell(gpus), hardware, threads) == needs


def test_what_no_host_can_give_is_refused() -> None:
    with pytest.raises(InputError, match=r"meta\.gpus: expected a share below 1 or a whole number, got 1\.5"):
        resources_of(cell(1.5), on("gpu"), 1)
    with pytest.raises(InputError, match=r"hardware\.hosts: expected 1 on a Ray cluster"):
        resources_of(cell(1), on("gpu", hosts=2), 1)


@pytest.mark.parametrize(
    ("needs", "cpus", "gpus", "rooms"),
    [
        (Resources(cpus=1, gpus=0), 16, 0, 16),
        (Resources(cpus=3, gpus=0), 16, 0, 5),
        (Resources(cpus=0, gpus=1), 0, 4, 4),
        (Resources(cpus=0, gpus=2), 64, 5, 2),
        (Resources(cpus=0, gpus=0.1), 64, 3, 30),
        (Resources(cpus=0, gpus=0.4), 64, 2, 4),  # not 5: none lies on two GPUs
        (Resources(cpus=0, gpus=1), 64, 0, 0),
    ],
)
def test_how_many_a_host_has_room_for(needs: Resources, cpus: float, gpus: float, rooms: int) -> None:
    assert capacity(needs, cpus, gpus) == rooms


def test_folders_of_dead_workers_are_swept_and_those_of_others_are_not(tmp_path: Path) -> None:
    dead, alive, new, old = (tmp_path / f"genbench-fanout-{name}" for name in ("dead", "alive", "new", "old"))
    for folder in (dead, alive, new, old):
        (folder / "clone").mkdir(parents=True)
    (dead / remote_worker.LOCK).touch()
    os.utime(old, (0, 0))
    with FileLock(alive / remote_worker.LOCK):
        remote_worker.sweep([dead, alive, new, old])
        assert sorted(tmp_path.iterdir()) == sorted([alive, new])


def test_a_host_of_other_versions_is_refused_by_name(tmp_path: Path) -> None:
    clone = tmp_path / "worker/clone"
    clone.mkdir(parents=True)
    torch, dvc = version("torch"), version("dvc")
    (clone / FILE).write_text("computes: {torch: '1.0'}\ndraws: {}\n", encoding="utf-8")
    main_host = dict.fromkeys(("cache", "scratch", "live", "token", "remote", "url"), "") | {"dvc": "1.0"}
    with pytest.raises(InputError, match=f"^environment.yaml: computes.torch is 1.0, installed is {torch}; "):
        remote_worker.RemoteWorker(tmp_path / "worker", b"", json.dumps(main_host))
    (clone / FILE).write_text(f"computes: {{torch: '{torch}'}}\ndraws: {{}}\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"^dvc: expected 1.0, as on the host that fans out; installed is {dvc}$"):
        remote_worker.RemoteWorker(tmp_path / "worker", b"", json.dumps(main_host))


def test_a_host_without_the_cache_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_worker, "PATIENCE", 0.0)
    here = str(tmp_path)
    main_host = remote_worker.MainHost(here, here, here, "genbench-0", "", "", None)
    with pytest.raises(InputError, match="expected the cache of the clone that fans out"):
        remote_worker.project(main_host, b"")
    (tmp_path / "genbench-0").touch()
    assert remote_worker.project(main_host, b"").cache == tmp_path


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--ray", "nowhere"], "--ray: expected auto or host:port, got 'nowhere'"),
        (["--ray", "127.0.0.1:1"], "--ray 127.0.0.1:1: nobody answers: Connection refused"),
    ],
)
@pytest.mark.pipeline
def test_an_address_of_no_cluster_is_one_line(tmp_path: Path, words: list[str], error: str) -> None:
    failed = project(tmp_path / "project", runs=["noise"], seeds=[0]).attempt("genbench", "fanout", *words)
    assert failed.returncode == 1
    assert f"error: {error}" in failed.stderr.splitlines()
    assert "Traceback" not in failed.stderr


def start(made: Clone, cluster: RayCluster, *words: str) -> subprocess.Popen[str]:
    """`genbench fanout --ray` in a project."""
    return subprocess.Popen(
        ["genbench", "fanout", "--ray", cluster.address, *words],
        cwd=made.path,
        env=environment() | cluster.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # whatever started the tests may ignore Ctrl-C, as a shell does for what runs in its background
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def fan_out(made: Clone, cluster: RayCluster, *words: str) -> tuple[int, str]:
    """Run the command to its end; gives its exit status and its standard error."""
    process = start(made, cluster, *words)
    _, errors = process.communicate(timeout=2400)
    return process.returncode, errors


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 240
    while not until():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def begun(work: Path) -> dict[str, dict[str, Any]]:
    """What stages have begun, by name."""
    files = work.glob("*.begun")
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def same(made: Clone, other: Clone) -> None:
    """Two projects have the same results, and nothing left to do."""
    for pattern in ("data/metrics/**/*", "data/weights/**/*", "reports/leaderboard.json"):
        mine, others = made.files(pattern), other.files(pattern)
        assert mine
        assert [name for name in sorted(mine | others) if mine.get(name) != others.get(name)] == []
    assert made.repro() == set()


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def cluster(work: Path) -> Iterator[RayCluster]:
    """Two hosts, one of them with GPUs that are not there."""
    with ray_cluster({"num_cpus": 1}, {"num_cpus": 1, "num_gpus": 2}, WORK=str(work)) as made:
        yield made


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """What one after another gives."""
    made = project(tmp_path_factory.mktemp("serial") / "project", runs=["noise", "held_out"], seeds=[0, 1])
    made.repro()
    return made


@pytest.mark.pipeline
def test_two_hosts_give_the_same_bytes_and_a_failure_stays_alone(
    cluster: RayCluster, serial: Clone, work: Path, tmp_path: Path
) -> None:
    made = project(tmp_path / "project", runs=["noise", "held_out"], seeds=[0, 1])
    (made.path / "failing").write_text("train@noise-1")  # not committed, and goes with the project all the same
    status, errors = fan_out(made, cluster)
    assert status == 1, errors
    assert "failed: train@noise-1: error: train@noise-1: expected to succeed" in errors
    assert "failed: evaluate@noise-1: needs train@noise-1" in errors
    assert "error: 2 stages failed, the report waits for them: evaluate@noise-1, train@noise-1" in errors
    assert "Traceback" not in errors
    assert len({stage["host"] for stage in begun(work).values()}) == 2
    assert len(made.files("data/metrics/**/*")) == 3
    (made.path / "failing").unlink()
    status, errors = fan_out(made, cluster)
    assert status == 0, errors
    same(made, serial)
    assert not list(cluster.folder.glob("genbench-fanout-*")), "clones are gone"


@pytest.mark.soak
@pytest.mark.pipeline
def test_without_a_common_cache_a_remote_brings_results_to_all(
    cluster: RayCluster, serial: Clone, work: Path, tmp_path: Path
) -> None:
    made = project(tmp_path / "project", runs=["noise", "held_out"], seeds=[0, 1])
    status, errors = fan_out(made, cluster, "--remote", "team")
    assert status == 1
    assert errors.splitlines()[-1] == "error: unknown --remote: DVC remote 'team' (there is: none)"
    made.run("dvc", "remote", "add", "team", "../remote")  # from .dvc, and another folder from elsewhere
    other = made.copy(tmp_path / "other")
    status, errors = fan_out(made, cluster, "--remote", "team")
    assert status == 0, errors
    same(made, serial)
    assert made.files("dvc.lock") == serial.files("dvc.lock"), "line for line"
    (own,) = cluster.folder.glob("genbench-*")
    shutil.rmtree(own / "cache")
    ended = set(work.glob("*.done"))
    status, errors = fan_out(other, cluster, "--remote", "team")
    assert status == 0, errors
    same(other, serial)
    assert set(work.glob("*.done")) == ended, "no stage ran on the cluster"


@pytest.mark.pipeline
def test_what_a_remote_has_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = project(tmp_path / "project", runs=["noise"], seeds=[0])
    made.run("dvc", "remote", "add", "team", "../remote")
    other = made.copy(tmp_path / "other")
    made.run("genbench", "fanout", "-j", "1", "--remote", "team")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("WORK", str(work))
    other.run("genbench", "fanout", "-j", "1", "--remote", "team")
    assert set(begun(work)) == {"images", "report"}, "the shared stage and the report, but no cell's"
    same(other, made)


@pytest.mark.soak
@pytest.mark.pipeline
def test_a_stop_ends_all_workers_and_the_next_goes_on(
    cluster: RayCluster, serial: Clone, work: Path, tmp_path: Path
) -> None:
    made = project(tmp_path / "project", runs=["noise", "held_out"], seeds=[0, 1])
    slow = work / "train@held_out-0.wait"
    slow.touch()
    (work / "train@held_out-0.begun").unlink(missing_ok=True)
    process = start(made, cluster)
    wait(lambda: "train@held_out-0" in begun(work))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert errors.splitlines()[-1] == "stopped"
    assert "Traceback" not in errors
    wait(lambda: not any("genbench.dag.fanout" in line for line in cluster.processes()))
    assert not list(cluster.folder.glob("genbench-fanout-*"))
    slow.unlink()
    status, errors = fan_out(made, cluster)
    assert status == 0, errors
    same(made, serial)


@pytest.mark.soak
@pytest.mark.pipeline
def test_the_cell_of_a_host_that_dies_is_made_by_another(serial: Clone, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for seed in (0, 1):
        (work / f"train@noise-{seed}.wait").touch()
    made = project(tmp_path / "project", runs=["noise", "held_out"], seeds=[0, 1])
    with ray_cluster({"num_cpus": 0}, {"num_cpus": 1}, {"num_cpus": 1}, WORK=str(work)) as cluster:
        process = start(made, cluster)
        wait(lambda: {"train@noise-0", "train@noise-1"} <= begun(work).keys())
        cluster.kill(1)
        for file in work.glob("*.wait"):
            file.unlink()
        _, errors = process.communicate(timeout=500)
    assert process.returncode == 0, errors
    # its last message, that a stage began, may not have left the host
    assert len(re.findall(r"again: noise-[01]: the worker on .+ died at (\w+@noise-[01]|its start)", errors)) == 1, (
        errors
    )
    same(made, serial)


@pytest.mark.soak
@pytest.mark.timeout(3000)
def test_a_hundred_cells_on_shares_of_gpus(tmp_path: Path) -> None:
    shares_of_gpus(tmp_path, seeds=26)


def shares_of_gpus(tmp_path: Path, seeds: int) -> None:
    """Four cells a seed, half a GPU each, on two hosts of one GPU."""
    work = tmp_path / "work"
    work.mkdir()
    runs = ["noise", "held_out", "memoriser", "mode_drop"]
    made = project(tmp_path / "project", runs=runs, seeds=range(seeds), accelerator="gpu", gpus=0.5)
    hosts = [{"num_cpus": 0}, {"num_cpus": 0, "num_gpus": 1}, {"num_cpus": 0, "num_gpus": 1}]
    with ray_cluster(*hosts, WORK=str(work)) as cluster:
        status, errors = fan_out(made, cluster)
    assert status == 0, errors
    assert not re.search("lock|again:", errors), errors
    spans = [json.loads(file.read_text(encoding="utf-8")) for file in work.glob("*.done")]
    trained = [span for span in spans if span["stage"].startswith("train@")]
    assert len(trained) == len({span["stage"] for span in trained}) == len(runs) * seeds
    for span in trained:
        beside = [other for other in trained if other["begun"] <= span["begun"] < other["ended"]]
        on_gpu = [other for other in beside if (other["host"], other["gpu"]) == (span["host"], span["gpu"])]
        assert len(on_gpu) <= 2, "half a GPU each"
    assert {span["gpu"] for span in trained} == {"0"}
    assert made.repro() == set()
    serial = project(tmp_path / "serial", runs=runs, seeds=range(seeds), accelerator="gpu", gpus=0.5)
    serial.run("genbench", "repro")
    same(made, serial)
