"""A metric has the same bytes whatever the environment says of threads, once their number is fixed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np
from genbench import metrics
from genbench.pipeline.stage import use_threads
use_threads(1)
from genbench.data.features import FeatureProtocol, Features
from genbench.find import find
rng = np.random.default_rng(0)
real, fake = (Features(rng.random((360, 64), np.float32), None, protocol=FeatureProtocol("pixels")) for _ in range(2))
print(find("metrics", "fid").compute(real=real, fake=fake)["fid"].hex())
import sklearn.ensemble, threadpoolctl
print({pool["num_threads"] for pool in threadpoolctl.threadpool_info()})
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_a_distance_does_not_depend_on_the_threads_of_the_environment() -> None:
    """Metrics load their libraries where they need them, after the number of threads was fixed."""
    of_environments = []
    for threads in ("1", "2"):
        environment = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        command = [sys.executable, "-c", PROGRAM]
        of_environments.append(subprocess.check_output(command, env=environment, text=True))
    assert of_environments[0] == of_environments[1]
    assert of_environments[0].splitlines()[1] == "{1}"
