"""Stage marginal: three estimates of the probability of test images, against the number of codes."""

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from genbench.seeding import torch_rng
from laboratory.likelihood import fitted, marginal, options, paths


def main() -> None:
    """Write laboratory/likelihood/data/marginal.json."""
    o = options.load()
    use_threads(o.threads)
    images = prepared.load_split(Paths(params.load().dataset).images, "reference")
    model = fitted.load(paths.model(o.marginal.model))
    found = marginal.study(model, images.pixels, o.marginal, torch_rng(o.seed, "marginal"))
    write_json(paths.record("marginal"), found)


if __name__ == "__main__":
    run(main)
