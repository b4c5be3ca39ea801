"""Stage estimate: bounds of trained critics against exact divergences."""

from genbench.files.atomic import write_json
from genbench.pipeline.stage import run, use_threads
from laboratory.divergences import estimate, options, paths


def main() -> None:
    """Write laboratory/divergences/data/estimate.json."""
    o = options.load()
    use_threads(o.threads)
    write_json(paths.record("estimate"), estimate.study(o.estimate))


if __name__ == "__main__":
    run(main)
