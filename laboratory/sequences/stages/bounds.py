"""Stage bounds: bounds by particle filters against exact values, by particles and along the sequence."""

from genbench.files.atomic import write_json
from genbench.pipeline.stage import run, use_threads
from laboratory.sequences import bounds, options, paths


def main() -> None:
    """Write laboratory/sequences/data/bounds.json."""
    o = options.load()
    use_threads(o.threads)
    write_json(paths.record("bounds"), bounds.study(o.made(), o.bounds, o.seed))


if __name__ == "__main__":
    run(main)
