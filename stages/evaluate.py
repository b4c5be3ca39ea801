"""Stage evaluate: all metrics of one cell under one extractor."""

from pathlib import Path
from typing import Any

from genbench.data.features import Features
from genbench.data.paths import CODE, CYCLE, Paths
from genbench.evaluation.blocks import draw_errors, means, of_blocks
from genbench.evaluation.kept_scores import recall
from genbench.evaluation.scores import evaluate, measured, protocol
from genbench.files.atomic import read_json, sha256, write_json
from genbench.find import find
from genbench.metrics import of_pairs, used
from genbench.pipeline import environment, params
from genbench.pipeline.params import Params
from genbench.pipeline.stage import run, use_threads
from genbench.pipeline.training_record import read_record

SPLITS = {"real": "reference", "train": "train", "held_out": "held_out"}  # by the name that metrics have for them
OF_PAIRS = {"twins": "held_out", "sources": "sources"}  # the same, of a dataset of pairs alone


def main(name: str, seed: int, extractor: str) -> None:
    """Write data/<dataset>/metrics/<run>/<seed>-<extractor>.json; without numbers if the training diverged.

    metrics: means over blocks, of the final weights. draw: their standard errors by the draw. blocks: the values of
    each block, or of each pair where a metric is of pairs. best, best_draw, best_blocks: the same of the weights best
    on the validation split, at `best_step`, which may be the same; null for a model that is not asked there.
    """
    p = params.load()
    use_threads(p.threads)
    paths = Paths(p.dataset)
    training = read_record(paths.weights(name, seed))
    final = paths.features(name, seed, extractor)
    apart = paths.features(name, seed, extractor, "best")
    step = None if training["diverged"] else training["best"].get("step")
    scores = Scores(p, extractor)
    blocks = {} if training["diverged"] else scores.of(final)
    best_blocks = None if step is None else scores.of(apart) if apart.exists() else blocks
    real, fake = scores.sets["real"], Features.load(final)
    record = {
        "run": name,
        "seed": seed,
        "extractor": extractor,
        "metrics": means(blocks),
        "draw": draw_errors(blocks),
        "blocks": blocks,
        "best": None if best_blocks is None else means(best_blocks),
        "best_draw": None if best_blocks is None else draw_errors(best_blocks),
        "best_blocks": best_blocks,
        "best_step": step,
        "diverged": training["diverged"],
        "protocol": protocol(real, fake, p.metrics) | {"n_fake": min(len(fake), len(real))},  # of a block
    }
    write_json(paths.metrics(name, seed, extractor), record)


class Scores:
    """The metrics of params.yaml against the real features of one extractor; what was computed before is recalled."""

    def __init__(self, p: Params, extractor: str) -> None:
        folder = Paths(p.dataset).reference(extractor)
        splits = SPLITS | (OF_PAIRS if (folder / "sources.npz").exists() else {})
        files = {name: folder / f"{split}.npz" for name, split in splits.items()}
        self.sets = {name: Features.load(file) for name, file in files.items()}
        self._hashes = {name: sha256(file) for name, file in files.items()}
        self._metrics = p.metrics
        self._code = read_json(CODE / "metrics.json")
        self._key: dict[str, Any] = {
            "stage": read_json(CODE / "stages" / "evaluate.json"),
            "versions": environment.load().computes,
            "threads": p.threads,
        }

    def of(self, features: Path) -> dict[str, list[float]]:
        """Give all numbers of the metrics for each block of a file's features; each metric's by the sets it names.

        Metrics of pairs give a number a pair. The features of a cycle lie beside those of its outputs.
        """
        files = {"fake": features, "cycle": features.with_stem(f"{features.stem}{CYCLE}")}
        files = {name: file for name, file in files.items() if file.exists()}
        sets = self.sets | {name: Features.load(file) for name, file in files.items()}
        hashes = self._hashes | {name: sha256(file) for name, file in files.items()}
        values: dict[str, list[float]] = {}
        for name, options in self._metrics.items():
            code = self._code[f"genbench.metrics.{name}"]
            given = {side: hashes.get(side) for side in used(find("metrics", name).compute, f"metrics.{name}")}
            key = {**self._key, "metric": name, "code": code, "options": options, "given": given}
            values |= recall(key, lambda chosen={name: options}: _compute(sets, chosen))  # type: ignore[misc]
        return values


def _compute(sets: dict[str, Features], metrics: dict[str, dict[str, Any]]) -> dict[str, list[float]]:
    """Compute one metric: of pairs once of all images, else of each block."""
    ((name, _),) = metrics.items()
    if of_pairs(find("metrics", name).compute, f"metrics.{name}"):
        return {key: values.tolist() for key, values in measured(sets, metrics, left_out={}).items()}
    real, fake, train, held_out = (sets[side] for side in ("real", "fake", "train", "held_out"))

    def score(index: int, block: Features) -> dict[str, float]:
        return evaluate(real=real, fake=block, train=train, held_out=held_out, metrics=metrics, seed=index, left_out={})

    return of_blocks(fake, len(real), score)


if __name__ == "__main__":
    run(main)
