"""Stage likelihood: bits per dimension of the test images under one cell's model, and what kind of number that is.

Where the distribution of the data is known, also the model's divergence from it.
"""

import math
import sys
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from genbench.data import prepared, teachers
from genbench.data.paths import CODE, Paths
from genbench.data.teachers import Teacher
from genbench.engine.device import enough_memory, sampling_device
from genbench.evaluation.kept_scores import recall
from genbench.files.atomic import read_json, sha256, write_json
from genbench.models.bases import known_divergence
from genbench.models.bases.likelihood import LikelihoodModel, measure
from genbench.pipeline import cell, environment, params
from genbench.pipeline.params import LikelihoodOptions, Params
from genbench.pipeline.stage import run, use_threads
from genbench.pipeline.training_record import read_record
from genbench.seeding import torch_rng


def main(name: str, seed: int) -> None:
    """Write data/<dataset>/likelihood/<run>/<seed>.json.

    Null for a model without a likelihood of its samples, if the training diverged, or if the likelihood of some image
    is not finite. The leaderboard then shows a dash. `kl` is there for a dataset with a teacher: the divergence on the
    split held_out, null if that of some image is not finite.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    record = None
    if not read_record(paths.weights(name, seed))["diverged"]:
        model = cell.load(paths.weights(name, seed), "best").to(sampling_device(p.hardware)).eval()
        if isinstance(model, LikelihoodModel) and model.of_samples:
            with torch.no_grad(), enough_memory(f"likelihood.batch: {p.likelihood.batch}"):
                record = _record(model, p, paths, f"{name}, seed {seed}", seed)
    write_json(paths.likelihood(name, seed), record)


def _record(model: LikelihoodModel, p: Params, paths: Paths, cell: str, seed: int) -> dict[str, Any] | None:
    """Measure the bits and, where there is a teacher, the divergence; None without finite bits."""
    options, rng = p.likelihood, torch_rng(seed, "likelihood")
    record = measure(model, _pixels(paths, "reference", options), draws=options.draws, batch=options.batch, rng=rng)
    if not math.isfinite(record["standard_error"]):
        sys.stderr.write(f"{cell}: the likelihood of some image is not finite, so that there is no mean\n")
        return None
    teacher = teachers.of(p.dataset)
    return record if teacher is None else record | {"kl": _divergence(model, teacher, p, paths, cell, seed)}


def _pixels(paths: Paths, split: str, options: LikelihoodOptions) -> np.ndarray:
    """Load the images whose likelihood is asked for, (N, C, H, W) uint8."""
    images = prepared.load_split(paths.images, split)
    options.require(split, len(images))
    return images.pixels[: options.images]


def _divergence(
    model: LikelihoodModel, teacher: Teacher, p: Params, paths: Paths, cell: str, seed: int
) -> dict[str, Any] | None:
    options = p.likelihood
    pixels = _pixels(paths, "held_out", options)
    known, rng = _log_probability(teacher, pixels, p, paths), torch_rng(seed, "divergence")
    found = known_divergence.measure(model, pixels, known, draws=options.draws, batch=options.batch, rng=rng)
    if found is not None and found.impossible:
        sys.stderr.write(
            f"{cell}: KL is {found.value:.5f} ± {found.standard_error:.5f} bits per dimension, {found.kind}; it cannot "
            "be below 0, so that the likelihood or the distribution of the data is wrong\n"
        )
    return None if found is None else asdict(found)


def _log_probability(teacher: Teacher, pixels: np.ndarray, p: Params, paths: Paths) -> np.ndarray:
    """Compute log p of the held-out images, (N,) in nats, once for all cells."""
    key = {
        "log_probability": sha256(paths.images / "held_out" / "pixels.npy"),
        "images": len(pixels),
        "code": read_json(CODE / "datasets" / f"{p.dataset}.json"),  # of the teacher, with the hash of its weights
        "versions": environment.load().computes,
        "threads": p.threads,
    }
    return np.array(recall(key, lambda: {"nats": teacher.log_probability(pixels).tolist()})["nats"])


if __name__ == "__main__":
    run(main)
