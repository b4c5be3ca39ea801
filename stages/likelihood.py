"""Stage likelihood: bits per dimension of the test images under one cell's model, and what kind of number that is."""

import math
import sys

import torch

from genbench import dataset, params, weights
from genbench.device import enough_memory, place
from genbench.files import write_json
from genbench.likelihood import LikelihoodModel, measure
from genbench.paths import Paths
from genbench.seeding import torch_rng
from genbench.stage import run, use_threads
from genbench.training_record import read_record


def main(name: str, seed: int) -> None:
    """Write data/<dataset>/likelihood/<run>/<seed>.json.

    Null for a model without a likelihood, if the training diverged, or where some image's is not finite: then it says
    so, and the leaderboard shows a dash.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    found = None
    if not read_record(paths.weights(name, seed))["diverged"]:
        model = weights.load(paths.weights(name, seed), "best").to(place(p.hardware)).eval()
        if isinstance(model, LikelihoodModel):
            images = dataset.load_split(paths.images, "reference")
            rng = torch_rng(seed, "likelihood")
            with torch.no_grad(), enough_memory(f"likelihood.batch: {p.likelihood.batch}"):
                found = measure(model, images.pixels, draws=p.likelihood.draws, batch=p.likelihood.batch, rng=rng)
    if found is not None and not math.isfinite(found["standard_error"]):
        sys.stderr.write(f"{name}, seed {seed}: the likelihood of some image is not finite, so that there is no mean\n")
        found = None
    write_json(paths.likelihood(name, seed), found)


if __name__ == "__main__":
    run(main)
