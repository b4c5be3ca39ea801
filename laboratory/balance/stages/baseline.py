"""Stage baseline: accuracies of a classifier of the long tail, filled up without a model."""

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.errors import unknown
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.balance import accuracy, options, paths, tail


def main(filling: str) -> None:
    """Write laboratory/balance/data/baselines/<filling>.json, by repeat the accuracies by class."""
    if filling not in tail.FILLINGS:
        raise unknown("filling", filling, tail.FILLINGS)
    o, images = options.load(), Paths(params.load().dataset).images
    use_threads(o.threads)
    about = prepared.load_about(images)
    train, tested = (prepared.load_split(images, split) for split in ("train", "reference"))
    found = []
    for repeat in range(o.repeats):
        shown = tail.filled(train, len(about.classes), o.tail, repeat, filling)
        found.append(accuracy.by_class(shown, tested, about, o.classifier, o.seed + repeat))
    write_json(paths.baseline(filling), found)


if __name__ == "__main__":
    run(main)
