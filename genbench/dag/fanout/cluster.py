"""Cells over the hosts of a Ray cluster.

Each host gets as many workers as it has capacity for (:mod:`~genbench.dag.fanout.resources`): Ray actors that stay,
each with a private clone on the host's own disk (:mod:`~genbench.dag.fanout.bootstrap`,
:mod:`~genbench.dag.fanout.remote_worker`), which make one cell after another. Ray finds the hosts, starts the
processes, gives each its GPU and reports deaths; cells and their results are as on one machine. A cell whose worker
dies is made again by another worker, where possible on another host, and goes on from its checkpoints if the hosts
share the disk of the scratch folder.

Ray's own tasks (max_retries, SPREAD, runtime_env.working_dir; tried with Ray 2.60) do not replace the actors: a process
that runs tasks is not told when the last one has ended, so that its clone stays on the disk, and a clone for each task
would check out the shared data for every cell. Ray retries in silence, so that the driver cannot name the host and the
stage of a death, and a retried stream of messages is numbered from its beginning, so that the driver lost the result.
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

from genbench.dag.fanout import bootstrap
from genbench.dag.fanout.clone import Project
from genbench.dag.fanout.local import Progress
from genbench.dag.fanout.plan import Job
from genbench.dag.fanout.remote_worker import MainHost, job_as_json
from genbench.dag.fanout.resources import Resources, capacity, resources_of
from genbench.dag.fanout.worker import Result
from genbench.errors import InputError
from genbench.pipeline import environment, params

TRIES = 3  # of a cell whose workers die, and of starting a worker on a host
LOOK = 5.0  # seconds between two looks at the hosts of the cluster
GRACE = 20.0  # seconds for workers to clean up


def results(
    jobs: Sequence[Job], project: Project, folder: Path, *, address: str, workers: int | None, progress: Progress
) -> Iterator[Result]:
    """Make cells on the cluster, and yield their results in the order in which they end.

    address: `host:port` of the cluster, or auto for the one that this host belongs to. workers: the number of cells at
    a time, None for as many as the hosts have capacity for. folder: not used, workers have theirs on their hosts.
    Leaving the iteration early ends the workers.
    """
    del folder
    p = params.load()
    demands = {job: resources_of(job, p.hardware, p.threads) for job in jobs}
    with _connected(address), _token(project.cache) as token:
        main = MainHost(
            cache=str(project.cache),
            scratch=str(project.scratch),
            live=str(project.live),
            token=token,
            remote=project.remote,
            url=project.url,
            dvc=environment.version("dvc"),
        )
        crew = _Crew(demands, project.files, json.dumps(vars(main)), workers or len(jobs), progress)
        try:
            yield from crew.results()
        finally:
            crew.close()


@dataclass(frozen=True)
class Host:
    """A node of the cluster. cpus, gpus: all that it has, in use or not."""

    id: str
    name: str
    cpus: float
    gpus: float


@dataclass(eq=False)
class _Worker:
    """A worker on a host.

    pending: Ray's reference to its next message. started: whether its process has. job: the one that it works at.
    """

    host: Host
    resources: Resources
    actor: Any
    pending: Any
    started: bool = False
    job: Job | None = None
    stage: str = ""


@dataclass
class _Crew:
    """The workers, at most `limit` of them, and the jobs that wait for one.

    excluded: the reason for each host that cannot be used. deaths: of workers, by job and by host.
    """

    demands: dict[Job, Resources]
    files: bytes
    main_host: str
    limit: int
    progress: Progress
    workers: list[_Worker] = field(default_factory=list)
    excluded: dict[str, str] = field(default_factory=dict)
    deaths: Counter[Job | Host] = field(default_factory=Counter)

    def results(self) -> Iterator[Result]:
        """Yield the result of each job."""
        import ray

        self.waiting: dict[Resources, deque[Job]] = {}
        for job, resources in self.demands.items():
            self.waiting.setdefault(resources, deque()).append(job)
        self._packed = ray.put(self.files)
        while any(self.waiting.values()) or any(worker.job for worker in self.workers):
            self._adjust()
            ready, _ = ray.wait([worker.pending for worker in self.workers], num_returns=1, timeout=LOOK)
            for worker in [worker for worker in self.workers if worker.pending in ready]:
                if (result := self._advance(worker)) is not None:
                    yield result

    def close(self) -> None:
        """End all workers, once their hosts have had a moment to clean up."""
        import ray

        closing = [worker.actor.close.remote() for worker in self.workers if worker.started]
        if closing:
            ray.wait(closing, num_returns=len(closing), timeout=GRACE)
        for worker in self.workers:
            ray.kill(worker.actor)
        self.workers = []

    def _adjust(self) -> None:
        """Start workers for waiting jobs where hosts have capacity, and end those that no job waits for."""
        hosts = _hosts()
        for resources in sorted(self.waiting, key=lambda resources: (-resources.gpus, -resources.cpus)):
            fitting = [worker for worker in self.workers if worker.resources == resources]
            idle = [worker for worker in fitting if worker.job is None]
            while len(idle) > len(self.waiting[resources]):
                self._end(idle.pop())
            free = {host: capacity(resources, host.cpus, host.gpus) for host in hosts if host.id not in self.excluded}
            if self.waiting[resources] and not any(free.values()):
                raise InputError(self._no_host(resources, hosts))
            for worker in fitting:
                if worker.host in free:
                    free[worker.host] -= 1
            for _ in range(len(self.waiting[resources]) - len(idle)):
                usable = [host for host in free if free[host] > 0]
                if len(self.workers) >= self.limit or not usable:
                    break
                host = min(usable, key=lambda host: (self.deaths[host], -free[host]))
                free[host] -= 1
                self._start(host, resources)

    def _no_host(self, resources: Resources, hosts: Sequence[Host]) -> str:
        if self.excluded:
            return next(iter(self.excluded.values()))
        present = ", ".join(f"{host.name} {host.cpus:g} CPU and {host.gpus:g} GPU" for host in hosts) or "none"
        return f"--ray: expected a host with {resources}, which a cell needs; there is: {present}"

    def _start(self, host: Host, resources: Resources) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        actor = (
            ray.remote(bootstrap.Bootstrap)
            .options(
                num_cpus=resources.cpus,
                num_gpus=resources.gpus,
                max_concurrency=2,  # so that it can be closed while it works
                max_restarts=0,
                scheduling_strategy=NodeAffinitySchedulingStrategy(node_id=host.id, soft=False),
            )
            .remote()
        )
        self.workers.append(_Worker(host, resources, actor, actor.started.remote()))

    def _end(self, worker: _Worker) -> None:
        import ray

        self.workers.remove(worker)
        if worker.started:
            ray.wait([worker.actor.close.remote()], timeout=GRACE)
        ray.kill(worker.actor)

    def _advance(self, worker: _Worker) -> Result | None:
        """Take a worker's next message and give it the next thing to do; return the result, if the message was one."""
        from ray.exceptions import RayError

        if worker not in self.workers:
            return None
        try:
            if worker.job:
                return self._receive(worker)
            self._set_up(worker)
            return None
        except (RayError, StopIteration) as error:
            return self._lose(worker, " ".join(str(error).split()))

    def _receive(self, worker: _Worker) -> Result | None:
        """Take a message about the job of a worker: a stage that begins, or the result."""
        import ray

        assert worker.job is not None
        message = json.loads(ray.get(next(worker.pending)))
        if "stage" in message:
            worker.stage = message["stage"]
            self.progress(worker.job, worker.stage)
            return None
        result = Result(worker.job, message["entries"], message["failed"])
        self._give_job(worker)
        return result

    def _set_up(self, worker: _Worker) -> None:
        """Open a worker whose process has started; give the first job to one that is open."""
        import ray

        refusal = ray.get(worker.pending)
        if not worker.started:
            worker.started = True
            worker.pending = worker.actor.open.remote(self._packed, self.main_host)
        elif refusal:
            self._exclude(worker.host, refusal)
            self._end(worker)
        else:
            self._give_job(worker)

    def _give_job(self, worker: _Worker) -> None:
        """Give a worker the next job that takes as much as it has; end it if there is none."""
        worker.job, worker.stage = None, ""
        waiting = self.waiting[worker.resources]
        if not waiting:
            self._end(worker)
            return
        worker.job = waiting.popleft()
        worker.pending = worker.actor.make.options(num_returns="streaming").remote(job_as_json(worker.job))

    def _exclude(self, host: Host, reason: str) -> None:
        if host.id not in self.excluded:
            self.excluded[host.id] = f"{host.name}: {reason}"
            _print_line(f"not used: {self.excluded[host.id]}")

    def _lose(self, worker: _Worker, reason: str) -> Result | None:
        """Remove a worker that died; its job waits again, before all others, or fails after TRIES deaths."""
        import ray

        self.workers.remove(worker)
        ray.kill(worker.actor)
        self.deaths[worker.host] += 1
        job = worker.job
        if job is None:
            if self.deaths[worker.host] >= TRIES:
                self._exclude(worker.host, f"its workers die at their start: {reason}")
            return None
        self.deaths[job] += 1
        death = f"the worker on {worker.host.name} died at {worker.stage or 'its start'}: {reason}"
        if self.deaths[job] >= TRIES:
            return Result(job, {}, dict.fromkeys(job.stages, f"{TRIES} workers died of it; {death}"))
        _print_line(f"again: {job}: {death}")
        self.waiting[worker.resources].appendleft(job)
        return None


