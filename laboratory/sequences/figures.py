"""The geometry of the study's charts; the templates draw them as SVG, in colours that follow light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from laboratory.claims import spoken
from laboratory.divergences.figures import Chart, curves

Record = Mapping[str, Any]
Lines = dict[str, tuple[str, Sequence[float | None]]]

#: By bound, and by what a proposal was learned by: its name in legends and tables.
NAMES = {
    "prior": "nothing",
    "elbo": "ELBO",
    "iwae": "IWAE",
    "fivo": "FIVO",
    "aesmc": "AESMC, VSMC",
    "aesmc_score": "the same with the term of resampling",
}
BOUNDS = ("iwae", "fivo", "aesmc")  # those of them that proposals are measured under
COLOURS = {"elbo": "c5", "iwae": "c1", "fivo": "c0", "aesmc": "c2", "aesmc_score": "c3"}
PROPOSALS = {"prior": "drawn from the prior", "optimal": "drawn from P(xₜ | xₜ₋₁, yₜ)"}
#: By estimator of the gradient: its name and colour.
ESTIMATORS = {
    "without": ("without the term", "c2"),
    "score": ("with the term", "c3"),
    "baseline": ("with the term and a baseline", "c0"),
    "iwae": ("IWAE", "c1"),
}
SIZE = (340.0, 220.0)


def gaps(record: Record, name: str, kind: str) -> Chart:
    """Draw log P(y) less the mean bound against particles; a gap within chance of 0 is left out."""
    space, by = record["spaces"][name], Lines()
    for method in BOUNDS:
        row = space["proposals"][kind][method]
        values = [
            gap if (gap := space["exact"] - mean) > error else None
            for mean, error in zip(row["mean"], row["error"], strict=True)
        ]
        by[NAMES[method]] = (COLOURS[method], values)
    title = f"{spoken(name).capitalize()}, {PROPOSALS[kind]}"
    return curves(title, record["counts"], by, ("particles N", "nats"), log_x=True, log_y=True, size=SIZE)


def along(record: Record, name: str) -> Chart:
    """Draw log P(y_1 … y_t) less the mean bound along the sequence."""
    space = record["spaces"][name]
    steps = [float(t + 1) for t in range(space["steps"])]
    by: Lines = {NAMES[method]: (COLOURS[method], space["gaps"][method]["mean"]) for method in BOUNDS}
    return curves(f"{spoken(name).capitalize()}", steps, by, ("t", "nats"), size=SIZE)


def variances(record: Record) -> Chart:
    """Draw the total variance of one gradient against particles."""
    rows, counts = record["spread"]["estimators"], record["spread"]["counts"]
    by: Lines = {name: (colour, rows[key]["variance"]) for key, (name, colour) in ESTIMATORS.items()}
    return curves("Total variance", counts, by, ("particles N", ""), log_x=True, log_y=True, size=SIZE)


def ratios(record: Record) -> Chart:
    """Draw the norm of the mean gradient in standard deviations of one, against particles."""
    rows, counts = record["spread"]["estimators"], record["spread"]["counts"]
    by: Lines = {name: (colour, ratio(rows[key])) for key, (name, colour) in ESTIMATORS.items()}
    return curves("Signal to noise", counts, by, ("particles N", ""), log_x=True, log_y=True, size=SIZE)


def ratio(row: Mapping[str, Any]) -> list[float | None]:
    """Divide the signal of an estimator by its noise at each number of particles; None where no signal was seen."""
    pairs = zip(row["signal"], row["variance"], strict=True)
    return [signal / variance**0.5 if signal and variance else None for signal, variance in pairs]


def training(record: Record, name: str) -> Chart:
    """Draw log P(y) less the bound of each objective as it is raised; what is above by chance is left out."""
    space = record["spaces"][name]
    by: Lines = {
        NAMES[key]: (css, [gap if (gap := space["exact"] - bound) > 0 else None for bound in space["curves"][key]])
        for key, css in COLOURS.items()
    }
    return curves(f"{spoken(name).capitalize()}", record["looks"], by, ("steps", "nats"), log_y=True, size=SIZE)
