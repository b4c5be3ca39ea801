"""Stage sample_size: each metric against the number of images under one ruler."""

from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.metrics import options, paths, rulers, sample_size


def main(name: str) -> None:
    """Write laboratory/metrics/data/sample_size/<name>.json."""
    p, o = params.load(), options.load()
    of = Paths(p.dataset)
    ruler = rulers.load(paths.ruler(name), name, o.rulers[name], of)
    use_threads(p.threads)
    write_json(paths.records("sample_size", name), sample_size.measure(rulers.unseen(of), ruler, o.sample_size))


if __name__ == "__main__":
    run(main)
