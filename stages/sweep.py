"""Stage sweep: quality against network calls, of a trained cell that is only sampled anew."""

from typing import Any

from genbench.data import prepared
from genbench.data.features import Features
from genbench.data.paths import Paths
from genbench.engine.device import enough_memory, sampling_device
from genbench.engine.sampling import draw
from genbench.evaluation.scores import evaluate, protocol
from genbench.extractors import extract
from genbench.files.atomic import write_json
from genbench.find import find
from genbench.models import Model
from genbench.options import checked
from genbench.pipeline import cell, params, runs
from genbench.pipeline.params import Params
from genbench.pipeline.stage import run, use_threads
from genbench.pipeline.sweep import STEPS, measured, steps_within
from genbench.pipeline.training_record import read_record
from stages.sample import work

SPLITS = {"real": "reference", "train": "train", "held_out": "held_out"}  # by the name that metrics have for them


def main(name: str, seed: int) -> None:
    """Write data/<dataset>/metrics/<run>/sweep-<seed>.json: a record for each number of steps, none of a divergence.

    steps, calls: of the sampler, and of its network, counted. metrics: of `sweep.images` images. protocol: of them.
    """
    p = params.load()
    paths, records = Paths(p.dataset), []
    measure = Measure(p)
    use_threads(p.threads)
    if not read_record(paths.weights(name, seed))["diverged"]:
        model = cell.load(paths.weights(name, seed), p.sampling.weights).eval()
        half = p.run(name).sample

        def calls(steps: int) -> int:
            return work(model.cpu(), half | {STEPS: steps}, seed).network_calls

        for steps in steps_within(p.sweep.calls, calls):
            scores = measure(model, half | {STEPS: steps}, name, seed)
            records.append({"steps": steps, "calls": calls(steps), **scores})
    write_json(paths.sweep(name, seed), records)


class Measure:
    """Metrics of images that a model draws, under the extractor of the sweep."""

    _real: dict[str, Any]  # sets of features, by the name that metrics have for them

    def __init__(self, p: Params) -> None:
        self._p, paths = p, Paths(p.dataset)
        self._extractor = find("extractors", p.sweep.extractor).load(paths.extractor(p.sweep.extractor))
        folder = paths.reference(p.sweep.extractor)
        self._real = {name: Features.load(folder / f"{split}.npz") for name, split in SPLITS.items()}
        self._levels = prepared.load_about(paths.images).levels
        self._metrics = measured(p.metrics)

    def __call__(self, model: Model, half: dict[str, Any], name: str, seed: int) -> dict[str, Any]:
        """Draw the images by the options of `half`, and give their metrics and protocol."""
        p, model = self._p, model.to(sampling_device(self._p.hardware))
        options = checked(model.sample, half, runs.key(name, "sample"), given=runs.GIVEN)
        with enough_memory(f"sampling.batch: {p.sampling.batch}"):
            images = draw(
                model, p.sweep.images, batch=p.sampling.batch, levels=self._levels, seed=seed, options=options
            )
        fake = extract(
            self._extractor,
            images,
            name=p.sweep.extractor,
            dataset=p.dataset,
            split="samples",
            source=f"{name}, seed {seed}, {half[STEPS]} steps",
        )
        values = evaluate(fake=fake, metrics=self._metrics, left_out={}, **self._real)
        return {"metrics": values, "protocol": protocol(self._real["real"], fake, self._metrics)}


if __name__ == "__main__":
    run(main)
