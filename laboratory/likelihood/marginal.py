"""Stage marginal: three estimates of the probability of test images, against the number of codes."""

from genbench import dataset, params
from genbench.files import write_json
from genbench.laboratory.likelihood import fitted, marginal, options, paths
from genbench.paths import Paths
from genbench.seeding import torch_rng
from genbench.stage import run, use_threads


def main() -> None:
    """Write laboratory/likelihood/data/marginal.json."""
    o = options.load()
    use_threads(o.threads)
    images = dataset.load_split(Paths(params.load().dataset).images, "reference")
    model = fitted.load(paths.model(o.marginal.model))
    found = marginal.study(model, images.pixels, o.marginal, torch_rng(o.seed, "marginal"))
    write_json(paths.record("marginal"), found)


if __name__ == "__main__":
    run(main)
