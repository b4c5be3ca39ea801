"""Stage anomaly: whether detectors that never saw a class tell it, and other kinds of images, from their own."""

from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.divergences.pictures import save
from laboratory.likelihood import detection, fitted, options, paths


def main(label: int) -> None:
    """Write laboratory/likelihood/data/anomaly/<label>.json and .npz."""
    o = options.load()
    use_threads(o.threads)
    about, splits = fitted.splits(Paths(params.load().dataset).images)
    found, images = detection.study(about, splits, label, o.anomaly, o.train, o.seed)
    write_json(paths.record("anomaly", str(label)), found)
    save(paths.pictures("anomaly", str(label)), images)


if __name__ == "__main__":
    run(main)
