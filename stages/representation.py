"""Stage representation: how much the features that one cell's model learnt say of images; how smooth its codes are."""

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.engine.device import enough_memory, sampling_device
from genbench.evaluation import path_length
from genbench.evaluation.representation import BATCH, features_of, have_classes, measure
from genbench.files.atomic import write_json
from genbench.find import find
from genbench.pipeline import cell, params, runs
from genbench.pipeline.stage import run, use_threads
from genbench.pipeline.training_record import read_record


def main(name: str, seed: int, extractor: str) -> None:
    """Write data/<dataset>/representation/<run>/<seed>.json.

    Null for a model that learnt no features, if the training diverged, or where images have no classes. The weights
    are those that were best on the validation split. `path_length` is there for a model with codes, by space, if the
    extractor has layers.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    weights = paths.weights(name, seed)
    training = read_record(weights)
    device = sampling_device(p.hardware)
    train, reference = (prepared.load_split(paths.images, split) for split in ("train", "reference"))
    record = None
    if not training["diverged"] and have_classes(train, reference):
        model = cell.load(weights, "best").to(device).eval()
        found = features_of(model)
        if found is not None:
            fresh = runs.model(training["options"], model.shape, seed=seed, key=str(weights)).to(device).eval()
            facts = dict(model.named_buffers(recurse=False))  # of the data, such as the number of grey levels
            for key, buffer in fresh.named_buffers(recurse=False):
                buffer.copy_(facts[key])
            untrained = features_of(fresh)
            assert untrained is not None
            with enough_memory(f"features of {BATCH} images at once"):
                record = measure(found, untrained, train, reference, device)
                ruler = find("extractors", extractor).load(paths.extractor(extractor))
                if lengths := path_length.measure(model, ruler, reference, seed):
                    record["path_length"] = lengths
    write_json(paths.root / "representation" / name / f"{seed}.json", record)


if __name__ == "__main__":
    run(main)
