"""Stage evaluate: all metrics of one cell under one extractor."""

from pathlib import Path

from genbench import params
from genbench.arrays import Features
from genbench.evaluation import evaluate, protocol
from genbench.files import write_json
from genbench.paths import Paths
from genbench.stage import run, use_threads
from genbench.training_record import read_record


def main(name: str, seed: int, extractor: str) -> None:
    """Write data/<dataset>/metrics/<run>/<seed>-<extractor>.json; without numbers if the training diverged.

    metrics: of the weights of the last step. chosen: of those chosen on the validation split at `chosen_step`, which
    may be the same; null for a model that none are chosen for.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    real = {
        split: Features.load(paths.reference(extractor) / f"{split}.npz")
        for split in ("reference", "train", "held_out")
    }
    training = read_record(paths.weights(name, seed))
    last = paths.features(name, seed, extractor)
    apart = paths.features(name, seed, extractor, chosen=True)
    step = None if training["diverged"] else training["best"].get("step")

    def scores(file: Path) -> dict[str, float]:
        return evaluate(
            real=real["reference"],
            fake=Features.load(file),
            train=real["train"],
            held_out=real["held_out"],
            metrics=p.metrics,
            skip=True,
        )

    values = {} if training["diverged"] else scores(last)
    chosen = None if step is None else scores(apart) if apart.exists() else values
    record = {
        "run": name,
        "seed": seed,
        "extractor": extractor,
        "metrics": values,
        "chosen": chosen,
        "chosen_step": step,
        "diverged": training["diverged"],
        "protocol": protocol(real["reference"], Features.load(last), p.metrics),
    }
    write_json(paths.metrics(name, seed, extractor), record)


if __name__ == "__main__":
    run(main)
