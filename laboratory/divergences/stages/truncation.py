"""Stage truncation: precision and recall of two generators as their codes are truncated."""

from genbench.files.atomic import write_json
from genbench.pipeline.stage import run, use_threads
from laboratory.divergences import options, paths, truncation
from laboratory.divergences.pictures import save


def main() -> None:
    """Write laboratory/divergences/data/truncation/digits.json and .npz."""
    o = options.load()
    use_threads(o.threads)
    found, images = truncation.study(o.truncation)
    write_json(paths.record("truncation", "digits"), found)
    save(paths.pictures("truncation", "digits"), images)


if __name__ == "__main__":
    run(main)
