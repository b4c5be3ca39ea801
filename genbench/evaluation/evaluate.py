"""Metrics of anybody's images against anybody's, which `genbench evaluate` prints and writes.

The numbers are those of the benchmark: the same extractors, metrics and checks, outside its pipeline.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genbench.data.features import Features
from genbench.errors import InputError, unknown
from genbench.evaluation import remarks
from genbench.evaluation.classes import aligned
from genbench.evaluation.features import STATISTICS, Measuring, measure
from genbench.evaluation.floors import Floor, floor
from genbench.evaluation.scores import evaluate as compute, protocol
from genbench.evaluation.statistics import has_images, holds_statistics
from genbench.files.atomic import sha256
from genbench.find import find, members
from genbench.metrics import Column

NO_PROTOCOL = "statistics without a protocol"
OF_MOMENTS = "fid"  # the metric that a mean and a covariance give


@dataclass(frozen=True)
class Evaluation:
    """Numbers and what they mean.

    metrics, columns: by key. floors: by key, what real images against real ones score at these numbers of images.
    protocol: all that must be equal in another evaluation for the two to be compared. skipped: by side, the images that
    could not be read. notes: on metrics that were left out, and on what the numbers can say.
    """

    metrics: dict[str, float]
    columns: dict[str, Column]
    floors: dict[str, Floor]
    protocol: dict[str, Any]
    skipped: dict[str, list[str]]
    notes: list[str]

    def document(self) -> dict[str, Any]:
        """Give the document that --json writes. A number that does not exist is null."""
        values = {key: value if math.isfinite(value) else None for key, value in self.metrics.items()}
        floors = {key: asdict(floor) for key, floor in self.floors.items()}
        rest = {"protocol": self.protocol, "skipped": self.skipped, "notes": self.notes}
        return {"metrics": values, "floors": floors, **rest}


@dataclass(frozen=True)
class Compared:
    """Features that are compared: of each side, and those that stand in for a mean and covariance of real ones."""

    sides: dict[str, Features]
    reference: Features | None

    @property
    def real(self) -> Features:
        return self.sides["real"] if self.reference is None else self.sides.get("real", self.reference)

    def images(self, metric: str) -> dict[str, Features]:
        """Give those of the sides of a metric that are features of images."""
        return {side: features for side, features in self.given(metric).items() if features is not self.reference}

    def given(self, metric: str) -> dict[str, Features]:
        """Give the sides that a metric is computed of."""
        return self.sides if self.reference is None or metric != OF_MOMENTS else {**self.sides, "real": self.reference}


def evaluate(
    locations: dict[str, str],
    how: Measuring,
    *,
    metrics: list[str] | None = None,
    options: dict[str, dict[str, Any]] | None = None,
    seed: int = 0,
) -> Evaluation:
    """Compare images at locations["fake"] with those at locations["real"]; "train" and "held_out" where they are due.

    The real side may be a mean and covariance (:mod:`genbench.evaluation.statistics`), which give FID alone. metrics:
    names; None for the standard ones, of which those that cannot be had are left out with a note. options: by metric,
    over the metric's `DEFAULTS`; a metric with some counts as named. seed: of the random streams of metrics.
    """
    options = options or {}
    names = _names(metrics, options)
    asked = {*(metrics or []), *options}
    to_measure, left_out = _to_measure(locations, names, asked)
    measured = measure(to_measure, how)
    remarks.require_comparable(measured)
    sides = {side: features for side, features in aligned(measured.features).items() if side != STATISTICS}
    compared = Compared(sides, measured.features.get(STATISTICS))
    chosen = {name: {**defaults(name, sides["fake"]), **options.get(name, {})} for name in names}
    numbers, floors = _scores(compared, chosen, asked, seed, left_out)
    chosen = {name: values for name, values in chosen.items() if name not in left_out}
    return Evaluation(
        metrics=numbers,
        columns={key: column for name in chosen for key, column in find("metrics", name).COLUMNS.items()},
        floors=floors,
        protocol={
            **_protocol(compared, locations, chosen),
            "seed": seed,
            "genbench": version("genbench"),
        },
        skipped={side: notes.skipped for side, notes in measured.notes.items()},
        notes=[
            *(f"{reason}; left out" for reason in dict.fromkeys(left_out.values())),
            *(remarks.few(compared.images(OF_MOMENTS)) if OF_MOMENTS in chosen else []),
            *remarks.untold(compared.sides),
            *remarks.reference(locations["real"], compared.reference, images="real" in sides),
            *remarks.sizes(measured),
        ],
    )


def _names(metrics: list[str] | None, options: dict[str, dict[str, Any]]) -> list[str]:
    """Give the names of the metrics to compute; a name that is none is refused."""
    names = standard() if metrics is None else metrics
    for name in names:
        if name not in members("metrics"):
            raise unknown("--metrics: metric", name, members("metrics"))
    for name in options:
        if name not in names:
            raise unknown("--set: metric among those to compute", name, names)
    return names


def _to_measure(locations: dict[str, str], names: list[str], asked: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Give the locations that features are needed of, and the metrics that a mean and covariance cannot give.

    Images beside a mean and covariance are measured if a metric needs them.
    """
    real, others = locations["real"], [name for name in names if name != OF_MOMENTS]
    if not holds_statistics(real):
        return locations, {}
    whole = {**locations, STATISTICS: real} if len(others) < len(names) else locations
    if others and has_images(real):
        return whole, {}
    for name in others:
        if name in asked:
            raise InputError(
                f"{name}: expected real images or their features; {real} has a mean and covariance, for fid alone"
            )
    reason = f"{', '.join(others)}: not of a mean and covariance, which {real} has in place of real images"
    return {side: location for side, location in whole.items() if side != "real"}, dict.fromkeys(others, reason)


