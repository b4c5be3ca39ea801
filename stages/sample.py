"""Stage sample: one cell's images, drawn from its trained weights."""

import time

import numpy as np

from genbench import dataset, params, runs, weights
from genbench.arrays import Images
from genbench.files import read_json, write_json
from genbench.options import checked
from genbench.paths import Paths
from genbench.sampling import draw
from genbench.stage import run, use_threads


def main(name: str, seed: int) -> None:
    """Write data/<dataset>/samples/<run>/<seed>; no images at all if the training diverged."""
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    about = dataset.load_about(paths.images)
    started = time.monotonic()
    if read_json(paths.weights(name, seed) / "training.json")["diverged"]:
        images = Images(np.empty((0, *about.shape), np.uint8), np.empty(0, np.int64))
    else:
        model = weights.load(paths.weights(name, seed), p.sampling.weights)
        options = checked(model.sample, p.run(name).sample, runs.key(name, "sample"), given=["rng", "labels"])
        images = draw(model, p.sampling.images, batch=p.sampling.batch, levels=about.levels, seed=seed, options=options)
    images.save(paths.samples(name, seed))
    write_json(paths.cost(name, seed, "sample"), {"sample_seconds": time.monotonic() - started})


if __name__ == "__main__":
    run(main)
