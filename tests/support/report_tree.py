"""A small finished benchmark on disk, as the stages before the report leave it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from genbench.data.features import Features
from genbench.data.images import Images
from genbench.files.atomic import write_json, write_text
from genbench.metrics import Column
from genbench.pipeline.fingerprint import family
from genbench.report.leaderboard import Leaderboard
from genbench.report.write import write_report
from tests.support.clone import ROOT

COLUMNS = {
    "fid": Column("FID", "lower", low=0.0, fails="Small sets are biased upwards.", ranked=True),
    "inception_score": Column("IS", "higher", low=1.0, fails="Blind to missing variety inside a class."),
    "precision": Column("Precision", "higher", 0.0, 1.0, fails="One outlier among real images widens its ball."),
    "recall": Column("Recall", "higher", 0.0, 1.0, fails="One outlier among samples widens its ball."),
}
CALIBRATION = {"held_out", "noise", "memoriser", "mode_drop"}
CONDITIONAL = {"ddpm_guided", "pixelcnn_conditional"}  # runs whose samples have labels
MEANS = {  # fid, inception score, precision, recall of a run; a run of any other name gets those of a weak model
    "held_out": (14.2, 9.1, 0.93, 0.92),
    "noise": (1423.0, 1.4, 0.0, 0.0),
    "wgan_gp": (41.3, 8.2, 0.81, 0.62),
    "vae": (63.9, 7.6, 0.88, 0.31),
    "gan": (97.0, 6.9, 0.74, 0.22),
}
VERSIONS = {"python": "3.11", "numpy": "2.0.1", "torch": "2.13.0"}
TRAIN_COST = {"train_seconds": 61.2, "steps_per_second": 48.9, "peak_memory_bytes": 3 * 2**28}


@dataclass
class Tree:
    """Folder of a report and what was enabled; `report` writes the report beside it."""

    root: Path
    runs: dict[str, dict[str, Any]]
    seeds: list[int]
    extractors: list[str] = field(default_factory=lambda: ["classifier"])

    @property
    def data(self) -> Path:
        return self.root / "data" / "digits"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def record(self, run: str, seed: int = 0, extractor: str = "classifier") -> Path:
        return self.data / "metrics" / run / f"{seed}-{extractor}.json"

    def rename_ruler(self, name: str) -> None:
        """Give the features of the classifier to another extractor."""
        for old in self.data.glob("features/*/*-classifier"):
            old.rename(old.with_name(old.name.replace("classifier", name)))
        (self.data / "reference" / "classifier").rename(self.data / "reference" / name)

    def report(self, **changed: Any) -> Leaderboard:
        arguments: dict[str, Any] = {
            "data": self.data,
            "reports": self.reports,
            "profile": "digits",
            "enabled": list(self.runs),
            "seeds": self.seeds,
            "extractors": self.extractors,
            "runs": {name: run | {"family": family(run["train"], ROOT)} for name, run in self.runs.items()},
            "calibration": CALIBRATION,
            "columns": COLUMNS,
            "environment": VERSIONS,
        }
        return write_report(**arguments | changed)


def write_tree(
    root: Path,
    names: tuple[str, ...] = ("held_out", "noise", "wgan_gp", "vae", "gan"),
    seeds: tuple[int, ...] = (0, 1),
    *,
    shape: tuple[int, int, int] = (1, 8, 8),
    count: int = 70,
    points: int = 100,
) -> Tree:
    """Write `names` × `seeds` cells of random images, whose numbers scatter a little about MEANS."""
    runs = {name: _entry(name) for name in names}
    tree = Tree(root, runs, list(seeds))
    rng = np.random.default_rng(7)
    write_json(
        tree.data / "images" / "about.json",
        {
            "dataset": "digits",
            "shape": list(shape),
            "classes": list("0123456789"),
            "levels": 17,
            "counts": {"reference": count},
        },
    )
    _images(rng, count, shape).save(tree.data / "images" / "reference")
    real = Features(rng.uniform(0, 255, (count, 8)).astype(np.float32))
    real.save(tree.data / "reference" / "classifier" / "reference.npz")
    floor = {"mean": 14.0, "sd": 2.7, "low": 10.1, "high": 19.5, "resplits": 20, "n": count}
    write_json(tree.data / "reference" / "classifier" / "floor.json", {"fid": floor})
    train = _images(np.random.default_rng(8), count, shape)
    train.save(tree.data / "images" / "train")
    seen = Features(train.pixels.reshape(count, -1)[:, :8].astype(np.float32))
    seen.save(tree.data / "reference" / "classifier" / "train.npz")
    for name, entry in runs.items():
        for seed in seeds:
            means = np.array(MEANS.get(name, (120.0, 5.0, 0.5, 0.1)))
            values = means * (1 + 0.03 * rng.standard_normal(4))
            metrics = dict(zip(COLUMNS, values.tolist(), strict=True))
            write_json(tree.record(name, seed), _record(name, seed, metrics, count))
            _write_training(tree.data / "weights" / name / str(seed), entry["model"] not in CALIBRATION, rng, points)
            images = _images(rng, count, shape)
            labels = images.labels if name in CONDITIONAL else np.full(count, -1, dtype=np.int64)
            Images(images.pixels, labels).save(tree.data / "samples" / name / str(seed) / "final")
            features = Features(images.pixels.reshape(count, -1)[:, :8].astype(np.float32))
            features.save(tree.data / "features" / name / f"{seed}-classifier" / "final.npz")
            write_json(tree.data / "likelihood" / name / f"{seed}.json", _likelihood(name, rng, count))
            write_json(tree.data / "costs" / name / f"{seed}-train.json", TRAIN_COST)
            sampled = {"sample_seconds": 0.4, "sampled_images": count}
            write_json(tree.data / "costs" / name / f"{seed}-sample.json", sampled)
            work = {"operations": 6.4e5, "network_calls": 1}
            write_json(tree.data / "samples" / name / str(seed) / "work.json", work)
    return tree


def _entry(name: str) -> dict[str, Any]:
    if name in CALIBRATION:
        return {"model": name, "train": {"model": name}, "sample": {}}
    train = {"model": "gan", "objective": name, "lr": 0.0002, "betas": [0.5, 0.9]}
    return {"model": "gan", "train": train, "sample": {"truncation": None}}


def _record(run: str, seed: int, metrics: dict[str, float], count: int) -> dict[str, Any]:
    protocol = {
        "dataset": "digits",
        "extractor": "classifier",
        "weights": "0123456789abcdef" * 4,
        "resize": "none",
        "reference": "reference",
        "n_real": count,
        "n_fake": count,
        "options": {"fid": {}, "inception_score": {"splits": 1}, "precision_recall": {"k": 3}},
    }
    record = {"run": run, "seed": seed, "extractor": "classifier", "metrics": metrics, "diverged": None}
    return record | {"protocol": protocol}


def _likelihood(name: str, rng: np.random.Generator, count: int) -> dict[str, Any] | None:
    """Of the models that have one, each of another kind."""
    kinds = {"vae": "lower bound", "noise": "exact", "wgan_gp": "estimate"}
    if name not in kinds:
        return None
    bits = float(2 + 0.03 * rng.standard_normal())
    said = {"bits_per_dimension": bits, "standard_error": 0.01, "kind": kinds[name], "method": f"method of {name}"}
    return said | {"n": count, "draws": 16}


def _images(rng: np.random.Generator, count: int, shape: tuple[int, int, int]) -> Images:
    """Soft blobs: like pictures, they compress."""
    channels, height, width = shape
    y, x = np.mgrid[0:height, 0:width]
    centre = rng.uniform(0.2, 0.8, (count, channels, 1, 1, 2)) * (height, width)
    distance = (y - centre[..., 0]) ** 2 + (x - centre[..., 1]) ** 2
    pixels = 255 * np.exp(-distance / (0.03 * height * width)) + rng.uniform(0, 6, (count, *shape))
    return Images(pixels.clip(0, 255).astype(np.uint8), np.arange(count, dtype=np.int64) % 10)


def _write_training(folder: Path, trained: bool, rng: np.random.Generator, points: int) -> None:
    lines = ["step,group,loss,grad_norm"]
    if trained:
        for group, level in (("critic", -1.5), ("generator", 0.7)):
            noise = 0.1 * rng.standard_normal(points)
            lines += [f"{10 * i},{group},{level * (1 - np.exp(-i / 40)) + noise[i]:.6g},1.0" for i in range(points)]
    write_text(folder / "curve.csv", "\n".join(lines) + "\n")
    steps = 10 * points if trained else 0
    write_json(
        folder / "training.json",
        {
            "steps": steps,
            "operations": 5e8 * steps,
            "images_seen": 64 * steps,
            "decay": 0.99 if trained else None,
            "parameters": 51_234 if trained else 0,
        }
        | {"diverged": None, "notes": []},
    )
