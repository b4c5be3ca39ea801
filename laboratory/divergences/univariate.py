"""Stage univariate: a Gaussian fitted to a mixture under every divergence."""

from genbench.files import write_json
from genbench.laboratory.divergences import options, paths, univariate
from genbench.quadrature import Mixture
from genbench.stage import run, use_threads


def main() -> None:
    """Write laboratory/divergences/data/univariate.json."""
    o = options.load()
    use_threads(o.threads)
    write_json(paths.record("univariate"), univariate.study(Mixture(**o.univariate.target.model_dump()), o.univariate))


if __name__ == "__main__":
    run(main)
