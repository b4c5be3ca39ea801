"""Stage sample: one cell's images, drawn from its trained weights, and from those chosen on the validation split."""

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
    """Write data/<dataset>/samples/<run>/<seed>/last and, where other weights were chosen, /chosen.

    There are no images at all if the training diverged.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    about, folder = dataset.load_about(paths.images), paths.weights(name, seed)
    training = read_json(folder / "training.json")
    if training["diverged"]:
        Images(np.empty((0, *about.shape), np.uint8), np.empty(0, np.int64)).save(paths.samples(name, seed))
        write_json(paths.cost(name, seed, "sample"), {"sample_seconds": 0.0})
        return

    def drawn(which: weights.Which) -> Images:
        model = weights.load(folder, which)
        options = checked(model.sample, p.run(name).sample, runs.key(name, "sample"), given=["rng", "labels"])
        return draw(model, p.sampling.images, batch=p.sampling.batch, levels=about.levels, seed=seed, options=options)

    started = time.monotonic()
    drawn(p.sampling.weights).save(paths.samples(name, seed))
    seconds = time.monotonic() - started
    if weights.chosen_apart(training, p.sampling.weights):
        drawn("best").save(paths.samples(name, seed, chosen=True))
    write_json(paths.cost(name, seed, "sample"), {"sample_seconds": seconds})


if __name__ == "__main__":
    run(main)
