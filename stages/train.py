"""Stage train: one cell, a run with a seed, to weights, a curve, sample grids, and what the training cost."""

import resource
from pathlib import Path
from shutil import copyfile

import torch
from torch import Tensor

from genbench.data import prepared, sides
from genbench.data.grid import save_grid
from genbench.data.paths import CODE, Paths
from genbench.data.pixels import quantise, scale
from genbench.engine import connect
from genbench.engine.device import enough_memory
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.files.atomic import atomic, read_json, sha256, write_json
from genbench.files.scratch import folder as scratch_folder
from genbench.models import Model
from genbench.models.bases.translator import Translator
from genbench.pipeline import cell, live, params, runs
from genbench.pipeline.plan import batch_option, plan
from genbench.pipeline.stage import run, use_threads
from genbench.seeding import torch_rng

SPLITS = ("train", "validation", "held_out")
GRID = 64  # images of a grid


def main(name: str, seed: int) -> None:
    """Write data/<dataset>/weights/<run>/<seed> and data/<dataset>/costs/<run>/<seed>-train.json."""
    p = params.load()
    use_threads(p.threads)
    device = connect(p.hardware)
    paths, options = Paths(p.dataset), p.run(name).train
    about = prepared.load_about(paths.images)
    data = load_data(paths.images, about)
    half = runs.key(name, "train")
    model = runs.model(options, about.shape, seed=seed, key=half)
    budget, operations = plan(options, p.train, model, data, seed=seed, key=half)
    key = {
        "options": options,
        "budget": budget.model_dump(exclude={"log_every"}),
        "hardware": p.hardware.model_dump(),
        "seed": seed,
        "threads": p.threads,
        "data": [sha256(file) for split in SPLITS for file in sorted((paths.images / split).rglob("pixels.npy"))],
        "code": [read_json(CODE / "stages" / "train.json"), read_json(CODE / "runs" / f"{name}.train.json")],
    }
    leads = device.leads
    with scratch_folder(key, leads=leads) as scratch, live.curve(name, seed, leads=leads) as each_log:

        def each_grid(step: int, ema: Model) -> None:
            images = draw_grid(ema, data, seed)
            save_grid(scratch / "grids" / f"{step:07d}.png", quantise(images, about.levels).cpu().numpy())

        batch = batch_option(options, half)
        with enough_memory(f"{batch}: {budget.batch}"):
            trained = train(
                model,
                data,
                budget,
                seed=seed,
                scratch=scratch,
                each_grid=each_grid,
                each_log=each_log,
                device=device,
                batch_option=batch,
            )
        if not leads:
            return
        folder = paths.weights(name, seed)
        cell.save(folder, trained, options, budget, operations)
        for picture in (scratch / "grids").glob("*.png"):
            with atomic(folder / "grids" / picture.name) as part:
                copyfile(picture, part)
    write_cost(paths.cost(name, seed, "train"), trained.progress.seconds, trained.progress.step)


def load_data(folder: Path, about: prepared.About) -> Data:
    """Load the splits that a model may see, and of pairs both sides of them."""
    splits = {split: prepared.load_split(folder, split) for split in SPLITS}
    pairs = SPLITS if sides.load_about(folder) is not None else ()
    both = {split: sides.load(folder, split).fitted() for split in pairs}
    return Data(**splits, levels=about.levels, classes=about.classes, sides=both)


def draw_grid(model: Model, data: Data, seed: int) -> Tensor:
    """Draw the images of a grid, 64 at most; of a model that translates, from sources of the split validation."""
    if not isinstance(model, Translator):
        return model.sample(GRID, rng=torch_rng(seed, "grid"))
    sources = scale(torch.tensor(data.sides["validation"].sources.pixels[:GRID]))
    return model.sample(len(sources), rng=torch_rng(seed, "grid"), sources=sources)


def write_cost(path: Path, seconds: float, steps: int) -> None:
    """Write times and memory to a file of their own, since they are never the same twice."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    rate = steps / seconds if seconds else None
    write_json(path, {"train_seconds": seconds, "steps_per_second": rate, "peak_memory_bytes": peak})


if __name__ == "__main__":
    run(main)
