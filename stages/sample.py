"""Stage sample: one cell's images, drawn from its final weights, and from those best on the validation split."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genbench.data import prepared
from genbench.data.images import Images
from genbench.data.paths import CODE, Paths
from genbench.data.pixels import scale
from genbench.engine.device import enough_memory, sampling_device
from genbench.engine.operations import Work, work_of_a_sample
from genbench.engine.sampling import draw
from genbench.evaluation import sheets
from genbench.files.atomic import read_json, sha256, write_json
from genbench.files.scratch import folder as scratch_folder
from genbench.models import Model
from genbench.options import checked
from genbench.pipeline import cell, params, runs
from genbench.pipeline.stage import run, use_threads
from genbench.pipeline.training_record import read_record
from genbench.pipeline.translation import sources_for
from genbench.seeding import torch_rng


def main(name: str, seed: int) -> None:
    """Write data/<dataset>/samples/<run>/<seed>/final and, where other weights were best on validation, /best.

    A model that translates gives one image for each source of the split held_out, in their order.
    work.json beside them says what one image costs: operations and network_calls. There are sheets too, of some models.
    There are no images at all if the training diverged.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    about, folder = prepared.load_about(paths.images), paths.weights(name, seed)
    size = about.counts["reference"]
    training = read_record(folder)
    if training["diverged"]:
        Images(np.empty((0, *about.shape), np.uint8), np.empty(0, np.int64)).save(paths.samples(name, seed))
        write_json(paths.cost(name, seed, "sample"), {"sample_seconds": 0.0})
        return

    def save(model: Model, weights: cell.Weights, target: Path) -> int:
        model, half = model.to(sampling_device(p.hardware)), p.run(name).sample
        options = checked(model.sample, half, runs.key(name, "sample"), given=runs.GIVEN)
        key = {
            "weights": sha256(folder / f"{weights}.safetensors"),
            "options": half,
            "sampling": p.sampling.model_dump(),
            "hardware": p.hardware.model_dump(),
            "sources": None if sources is None else sha256(paths.images / "held_out" / "sources" / "pixels.npy"),
            "seed": seed,
            "threads": p.threads,
            "code": [read_json(CODE / path) for path in (f"runs/{name}.train.json", f"runs/{name}.sample.json")],
            "stage": read_json(CODE / "stages" / "sample.json"),
        }
        with scratch_folder(key) as scratch, enough_memory(f"sampling.batch: {p.sampling.batch}"):
            if sources is None:
                images = size * runs.blocks(model.stored, p.sampling.blocks, size, name)
            else:
                images = len(sources)
            drawn = draw(
                model,
                images,
                batch=p.sampling.batch,
                levels=about.levels,
                seed=seed,
                options=options,
                scratch=scratch,
                sources=sources,
            )
            drawn.save(target)
            return images

    final = cell.load(folder, p.sampling.weights)
    sources = sources_for(final, paths.images)
    write_json(paths.samples(name, seed).parent / "work.json", asdict(work(final, p.run(name).sample, seed, sources)))
    started = time.monotonic()
    count = save(final, p.sampling.weights, paths.samples(name, seed))
    seconds = time.monotonic() - started
    draw_sheets(final, about.levels, paths, name, seed)
    if cell.best_apart(training, p.sampling.weights):
        save(cell.load(folder, "best"), "best", paths.samples(name, seed, "best"))
    write_json(paths.cost(name, seed, "sample"), {"sample_seconds": seconds, "sampled_images": count})


def draw_sheets(model: Model, levels: int, paths: Paths, name: str, seed: int) -> None:
    """Write the sheets of a model with styles; truncation of other models is shown by `genbench sample` alone."""
    if sheets.has_styles(model):
        for sheet, drawing in sheets.sheets_of(model.eval()).items():
            sheets.draw(drawing, levels, seed).save(paths.sheet(name, seed, sheet))


def work(model: Model, options: dict[str, Any], seed: int, sources: Images | None = None) -> Work:
    """Count the work of drawing one image, on a CPU; sources: those of a model that translates."""
    if model.stored is not None:
        return Work(0.0, 0)

    def draw_images(n: int) -> None:
        labels = model.draw_labels(n, rng=torch_rng(seed, "count"))
        given = {} if labels is None else {"labels": labels}
        if sources is not None:
            given["sources"] = scale(torch.from_numpy(sources.pixels[np.arange(n) % len(sources)]))
        model.sample(n, rng=torch_rng(seed, "count"), **given, **options)

    return work_of_a_sample(model.eval(), draw_images)


if __name__ == "__main__":
    run(main)
