"""Stage likelihood: bits per dimension of the test images under one cell's model, and what kind of number that is."""

import math
import sys

import torch

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.engine.device import enough_memory, sampling_device
from genbench.files.atomic import write_json
from genbench.models.bases.likelihood import LikelihoodModel, measure
from genbench.pipeline import cell, params
from genbench.pipeline.stage import run, use_threads
from genbench.pipeline.training_record import read_record
from genbench.seeding import torch_rng


def main(name: str, seed: int) -> None:
    """Write data/<dataset>/likelihood/<run>/<seed>.json.

    Null for a model without a likelihood of its samples, if the training diverged, or if the likelihood of some image
    is not finite. The leaderboard then shows a dash.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    record = None
    if not read_record(paths.weights(name, seed))["diverged"]:
        model = cell.load(paths.weights(name, seed), "best").to(sampling_device(p.hardware)).eval()
        if isinstance(model, LikelihoodModel) and model.of_samples:
            images = prepared.load_split(paths.images, "reference")
            rng = torch_rng(seed, "likelihood")
            with torch.no_grad(), enough_memory(f"likelihood.batch: {p.likelihood.batch}"):
                record = measure(model, images.pixels, draws=p.likelihood.draws, batch=p.likelihood.batch, rng=rng)
    if record is not None and not math.isfinite(record["standard_error"]):
        sys.stderr.write(f"{name}, seed {seed}: the likelihood of some image is not finite, so that there is no mean\n")
        record = None
    write_json(paths.likelihood(name, seed), record)


if __name__ == "__main__":
    run(main)
