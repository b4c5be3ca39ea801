"""Stage dirac: the Dirac-GAN of every objective under every penalty."""

from genbench.files.atomic import write_json
from genbench.pipeline.stage import run, use_threads
from laboratory.divergences import dirac, options, paths


def main() -> None:
    """Write laboratory/divergences/data/dirac.json."""
    o = options.load()
    use_threads(o.threads)
    write_json(paths.record("dirac"), dirac.study(o.dirac))


if __name__ == "__main__":
    run(main)
