"""Stage ruler: one extractor of the study, with its options."""

from genbench import params
from genbench.find import find
from genbench.laboratory.metrics import options, rulers
from genbench.paths import Paths
from genbench.stage import run, use_threads


def main(name: str) -> None:
    """Write laboratory/metrics/data/rulers/<name>."""
    p, chosen = params.load(), options.load().rulers[name]
    module = find("extractors", chosen["extractor"])
    use_threads(p.threads)
    rulers.obtain(name, module, chosen, Paths(p.dataset))


if __name__ == "__main__":
    run(main)
