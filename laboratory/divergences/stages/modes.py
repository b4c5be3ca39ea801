"""Stage modes: every objective on one target in the plane."""

from genbench.files.atomic import write_json
from genbench.pipeline.stage import run, use_threads
from laboratory.divergences import modes, options, paths
from laboratory.divergences.pictures import save


def main(target: str) -> None:
    """Write laboratory/divergences/data/modes/<target>.json and .npz."""
    o = options.load()
    use_threads(o.threads)
    found, points = modes.study(target, o.modes)
    write_json(paths.record("modes", target), found)
    save(paths.pictures("modes", target), points)


if __name__ == "__main__":
    run(main)
