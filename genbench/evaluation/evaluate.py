"""Metrics of anybody's images against anybody's, which `genbench evaluate` prints and writes.

The numbers are those of the benchmark: the same extractors, metrics and checks, outside its pipeline.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from genbench.data.features import Features
from genbench.errors import unknown
from genbench.evaluation.features import Measuring, measure
from genbench.evaluation.scores import evaluate as compute, protocol
from genbench.extractors import UNNAMED
from genbench.find import find, members
from genbench.metrics import Column, require_comparable
from genbench.report.printed import ARROWS
from genbench.text import printable

ERRORS = ("_se", "_sd")  # endings of keys that say how sure another number is
DIGITS = 5
HASH = 12  # characters shown of a SHA-256
NAMED = 5  # images that could not be read, of a side


@dataclass(frozen=True)
class Evaluation:
    """Numbers and what they mean.

    metrics, columns: by key. protocol: all that must be equal in another evaluation for the two to be compared.
    skipped: by side, the images that could not be read. notes: on metrics that were left out.
    """

    metrics: dict[str, float]
    columns: dict[str, Column]
    protocol: dict[str, Any]
    skipped: dict[str, list[str]]
    notes: list[str]

    def document(self) -> dict[str, Any]:
        """Give the document that --json writes. A number that does not exist is null."""
        values = {key: value if math.isfinite(value) else None for key, value in self.metrics.items()}
        return {"metrics": values, "protocol": self.protocol, "skipped": self.skipped, "notes": self.notes}


def evaluate(
    locations: dict[str, str],
    how: Measuring,
    *,
    metrics: list[str] | None = None,
    options: dict[str, dict[str, Any]] | None = None,
    seed: int = 0,
) -> Evaluation:
    """Compare images at locations["fake"] with those at locations["real"]; "train" and "held_out" where they are due.

    metrics: names, None for the standard ones, of which those that the features cannot give are left out with a note.
    options: by metric, over the metric's `DEFAULTS`. seed: of the random streams of metrics.
    """
    names = standard() if metrics is None else metrics
    for name in names:
        if name not in members("metrics"):
            raise unknown("--metrics: metric", name, members("metrics"))
    for name in options or {}:
        if name not in names:
            raise unknown("--set: metric among those to compute", name, names)
    measured = measure(locations, how)
    real, fake = measured.features["real"], measured.features["fake"]
    require_comparable(**measured.features)
    chosen = {name: {**defaults(name, fake), **(options or {}).get(name, {})} for name in names}
    left_out: dict[str, str] = {}
    numbers = compute(**measured.features, metrics=chosen, seed=seed, left_out=left_out if metrics is None else None)
    chosen = {name: values for name, values in chosen.items() if name not in left_out}
    return Evaluation(
        metrics=numbers,
        columns={key: column for name in chosen for key, column in find("metrics", name).COLUMNS.items()},
        protocol={
            **protocol(real, fake, chosen),
            "seed": seed,
            "sides": {
                side: {"location": locations[side], **asdict(f.protocol)} for side, f in measured.features.items()
            },
            "genbench": version("genbench"),
        },
        skipped=measured.skipped,
        notes=[f"{reason}; left out" for reason in left_out.values()],
    )


def standard() -> list[str]:
    """List the metrics that are computed where the user names none; those with a column on the leaderboard first."""
    modules = {name: find("metrics", name) for name in members("metrics")}
    names = [name for name, module in modules.items() if getattr(module, "STANDARD", False)]
    return sorted(names, key=lambda name: not any(column.headline for column in modules[name].COLUMNS.values()))


def defaults(metric: str, fake: Features) -> dict[str, Any]:
    """Give the options that a metric takes for generated images `fake` where the user sets none."""
    options = getattr(find("metrics", metric), "DEFAULTS", {})
    return {option: value(fake) if callable(value) else value for option, value in options.items()}


def table(evaluation: Evaluation) -> str:
    """Write the numbers with directions and standard errors, their protocol, and the way in which each can mislead."""
    metrics, said = evaluation.metrics, evaluation.protocol
    named = "" if said["extractor"] == UNNAMED else f" ({said['extractor'] or 'unknown extractor'})"
    shown = {key: evaluation.columns[key] for key in metrics if not (key.endswith(ERRORS) and key[:-3] in metrics)}
    heads = [f"{column.label}{named} {ARROWS[column.better]}".rstrip() for column in shown.values()]
    width = max(len(head) for head in heads)
    lines = [f"{head:<{width}}  {_number(metrics, key)}" for head, key in zip(heads, shown, strict=True)]
    left_out = [_left_out(side, texts) for side, texts in evaluation.skipped.items() if texts]
    fails = [f"{column.label}: {column.fails}" for column in shown.values() if column.fails]
    whole = [*lines, "", *_caption(said), *evaluation.notes, *left_out, "", *fails]
    return "\n".join(map(printable, whole)) + "\n"


def _number(metrics: dict[str, float], key: str) -> str:
    spread = [f"± {metrics[key + end]:.2g} ({end[1]}.{end[2]}.)" for end in ERRORS if key + end in metrics]
    return " ".join([f"{metrics[key]:.{DIGITS}g}", *spread])


def _left_out(side: str, texts: list[str]) -> str:
    more = [f"and {len(texts) - NAMED} more"] if len(texts) > NAMED else []
    return f"{side}: {len(texts)} left out: {'; '.join([*texts[:NAMED], *more])}"


def _caption(said: dict[str, Any]) -> list[str]:
    weights = f"weights {said['weights'][:HASH]}" if said["weights"] else "no weights"
    options = [f"{name}: {key} {value}" for name, chosen in said["options"].items() for key, value in chosen.items()]
    real, fake = (said["sides"][side]["location"] for side in ("real", "fake"))
    return [
        f"{said['n_fake']} images of {fake} against {said['n_real']} real ones of {real}",
        f"extractor {said['extractor'] or 'unknown'}, {weights}, resize {said['resize']}",
        f"options: {'; '.join(options) or 'none'}; seed {said['seed']}; genbench {said['genbench']}",
    ]
