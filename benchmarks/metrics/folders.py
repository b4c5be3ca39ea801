"""End to end: two folders of pictures to FID by each project's own command, with the same network.

The network is Inception with random weights, which cost what the published ones cost and need no download; pictures
come to its size as TensorFlow 1 did it, on both sides. Time and memory are those of the whole process, from its start.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.process import usage
from genbench.extractors import _pretrained, inception
from genbench.extractors._inception import Inception
from genbench.seeding import seeded_initialisation

SIDE = 64  # pixels of a picture
COMMANDS = {
    "genbench": "from genbench.cli import main; main(['evaluate', '--real', '{real}', '--fake', '{fake}', "
    "'--extractor', '{folder}', '--metrics', 'fid', '--no-cache', '--json', '{out}'])",
    "torch_fidelity": "import genbench.data.datasets._torchvision, json, torch_fidelity as t; "
    "json.dump({{'metrics': {{'fid': "
    "t.calculate_metrics(input1='{fake}', input2='{real}', fid=True, cuda=False, cache=False, verbose=False, "
    "feature_extractor_weights_path='{weights}')['frechet_inception_distance']}}}}, open('{out}', 'w'))",
}


def measured(images: int, threads: int) -> list[dict[str, Any]]:
    """One record a contender, of two folders of `images` pictures each."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        places = {name: root / name for name in ("real", "fake", "weights")} | {"folder": root / "inception"}
        for seed, side in enumerate(("real", "fake")):
            _pictures(places[side], images, seed)
        _network(places["folder"], places["weights"])
        return [_run(name, places, root / f"{name}.json", images, threads) for name in COMMANDS]


def _pictures(folder: Path, n: int, seed: int) -> None:
    """Smooth random colour pictures, as PNG files."""
    folder.mkdir()
    coarse = np.random.default_rng(seed).integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)
    for index, pixels in enumerate(coarse):
        Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(folder / f"{index:05d}.png")


def _network(folder: Path, weights: Path) -> None:
    """Write the same random weights as an extractor's folder and as a published file."""
    with seeded_initialisation(0, "benchmark"):
        network = Inception(True)
    torch.save(network.state_dict(), weights)
    about = {"resize": "tf1_bilinear", "layers": [], "weights": inception.WEIGHTS.sha256}
    _pretrained.keep(network, network.state_dict(), folder, about)


def _run(name: str, places: dict[str, Path], out: Path, images: int, threads: int) -> dict[str, Any]:
    limits = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL")}
    words = [sys.executable, "-c", COMMANDS[name].format(out=out, **places)]
    used = usage(name, words, os.environ | limits)
    numbers = json.loads(out.read_text(encoding="utf-8"))["metrics"]
    return {
        "task": "folders",
        "contender": name,
        "n": images,
        "dimensions": 2048,
        "seconds": used.seconds,
        "cpu_seconds": [used.processor_seconds],
        "peak_bytes": used.peak_bytes,
        "computes": "FID of two folders, the process as a whole",
        "numbers": {"fid": numbers["fid"]},
    }
