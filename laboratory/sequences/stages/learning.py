"""Stage learning: proposals that are learned by each bound."""

from genbench.files.atomic import write_json
from genbench.pipeline.stage import run, use_threads
from laboratory.sequences import learning, options, paths


def main() -> None:
    """Write laboratory/sequences/data/learning.json."""
    o = options.load()
    use_threads(o.threads)
    write_json(paths.record("learning"), learning.study(o.made(), o.learning, o.seed))


if __name__ == "__main__":
    run(main)
