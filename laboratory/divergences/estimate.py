"""Stage estimate: bounds of trained critics against exact divergences."""

from genbench.files import write_json
from genbench.laboratory.divergences import estimate, options, paths
from genbench.stage import run, use_threads


def main() -> None:
    """Write laboratory/divergences/data/estimate.json."""
    o = options.load()
    use_threads(o.threads)
    write_json(paths.record("estimate"), estimate.study(o.estimate))


if __name__ == "__main__":
    run(main)
