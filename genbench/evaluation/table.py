"""An evaluation as text for the terminal."""

from __future__ import annotations

from typing import Any

from genbench.evaluation.evaluate import Evaluation
from genbench.evaluation.floors import Floor
from genbench.extractors import UNNAMED
from genbench.report.printed import ARROWS
from genbench.text import printable

ERRORS = ("_se", "_sd")  # endings of keys that say how sure another number is
DIGITS = 5
HASH = 12  # characters shown of a SHA-256
NAMED = 5  # images that could not be read, of a side
FLOOR = "  real against real"


def table(evaluation: Evaluation) -> str:
    """Write the numbers with directions, standard errors and floors, their protocol, and how each can mislead."""
    metrics, said = evaluation.metrics, evaluation.protocol
    named = "" if said["extractor"] == UNNAMED else f" ({said['extractor'] or 'unknown extractor'})"
    shown = {key: evaluation.columns[key] for key in metrics if not (key.endswith(ERRORS) and key[:-3] in metrics)}
    rows = []
    for key, column in shown.items():
        rows.append((f"{column.label}{named} {ARROWS[column.better]}".rstrip(), _number(metrics, key)))
        if key in evaluation.floors:
            rows.append((FLOOR, _floor(evaluation.floors[key])))
    width = max(len(head) for head, _ in rows)
    lines = [f"{head:<{width}}  {number}" for head, number in rows]
    left_out = [_left_out(side, texts) for side, texts in evaluation.skipped.items() if texts]
    fails = [f"{column.label}: {column.fails}" for column in shown.values() if column.fails]
    whole = [*lines, "", *_caption(said), *evaluation.notes, *left_out, "", *fails]
    return "\n".join(map(printable, whole)) + "\n"


def _floor(floor: Floor) -> str:
    if floor.resplits:
        return f"{floor.value:.{DIGITS}g} ± {floor.sd:.2g} (s.d. of {floor.resplits} resplits)"
    return f"{floor.value:.{DIGITS}g} (bias in closed form, of Gaussian features to first order: few images have more)"


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
    reference = f"{said['n_real']} real ones of" if said["n_real"] else "the mean and covariance in"
    return [
        f"{said['n_fake']} images of {fake} against {reference} {real}",
        f"extractor {said['extractor'] or 'unknown'}, {weights}, resize {said['resize'] or 'unknown'}",
        f"options: {'; '.join(options) or 'none'}; seed {said['seed']}; genbench {said['genbench']}",
    ]
