"""Stage gradients: gradients of the bound with and without the score-function term of resampling."""

from genbench.files.atomic import write_json
from genbench.pipeline.stage import run, use_threads
from laboratory.sequences import gradients, options, paths


def main() -> None:
    """Write laboratory/sequences/data/gradients.json."""
    o = options.load()
    use_threads(o.threads)
    write_json(paths.record("gradients"), gradients.study(o.made(), o.gradients, o.seed))


if __name__ == "__main__":
    run(main)