def _print_line(line: str) -> None:
    """Print a line above the progress bar."""
    tqdm.write(line, file=sys.stderr)


def _hosts() -> list[Host]:
    import ray

    nodes = [(node, node["Resources"]) for node in ray.nodes() if node["Alive"]]
    return [Host(node["NodeID"], _name(node), has.get("CPU", 0.0), has.get("GPU", 0.0)) for node, has in nodes]


def _name(node: Mapping[str, Any]) -> str:
    return f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """Connect to the cluster as a driver; no Ray, or no cluster there, is an InputError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # the coming default; Ray warns without it
    try:
        import ray
    except ImportError:
        raise InputError("--ray: Ray is not installed: pip install ray") from None
    _require_answer(address)
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False, include_dashboard=False)
    except (ConnectionError, RuntimeError, ValueError, AssertionError) as error:
        raise InputError(
            f"--ray {address}: no cluster that this host belongs to: {' '.join(str(error).split())}"
        ) from None
    ray.cloudpickle.register_pickle_by_value(bootstrap)
    try:
        yield
    finally:
        ray.cloudpickle.unregister_pickle_by_value(bootstrap)
        ray.shutdown()


def _require_answer(address: str) -> None:
    """Refuse an address at which nobody answers, where Ray itself would try for minutes."""
    name = f"--ray {address}"
    if address == "auto":
        current = Path(os.environ.get("RAY_TMPDIR", "/tmp")) / "ray/ray_current_cluster"
        address = os.environ.get("RAY_ADDRESS") or (current.read_text(encoding="utf-8") if current.exists() else "")
        if not address:
            return  # Ray looks further
        name += f", which is {address} here"
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise InputError(f"--ray: expected auto or host:port, got {address!r}")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise InputError(f"{name}: nobody answers: {error.strerror or error}") from None


@contextmanager
def _token(cache: Path) -> Iterator[str]:
    """Put a file into the cache, by which another host sees that its cache is the same one; yield its name."""
    file = cache / f"genbench-{uuid4().hex}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    try:
        yield file.name
    finally:
        file.unlink(missing_ok=True)
