"""Stage accuracy: accuracies of a classifier of the long tail, filled up by a model's samples."""

from genbench.data import prepared
from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.balance import accuracy, options, paths, tail


def main(name: str) -> None:
    """Write laboratory/balance/data/accuracies/<run>.json, by repeat the accuracies by class."""
    o, images = options.load(), Paths(params.load().dataset).images
    use_threads(o.threads)
    about = prepared.load_about(images)
    train, tested = (prepared.load_split(images, split) for split in ("train", "reference"))
    found = []
    for repeat in range(o.repeats):
        few = tail.long_tail(train, len(about.classes), o.tail, repeat)
        shown = tail.joined(few, Images.load(paths.samples(name, repeat)))
        found.append(accuracy.by_class(shown, tested, about, o.classifier, o.seed + repeat))
    write_json(paths.accuracy(name), found)


if __name__ == "__main__":
    run(main)
