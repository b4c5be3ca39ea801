"""Stage evaluate: all metrics of one cell under one extractor."""

from genbench import params
from genbench.arrays import Features
from genbench.evaluation import evaluate, protocol
from genbench.files import read_json, write_json
from genbench.paths import Paths
from genbench.stage import run, use_threads


def main(name: str, seed: int, extractor: str) -> None:
    """Write data/<dataset>/metrics/<run>/<seed>-<extractor>.json; without numbers if the training diverged."""
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    real = {
        split: Features.load(paths.reference(extractor) / f"{split}.npz")
        for split in ("reference", "train", "held_out")
    }
    fake = Features.load(paths.features(name, seed, extractor))
    diverged = read_json(paths.weights(name, seed) / "training.json")["diverged"]
    values = {}
    if not diverged:
        values = evaluate(
            real=real["reference"],
            fake=fake,
            train=real["train"],
            held_out=real["held_out"],
            metrics=p.metrics,
            skip=True,
        )
    record = {
        "run": name,
        "seed": seed,
        "extractor": extractor,
        "metrics": values,
        "diverged": diverged,
        "protocol": protocol(real["reference"], fake, p.metrics),
    }
    write_json(paths.metrics(name, seed, extractor), record)


if __name__ == "__main__":
    run(main)
