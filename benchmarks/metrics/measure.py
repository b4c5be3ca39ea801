"""One measurement, in a process of its own so that its peak memory is its own.

    python -m benchmarks.metrics.measure CONTENDER TASK N D THREADS SECONDS

prints one JSON object: seconds and cpu_seconds (lists, repeated until SECONDS are used up or 5 times), peak_bytes of
the process, base_bytes before the call (features and imported packages), computes (what the task is there), numbers.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
import warnings

import numpy as np
from threadpoolctl import threadpool_limits

REPEATS = 5
LATENT = 64  # directions that features vary along, beside noise: covariances of full rank with a decaying spectrum


def features(n: int, dimensions: int, seed: int, spread: float) -> np.ndarray:
    """Rectified random features (n, dimensions) float32, as a network's last layer gives them."""
    mix = np.random.default_rng(99).standard_normal((LATENT, dimensions), np.float32) / 8
    rng, rows = np.random.default_rng(seed), np.empty((n, dimensions), np.float32)
    for start in range(0, n, 1000):
        part = rows[start : start + 1000]
        part[:] = rng.standard_normal((len(part), LATENT), np.float32) @ mix * spread
        part += 0.3 * rng.standard_normal(part.shape, np.float32)
        np.maximum(part, 0, out=part)
    return rows


def peak() -> int:
    """Return the peak memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(contender: str, task: str, n: int, dimensions: int, threads: int, budget: float) -> None:
    function = getattr(importlib.import_module(f"benchmarks.metrics.contenders.{contender}"), task)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(threads)
    threadpool_limits(threads)
    warnings.simplefilter("ignore")
    real, fake = features(n, dimensions, 0, 1.0), features(n, dimensions, 1, 0.95)
    seconds: list[float] = []
    cpu_seconds: list[float] = []
    numbers, base = {}, 0
    while not seconds or (len(seconds) < REPEATS and sum(seconds) < budget):
        call = function(real, fake)
        base = base or peak()
        started, cpu_started = time.perf_counter(), time.process_time()
        numbers = call()
        seconds.append(time.perf_counter() - started)
        cpu_seconds.append(time.process_time() - cpu_started)
    record = {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_bytes": peak(),
        "base_bytes": base,
        "numbers": numbers,
    }
    sys.stdout.write(json.dumps(record | {"computes": function.__doc__}) + "\n")


if __name__ == "__main__":
    n, dimensions, threads = map(int, sys.argv[3:6])
    main(sys.argv[1], sys.argv[2], n, dimensions, threads, float(sys.argv[6]))
