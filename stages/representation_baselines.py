"""Stage representation_baselines: what the accuracies of features are beside: pixels, few numbers, known networks."""

from genbench.data import prepared
from genbench.data.features import Features
from genbench.data.paths import Paths
from genbench.evaluation import baselines
from genbench.evaluation.representation import have_classes
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads


def main() -> None:
    """Write data/<dataset>/representation/baselines.json, by name size, probe and neighbours; null without classes.

    Features are pixels, their principal components, a classifier's network before its training, and those of each
    enabled extractor.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    train, reference = (prepared.load_split(paths.images, split) for split in ("train", "reference"))
    record = None
    if have_classes(train, reference):
        record = baselines.of_images(train, reference, classes=len(prepared.load_about(paths.images).classes))
        for name in p.extractors:
            known = [Features.load(paths.reference(name) / f"{split}.npz") for split in ("train", "reference")]
            sides = zip(known, (train.labels, reference.labels), strict=True)
            scores = baselines.score(*(baselines.Labelled(features.vectors, labels) for features, labels in sides))
            record[f"extractor {name}"] = scores
    write_json(paths.root / "representation" / "baselines.json", record)


if __name__ == "__main__":
    run(main)