def _scores(
    compared: Compared, chosen: dict[str, dict[str, Any]], asked: set[str], seed: int, left_out: dict[str, str]
) -> tuple[dict[str, float], dict[str, Floor]]:
    """Compute metrics and their floors. left_out: takes those that cannot be had and are not asked for."""
    numbers: dict[str, float] = {}
    floors: dict[str, Floor] = {}
    for name in [name for name in chosen if name not in left_out]:
        given = compared.given(name)
        try:
            numbers |= compute(**given, metrics={name: chosen[name]}, seed=seed, left_out=None)
        except InputError as error:
            if name in asked:
                raise
            left_out[name] = str(error)
            continue
        stands_in = given["real"] is compared.reference
        if found := floor(name, real=given["real"], fake=given["fake"], stands_in=stands_in, seed=seed):
            floors[name] = found
    return numbers, floors


def _protocol(compared: Compared, locations: dict[str, str], chosen: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Collect what must be equal between two numbers. statistics: hash of the file of a mean and covariance."""
    real, reference = compared.real, compared.reference
    features = {"real": real, **compared.sides}
    untold = reference is not None and not reference.protocol.extractor
    return {
        **protocol(real, compared.sides["fake"], chosen),
        "reference": NO_PROTOCOL if untold else real.protocol.split,
        "n_real": len(real) if real is not reference else real.protocol.n or None,
        "statistics": None if reference is None else sha256(Path(locations["real"])),
        "sides": {
            side: {"location": location, **asdict(features[side].protocol)} for side, location in locations.items()
        },
    }


def standard() -> list[str]:
    """List the metrics that are computed where the user names none; those with a column on the leaderboard first."""
    modules = {name: find("metrics", name) for name in members("metrics")}
    names = [name for name, module in modules.items() if getattr(module, "STANDARD", False)]
    return sorted(names, key=lambda name: not any(column.headline for column in modules[name].COLUMNS.values()))


def defaults(metric: str, fake: Features) -> dict[str, Any]:
    """Give the options that a metric takes for generated images `fake` where the user sets none."""
    options = getattr(find("metrics", metric), "DEFAULTS", {})
    return {option: value(fake) if callable(value) else value for option, value in options.items()}
