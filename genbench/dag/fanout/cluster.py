"""Cells over the hosts of a Ray cluster.

Each host gets workers by what it has and what cells need (:mod:`~genbench.dag.fanout.need`): Ray actors that stay, each
with a private clone on the host's own disk (:mod:`~genbench.dag.fanout.boot`, :mod:`~genbench.dag.fanout.seat`), given
one cell after another. Ray finds the hosts, starts the processes, gives each its GPU and says who died; what a cell is
and where its results go is as on one machine. A cell whose worker dies is made again by another, where possible on
another host, and goes on from its checkpoints if the scratch folder is on a disk that they share.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from tqdm import tqdm

from genbench.dag.fanout import boot
from genbench.dag.fanout.clone import Project
from genbench.dag.fanout.local import Say
from genbench.dag.fanout.need import Need, room, wanted
from genbench.dag.fanout.plan import Cell
from genbench.dag.fanout.seat import Asked, words
from genbench.dag.fanout.worker import Result
from genbench.errors import InputError
from genbench.pipeline import environment, params

TRIES = 3  # of a cell whose workers die
LOOK = 5.0  # seconds between two looks at which hosts there are
GRACE = 20.0  # seconds for workers to clean up


def results(
    cells: Sequence[Cell], project: Project, folder: Path, *, address: str, jobs: int | None, say: Say
) -> Iterator[Result]:
    """What becomes of each cell, in the order in which they end. Leaving the iteration early ends the workers.

    address: `host:port` of the cluster, or auto for the one that this host belongs to. jobs: how many at a time, None
    for as many as there is room for.
    """
    del folder  # workers are elsewhere
    p = params.load()
    needs = {cell: wanted(cell, p.hardware, p.threads) for cell in cells}
    with _connected(address), _token(project.cache) as token:
        asked = Asked(
            cache=str(project.cache),
            scratch=str(project.scratch),
            live=str(project.live),
            token=token,
            remote=project.remote,
            url=project.url,
            dvc=environment.version("dvc"),
        )
        crew = _Crew(needs, project.files, json.dumps(vars(asked)), jobs or len(cells), say)
        try:
            yield from crew.results()
        finally:
            crew.close()


@dataclass(frozen=True)
class Host:
    """A node of the cluster, with all its cores and GPUs, whoever has them now."""

    id: str
    name: str
    cpus: float
    gpus: float


@dataclass(eq=False)
class _Seat:
    """A worker on a host. waits: what comes next from it. ready: it has a process. cell: what it is at."""

    host: Host
    need: Need
    actor: Any
    waits: Any
    ready: bool = False
    cell: Cell | None = None
    stage: str = ""


@dataclass
class _Crew:
    """All workers, at most `jobs`, and the cells that they have still to make.

    died: how often workers did that were at a cell, or on a host. barred: hosts that cannot be used, and why.
    """

    needs: dict[Cell, Need]
    files: bytes
    asked: str
    jobs: int
    say: Say
    seats: list[_Seat] = field(default_factory=list)
    barred: dict[str, str] = field(default_factory=dict)
    died: Counter[Cell | Host] = field(default_factory=Counter)

    def results(self) -> Iterator[Result]:
        """Until there is one for each cell."""
        import ray

        self.waiting: dict[Need, deque[Cell]] = {}
        for cell in self.needs:
            self.waiting.setdefault(self.needs[cell], deque()).append(cell)
        self._packed = ray.put(self.files)
        while any(self.waiting.values()) or any(seat.cell for seat in self.seats):
            self._hire()
            ready, _ = ray.wait([seat.waits for seat in self.seats], num_returns=1, timeout=LOOK)
            for seat in [seat for seat in self.seats if seat.waits in ready]:
                if (result := self._hear(seat)) is not None:
                    yield result

    def close(self) -> None:
        """End all workers; their hosts have a moment to clean up."""
        import ray

        gone = [seat.actor.close.remote() for seat in self.seats if seat.ready]
        if gone:
            ray.wait(gone, num_returns=len(gone), timeout=GRACE)
        for seat in self.seats:
            ray.kill(seat.actor)
        self.seats = []

    def _hire(self) -> None:
        """A worker for each room on each host, as long as there are cells for it; none where there are not."""
        hosts = _hosts()
        for need in sorted(self.waiting, key=lambda need: (-need.gpus, -need.cpus)):
            mine = [seat for seat in self.seats if seat.need == need]
            idle = [seat for seat in mine if seat.cell is None]
            while len(idle) > len(self.waiting[need]):
                self._end(idle.pop())
            free = {host: room(need, host.cpus, host.gpus) for host in hosts if host.id not in self.barred}
            if self.waiting[need] and not any(free.values()):
                raise InputError(self._nowhere(need, hosts))
            for seat in mine:
                if seat.host in free:
                    free[seat.host] -= 1
            for _ in range(len(self.waiting[need]) - len(idle)):
                if len(self.seats) >= self.jobs or not (roomy := [host for host in free if free[host] > 0]):
                    break
                host = min(roomy, key=lambda host: (self.died[host], -free[host]))
                free[host] -= 1
                self._start(host, need)

    def _nowhere(self, need: Need, hosts: Sequence[Host]) -> str:
        if self.barred:
            return next(iter(self.barred.values()))
        there = ", ".join(f"{host.name} {host.cpus:g} CPU and {host.gpus:g} GPU" for host in hosts) or "none"
        return f"--ray: expected a host with {need}, which a cell needs; there is: {there}"

    def _start(self, host: Host, need: Need) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        actor = (
            ray.remote(boot.Boot)
            .options(
                num_cpus=need.cpus,
                num_gpus=need.gpus,
                max_concurrency=2,  # so that it can be closed while it works
                max_restarts=0,
                scheduling_strategy=NodeAffinitySchedulingStrategy(node_id=host.id, soft=False),
            )
            .remote()
        )
        self.seats.append(_Seat(host, need, actor, actor.here.remote()))

    def _end(self, seat: _Seat) -> None:
        import ray

        self.seats.remove(seat)
        if seat.ready:
            ray.wait([seat.actor.close.remote()], timeout=GRACE)
        ray.kill(seat.actor)

    def _hear(self, seat: _Seat) -> Result | None:
        """Take what a worker has to say, and give it the next thing to do; gives a result if that was one."""
        from ray.exceptions import RayError

        if seat not in self.seats:
            return None
        try:
            return self._said(seat)
        except (RayError, StopIteration) as error:
            return self._lost(seat, " ".join(str(error).split()))

    def _said(self, seat: _Seat) -> Result | None:
        import ray

        if seat.cell is not None:
            said = json.loads(ray.get(next(seat.waits)))
            if "stage" in said:
                seat.stage = said["stage"]
                self.say(seat.cell, seat.stage)
                return None
            result = Result(seat.cell, said["entries"], said["failed"])
            self._next(seat)
            return result
        refused = ray.get(seat.waits)
        if not seat.ready:
            seat.ready = True
            seat.waits = seat.actor.open.remote(self._packed, self.asked)
        elif refused:
            self._bar(seat.host, refused)
            self._end(seat)
        else:
            self._next(seat)
        return None

    def _next(self, seat: _Seat) -> None:
        """Another cell, if there is one that needs as much."""
        seat.cell, seat.stage = None, ""
        waiting = self.waiting[seat.need]
        if not waiting:
            self._end(seat)
            return
        seat.cell = waiting.popleft()
        seat.waits = seat.actor.make.options(num_returns="streaming").remote(words(seat.cell))

    def _bar(self, host: Host, why: str) -> None:
        if host.id not in self.barred:
            self.barred[host.id] = f"{host.name}: {why}"
            _tell(f"not used: {self.barred[host.id]}")

    def _lost(self, seat: _Seat, why: str) -> Result | None:
        """A worker died: its cell goes to the front again, unless that has happened too often."""
        import ray

        self.seats.remove(seat)
        ray.kill(seat.actor)
        self.died[seat.host] += 1
        cell = seat.cell
        if cell is None:
            if self.died[seat.host] >= TRIES:
                self._bar(seat.host, f"its workers die at their start: {why}")
            return None
        self.died[cell] += 1
        where = f"the worker on {seat.host.name} died at {seat.stage or 'its start'}"
        if self.died[cell] >= TRIES:
            return Result(cell, {}, dict.fromkeys(cell.stages, f"{TRIES} workers died of it; {where}: {why}"))
        _tell(f"again: {cell}: {where}: {why}")
        self.waiting[seat.need].appendleft(cell)
        return None


def _tell(line: str) -> None:
    """A line above the bar."""
    tqdm.write(line, file=sys.stderr)


def _hosts() -> list[Host]:
    import ray

    return [
        Host(node["NodeID"], _name(node), has.get("CPU", 0.0), has.get("GPU", 0.0))
        for node in ray.nodes()
        if node["Alive"]
        for has in [node["Resources"]]
    ]


def _name(node: Mapping[str, Any]) -> str:
    return f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """Be a driver of the cluster."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # the coming default; said loudly otherwise
    try:
        import ray
    except ImportError:
        raise InputError("--ray: Ray is not installed: pip install genbench[ray]") from None
    _reach(address)
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False, include_dashboard=False)
    except (ConnectionError, RuntimeError, ValueError, AssertionError) as error:
        raise InputError(
            f"--ray {address}: no cluster that this host belongs to: {' '.join(str(error).split())}"
        ) from None
    ray.cloudpickle.register_pickle_by_value(boot)
    try:
        yield
    finally:
        ray.cloudpickle.unregister_pickle_by_value(boot)
        ray.shutdown()


def _reach(address: str) -> None:
    """See whether anybody answers there: Ray itself would try for minutes."""
    said = f"--ray {address}"
    if address == "auto":
        noted = Path(os.environ.get("RAY_TMPDIR", "/tmp")) / "ray/ray_current_cluster"
        address = os.environ.get("RAY_ADDRESS") or (noted.read_text(encoding="utf-8") if noted.exists() else "")
        if not address:
            return  # Ray looks further
        said += f", which is {address} here"
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise InputError(f"--ray: expected auto or host:port, got {address!r}")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise InputError(f"{said}: nobody answers: {error.strerror or error}") from None


@contextmanager
def _token(cache: Path) -> Iterator[str]:
    """A file in the cache, by which a host sees that it is the same one."""
    file = cache / f"genbench-{uuid4().hex}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    try:
        yield file.name
    finally:
        file.unlink(missing_ok=True)
