"""Stage univariate: a Gaussian fitted to a mixture under every divergence."""

from genbench.files.atomic import write_json
from genbench.pipeline.stage import run, use_threads
from laboratory.divergences import options, paths, univariate
from laboratory.divergences.quadrature import Mixture


def main() -> None:
    """Write laboratory/divergences/data/univariate.json."""
    o = options.load()
    use_threads(o.threads)
    write_json(paths.record("univariate"), univariate.study(Mixture(**o.univariate.target.model_dump()), o.univariate))


if __name__ == "__main__":
    run(main)
