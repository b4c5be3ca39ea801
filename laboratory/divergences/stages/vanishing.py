"""Stage vanishing: two supports moved apart."""

from genbench.files.atomic import write_json
from genbench.pipeline.stage import run, use_threads
from laboratory.divergences import options, paths, vanishing


def main() -> None:
    """Write laboratory/divergences/data/vanishing.json."""
    o = options.load()
    use_threads(o.threads)
    write_json(paths.record("vanishing"), vanishing.study(o.vanishing))


if __name__ == "__main__":
    run(main)
