"""Stage representation: what one cell's features say of images, how smooth its codes are, and its reconstructions."""

from functools import partial
from pathlib import Path
from typing import Any

import torch

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.engine.device import enough_memory, sampling_device
from genbench.evaluation import path_length, reconstruction
from genbench.evaluation.representation import BATCH, Found, features_of, have_classes, measure
from genbench.extractors import extract
from genbench.files.atomic import write_json
from genbench.find import find
from genbench.models import Model
from genbench.pipeline import cell, params, runs
from genbench.pipeline.stage import run, use_threads
from genbench.pipeline.training_record import read_record


def main(name: str, seed: int, extractor: str) -> None:
    """Write data/<dataset>/representation/<run>/<seed>.json.

    Scores of features are there for a model that learnt some, where images have classes; `path_length` beside them for
    a model with codes, by space, if the extractor has layers. `reconstruction` is there for a model with an encoder and
    a decoder. Null where there is none of it, or if the training diverged. The weights are those that were best on the
    validation split.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    weights = paths.weights(name, seed)
    record: dict[str, Any] = {}
    if not read_record(weights)["diverged"]:
        about = prepared.load_about(paths.images)
        train, reference = (prepared.load_split(paths.images, split) for split in ("train", "reference"))
        device = sampling_device(p.hardware)
        model = cell.load(weights, "best").to(device).eval()
        found = features_of(model) if have_classes(train, reference) else None
        with enough_memory(f"features of {BATCH} images at once"):
            if found is not None or reconstruction.reconstructs(model):
                ruler = find("extractors", extractor).load(paths.extractor(extractor))
                source = f"{name}, seed {seed}"
                see = partial(extract, ruler, name=extractor, dataset=p.dataset, split="reference", source=source)
                if made := reconstruction.measure(model, see, reference, about.levels, device):
                    record["reconstruction"] = {"extractor": extractor, **made}
            if found is not None:
                record |= measure(found, _untrained(model, weights, seed, device), train, reference, device)
                if lengths := path_length.measure(model, ruler, reference, seed):
                    record["path_length"] = lengths
    write_json(paths.root / "representation" / name / f"{seed}.json", record or None)


def _untrained(model: Model, weights: Path, seed: int, device: torch.device) -> Found:
    """Find the features of the same network before its training; facts of the data are those of the trained one."""
    fresh = runs.model(read_record(weights)["options"], model.shape, seed=seed, key=str(weights)).to(device).eval()
    facts = dict(model.named_buffers(recurse=False))  # such as the number of grey levels
    for key, buffer in fresh.named_buffers(recurse=False):
        buffer.copy_(facts[key])
    found = features_of(fresh)
    assert found is not None
    return found


if __name__ == "__main__":
    run(main)
