"""Stage extractor: what the trials are measured with."""

from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.tuning import ruler
from laboratory.tuning.space import load


def main() -> None:
    """Write laboratory/tuning/data/extractor."""
    p = params.load()
    use_threads(p.threads)
    ruler.obtain(p, load())


if __name__ == "__main__":
    run(main)
