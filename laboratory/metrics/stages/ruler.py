"""Stage ruler: one extractor of the study, with its options."""

from genbench.data.paths import Paths
from genbench.find import find
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.metrics import options, paths, rulers


def main(name: str) -> None:
    """Write laboratory/metrics/data/rulers/<name>."""
    p, chosen = params.load(), options.load().rulers[name]
    module = find("extractors", chosen["extractor"])
    use_threads(p.threads)
    rulers.obtain(paths.ruler(name), name, module, chosen, Paths(p.dataset))


if __name__ == "__main__":
    run(main)
