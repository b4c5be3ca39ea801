"""Stage sample: one cell's images, drawn from its final weights, and from those best on the validation split."""

import hashlib
import time
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from genbench.data import prepared
from genbench.data.images import Images
from genbench.data.paths import CODE, Judged, Paths
from genbench.data.pixels import scale
from genbench.engine.device import enough_memory, sampling_device
from genbench.engine.operations import Work, work_of_a_sample
from genbench.engine.sampling import draw
from genbench.evaluation import sheets
from genbench.files.atomic import read_json, sha256, write_json
from genbench.files.scratch import folder as scratch_folder
from genbench.models import Model
from genbench.models.bases.translator import Translator
from genbench.options import checked
from genbench.pipeline import cell, params, runs
from genbench.pipeline.params import Params
from genbench.pipeline.stage import run, use_threads
from genbench.pipeline.training_record import read_record
from genbench.pipeline.translation import sources_for
from genbench.seeding import torch_rng


def main(name: str, seed: int) -> None:
    """Write data/<dataset>/samples/<run>/<seed>/final and, where other weights were best on validation, /best.

    A model that translates gives one image for each source of the split held_out, in their order; one with an inverse
    also /final-cycle and /best-cycle, those images translated back. work.json beside them says what one image costs:
    operations and network_calls. A model with styles also has sheets of them, /sheets/<name>, of the final weights;
    truncation of other models is shown by `genbench sample` alone. There are no images at all if the training diverged.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    about, folder = prepared.load_about(paths.images), paths.weights(name, seed)
    training = read_record(folder)
    if training["diverged"]:
        Images(np.empty((0, *about.shape), np.uint8), np.empty(0, np.int64)).save(paths.samples(name, seed))
        write_json(paths.cost(name, seed, "sample"), {"sample_seconds": 0.0})
        return
    final = cell.load(folder, p.sampling.weights)
    sources = sources_for(final, paths.images)
    drawing = Drawing(p, about, name, seed, sources)
    counted = work(final, p.run(name).sample, seed, sources)
    write_json(paths.samples(name, seed).parent / "work.json", asdict(counted))
    started = time.monotonic()
    count = drawing.save(final, p.sampling.weights, "final")
    seconds = time.monotonic() - started
    draw_sheets(final, about.levels, paths, name, seed)
    if cell.best_apart(training, p.sampling.weights):
        drawing.save(cell.load(folder, "best"), "best", "best")
    write_json(paths.cost(name, seed, "sample"), {"sample_seconds": seconds, "sampled_images": count})


class Drawing:
    """Images of one cell. sources: those that are translated, None of a model that draws images."""

    def __init__(self, p: Params, about: prepared.About, name: str, seed: int, sources: Images | None) -> None:
        self._p, self._about, self._name, self._seed, self._sources = p, about, name, seed, sources
        self._paths = Paths(p.dataset)

    def save(self, model: Model, weights: cell.Weights, kind: Judged) -> int:
        """Write the images of one copy of the weights, also translated back, and return how many there are."""
        images = self._draw(model, weights, self._sources)
        images.save(self._paths.samples(self._name, self._seed, kind))
        inverse = model.inverse() if isinstance(model, Translator) else None
        if inverse is not None:
            cycle = self._draw(inverse, weights, images, back=True)
            cycle.save(self._paths.samples(self._name, self._seed, kind, cycle=True))
        return len(images)

    def _draw(self, model: Model, weights: cell.Weights, sources: Images | None, *, back: bool = False) -> Images:
        p, name, seed = self._p, self._name, self._seed
        model, half = model.to(sampling_device(p.hardware)), p.run(name).sample
        options = checked(model.sample, half, runs.key(name, "sample"), given=runs.GIVEN)
        key = {
            "weights": sha256(self._paths.weights(name, seed) / f"{weights}.safetensors"),
            "options": half,
            "sampling": p.sampling.model_dump(),
            "hardware": p.hardware.model_dump(),
            "seed": seed,
            "threads": p.threads,
            "code": [read_json(CODE / path) for path in (f"runs/{name}.train.json", f"runs/{name}.sample.json")],
            "stage": read_json(CODE / "stages" / "sample.json"),
            "sources": None if sources is None else hashlib.sha256(sources.pixels.tobytes()).hexdigest(),
            "back": back,
        }
        with scratch_folder(key) as scratch, enough_memory(f"sampling.batch: {p.sampling.batch}"):
            return draw(
                model,
                self._count(model) if sources is None else len(sources),
                batch=p.sampling.batch,
                levels=self._about.levels,
                seed=seed,
                options=options,
                scratch=scratch,
                sources=sources,
            )

    def _count(self, model: Model) -> int:
        size = self._about.counts["reference"]
        return size * runs.blocks(model.stored, self._p.sampling.blocks, size, self._name)


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
