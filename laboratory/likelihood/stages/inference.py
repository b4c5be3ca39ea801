"""Stage inference: the encoder's posterior against each image's own, and the noise of gradients."""

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.likelihood import fitted, inference, options, paths


def main() -> None:
    """Write laboratory/likelihood/data/inference.json."""
    o = options.load()
    use_threads(o.threads)
    images = prepared.load_split(Paths(params.load().dataset).images, "reference")
    model, regularised = (fitted.load(paths.model(name)) for name in (o.inference.model, o.inference.regularised))
    write_json(paths.record("inference"), inference.study(model, regularised, images.pixels, o.inference, o.seed))


if __name__ == "__main__":
    run(main)
