"""Stage inference: the encoder's posterior against each image's own, and the noise of gradients."""

from genbench import dataset, params
from genbench.files import write_json
from genbench.laboratory.likelihood import fitted, inference, options, paths
from genbench.paths import Paths
from genbench.stage import run, use_threads


def main() -> None:
    """Write laboratory/likelihood/data/inference.json."""
    o = options.load()
    use_threads(o.threads)
    images = dataset.load_split(Paths(params.load().dataset).images, "reference")
    model = fitted.load(paths.model(o.inference.model))
    write_json(paths.record("inference"), inference.study(model, images.pixels, o.inference, o.seed))


if __name__ == "__main__":
    run(main)
