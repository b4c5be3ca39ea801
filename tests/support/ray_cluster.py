"""A Ray cluster of several hosts on this one, for tests: no dashboard, loopback only, no word about its use.

`python tests/support/ray_cluster.py '[{"num_cpus": 2}, {"num_cpus": 1, "num_gpus": 2}]'` starts a host for each, with
GPUs that need not exist, and prints the address. A line `N` on its standard input kills host N with all that runs
there; the end of its standard input ends all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

MEMORY = 80 * 2**20  # bytes of each host's object store
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_memory_monitor_refresh_ms": "0",  # what else runs on this machine is no reason to kill a worker
    "RAY_worker_niceness": "0",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # else it takes 127.0.0.1 for a mistake, and puts another in its place
    "RAY_worker_register_timeout_seconds": "240",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "30000",
}


@dataclass(frozen=True)
class RayCluster:
    """address: host:port. folder: where all of its hosts keep temporary files. process: that started them."""

    address: str
    folder: Path
    process: subprocess.Popen[str]
    environment: dict[str, str]

    def kill(self, host: int) -> None:
        """Kill a host, the first is 0, as a power cut would."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{host}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == f"killed {host}\n"

    def processes(self) -> list[str]:
        """Return the command lines of what runs for it."""
        return running(self.folder)


@contextmanager
def ray_cluster(*hosts: dict[str, Any], **environment: str) -> Iterator[RayCluster]:
    """Start a cluster of such hosts, of which nothing is left afterwards."""
    with TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:  # sockets' names must be short
        own = QUIET | {"RAY_TMPDIR": folder, "TMPDIR": folder} | environment
        process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(hosts)],
            env={name: value for name, value in os.environ.items() if not name.startswith("RAY_")} | own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("127.0.0.1:"), f"no cluster: {address}"
            yield RayCluster(address, Path(folder), process, QUIET | {"RAY_TMPDIR": folder})
        finally:
            process.stdin.close()
            process.wait(timeout=60)
            left = running(Path(folder))
        assert not left, f"Ray left processes behind: {left}"


def running(folder: Path) -> list[str]:
    """Command lines of processes that name the folder there or in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if process.pid != os.getpid() and (
                any(str(folder) in word for word in words) or process.environ().get("RAY_TMPDIR") == str(folder)
            ):
                found.append(" ".join(words) or f"{process.name()} ({process.status()})")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def main(hosts: list[dict[str, Any]]) -> None:
    from ray.cluster_utils import Cluster

    common = {
        "node_ip_address": "127.0.0.1",  # at any other address Ray listens to all networks
        "include_dashboard": False,
        "include_log_monitor": False,
        "no_monitor": True,  # of its autoscaler
        "object_store_memory": MEMORY,
    }
    cluster = Cluster()
    nodes = [_started(cluster, common | host) for host in hosts]
    print(cluster.address, flush=True)
    for line in sys.stdin:
        _cut_power(cluster, nodes[int(line)])
        print(f"killed {int(line)}", flush=True)
    cluster.shutdown()


def _cut_power(cluster: Any, node: Any) -> None:
    """Kill all that runs on a host at once; Ray alone leaves its workers at work until they miss the host."""
    own = [psutil.Process(process.pid) for _, process in node.live_processes()]
    everything = [*own, *(child for process in own for child in process.children(recursive=True))]
    for process in everything:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _, alive = psutil.wait_procs([process for process in everything if process not in own], timeout=60)
    assert not alive, f"not killed: {alive}"
    cluster.remove_node(node, allow_graceful=False)


def _started(cluster: Any, options: dict[str, Any]) -> Any:
    """Start a host; on a busy machine it may not answer within the 30 seconds that Ray gives it."""
    for _ in range(4):
        try:
            return cluster.add_node(**options)
        except Exception as error:
            print(f"a host did not start: {error}", file=sys.stderr)
    sys.exit("no host")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
