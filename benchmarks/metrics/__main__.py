"""Time and peak memory of the metrics beside other implementations, on the same features in the same run.

    python -m benchmarks.metrics [--counts 1000 10000] [--dimensions 512 2048] [--pictures 256] [--limit 100]

writes metrics.json, .csv, .md and .png into reports/benchmarks. Each measurement has a process of its own, one after
the other; time is the median of up to 5 repeats. A peer is left out where its time at the number before lets expect
more than the limit, in seconds, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from itertools import chain, product
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import processor
from benchmarks.metrics import folders, networks
from benchmarks.metrics.tables import write
from genbench.files.atomic import write_json

OUR_OWN = "genbench"
PEERS = ("torch_fidelity", "torchmetrics", "pytorch_fid", "prdc")
#: With which power of N a task's time is expected to grow.
GROWTH = {
    "frechet": 0,
    "frechet_known": 0,
    "frechet_moments": 0,
    "pairs": 2,
    "balls": 2,
    "directions": 1,
    "diversity": 1,
}
SECONDS = 3.0  # repeats stop after this


def main() -> None:
    options = _options()
    packages = ["numpy", "scipy", "torch", *(peer.replace("_", "-") for peer in PEERS)]
    machine = {
        "processor": processor(),
        "threads": options.threads,
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "versions": {name: version(name) for name in packages},
    }
    records: list[dict[str, Any]] = []
    options.out.mkdir(parents=True, exist_ok=True)
    whole = (module.measured(options.pictures, options.threads) for module in (networks, folders))
    for record in chain(_measured(options), *whole):
        records.append(record)
        said = {"machine": machine, "limit_seconds": options.limit, "records": records}
        write_json(options.out / "metrics.json", said)
    write(options.out)


def _measured(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One record after the other; all contenders of a cell follow each other, so that they meet the same machine."""
    for task, power in GROWTH.items():
        contenders = [name for name in (OUR_OWN, *PEERS) if _can(name, task)]
        for dimensions in options.dimensions:
            last: dict[str, tuple[int, float]] = {}  # number of images and seconds
            for n, name in product(options.counts, contenders):
                cell = {"task": task, "contender": name, "n": n, "dimensions": dimensions}
                before, seconds = last.get(name, (n, 0.0))
                expected = seconds * (n / before) ** power
                if name != OUR_OWN and expected > options.limit:
                    yield cell | {"seconds": None, "expected_seconds": expected}
                    continue
                found = _child(name, task, n, dimensions, options.threads)
                last[name] = n, median(found["seconds"])
                sys.stderr.write(f"{task} {name} N={n} D={dimensions}: {last[name][1]:.2f} s\n")
                yield cell | found | {"seconds": last[name][1], "repeats": found["seconds"]}


def _can(contender: str, task: str) -> bool:
    module = Path(__file__).parent / "contenders" / f"{contender}.py"
    return f"def {task}(" in module.read_text(encoding="utf-8")


def _child(contender: str, task: str, n: int, dimensions: int, threads: int) -> dict[str, Any]:
    """One measurement."""
    words = [contender, task, n, dimensions, threads, SECONDS]
    limits = {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL")}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.metrics.measure", *map(str, words)],
        env=os.environ | limits,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metrics", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--counts", type=int, nargs="+", default=[1000, 3000, 10_000, 50_000], help="images of each kind"
    )
    parser.add_argument("--dimensions", type=int, nargs="+", default=[512, 2048], help="features an image")
    parser.add_argument("--pictures", type=int, default=256, help="for the network, and in each of the two folders")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=float, default=100, help="seconds beyond which a peer is not run")
    parser.add_argument("--out", type=Path, default=Path("reports/benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
