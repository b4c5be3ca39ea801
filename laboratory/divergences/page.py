"""The page of the six studies, its formulas typeset in MathML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from genbench.data.images import Images
from genbench.find import PACKAGE, find
from genbench.report.document import document
from genbench.report.grids import Picture, inline
from laboratory.claims import Claim, spoken
from laboratory.divergences import claims, figures, formula
from laboratory.divergences.figures import Chart
from laboratory.divergences.tables import averages

HERE = PACKAGE.parent / "laboratory/divergences"  # where templates lie; dvc.yaml names them
Record = Mapping[str, Any]
Points = Mapping[str, np.ndarray]

#: Divergences in the charts of vanishing slopes; the table has all of them.
CHARTED = ("jensen_shannon", "kullback_leibler", "total_variation", "squared_hellinger")


@dataclass(frozen=True)
class Studies:
    """Records of the six studies. modes: by target, each with its pictures; truncation with its own."""

    univariate: Record
    estimate: Record
    dirac: Record
    vanishing: Record
    modes: Mapping[str, tuple[Record, Points]]
    truncation: tuple[Record, Points]


def page(studies: Studies) -> str:
    """Make the page; returns the HTML text."""
    records = {target: record for target, (record, _) in studies.modes.items()}
    return document(
        HERE.parent,
        HERE,
        studies=studies,
        records=records,
        finding=claims.finding(studies.univariate, studies.dirac),
        claims=claims_of(studies, records),
        formulas=formulas(row["module"] for row in studies.univariate["divergences"].values()),
        math=lambda text: Markup(formula.typeset(text)),
        figures=figures,
        averages=averages,
        spoken=spoken,
        strips={target: strips(record, points) for target, (record, points) in studies.modes.items()},
        targets={target: figures.strip([figures.scatter(p["target"])]) for target, (_, p) in studies.modes.items()},
        slopes=slopes(studies.vanishing),
        paths=paths(studies.dirac),
        digits=digits(*studies.truncation),
        stages=["univariate", "estimate", "vanishing", "dirac", *map("modes@{}".format, records), "truncation", "page"],
    )


def claims_of(studies: Studies, modes: Mapping[str, Record]) -> dict[str, list[Claim]]:
    """Make the claims of every study, by its name; modes: records by target."""
    return {
        "univariate": claims.univariate(studies.univariate),
        "estimate": claims.estimate(studies.estimate),
        "vanishing": claims.vanishing(studies.vanishing),
        "modes": claims.modes(modes),
        "dirac": claims.dirac(studies.dirac),
        "truncation": claims.truncation(studies.truncation[0]),
    }


def formulas(modules: Iterable[str]) -> dict[str, tuple[str, dict[str, list[Markup]]]]:
    """Typeset what the docstring of each divergence states: {module: (title, {"f(u)": formulas, ...})}."""
    table = {}
    for name in dict.fromkeys(modules):
        docstring = find("divergences", name).__doc__ or ""
        stated = formula.stated(docstring)
        typeset = {key: [Markup(formula.typeset(text)) for text in texts] for key, texts in stated.items()}
        table[name] = (docstring.split(":")[0].split(",")[0], typeset)
    return table


def strips(record: Record, points: Points) -> dict[str, dict[str, Picture]]:
    """Draw the first seed's samples over training: {"games" or "cures": {label: picture}}, without empty parts."""
    pictures_of: dict[str, dict[str, Picture]] = {}
    for part in ("games", "cures"):
        for label in record[part]:
            prefix = f"{part}/{label}/"
            drawn = {int(key.removeprefix(prefix)): p for key, p in points.items() if key.startswith(prefix)}
            if drawn:
                scatters = [figures.scatter(drawn[step]) for step in sorted(drawn)]
                pictures_of.setdefault(part, {})[label] = figures.strip(scatters)
    return pictures_of


def slopes(record: Record) -> list[Chart]:
    """Draw exact divergences, their slopes, the shapes of critics, and the slopes that critics give as they learn."""
    thetas, exact = record["thetas"], record["exact"]
    charted = {name: exact[name] for name in CHARTED if name in exact}
    kinds = {name: f"c{index + 1}" for index, name in enumerate(charted)}
    wasserstein = {"W1": ("c0", record["wasserstein"]["values"])}
    values = wasserstein | {row["title"]: (kinds[name], row["values"]) for name, row in charted.items()}
    steep = {"W1": ("c0", record["wasserstein"]["slopes"])}
    steep |= {row["title"]: (kinds[name], row["slopes"]) for name, row in charted.items()}
    charts = [
        figures.curves("Divergence of N(0, s²) from N(θ, s²)", thetas, values, ("θ", ""), log_y=True, floor=1e-3),
        figures.curves("Its slope in θ", thetas, steep, ("θ", ""), log_y=True, floor=1e-8),
    ]
    critics = record["critics"]
    shapes = {name: (f"c{i}", _scaled(row["shape"])) for i, (name, row) in enumerate(critics.items()) if row["shape"]}
    charts.append(
        figures.curves(
            f"Trained critics, θ = {record['pictured']:g}, each scaled to 1", record["grid"], shapes, ("x", "")
        )
    )
    last = list(next(iter(critics.values()))["slopes"])[-1]
    during = {name: (f"c{i}", _sizes(row["slopes"][last])) for i, (name, row) in enumerate(critics.items())}
    charts.append(
        figures.curves(
            f"Slope given to the generator, θ = {last}",
            record["looks"],
            during,
            ("steps of the critic", ""),
            log_x=True,
            log_y=True,
            floor=1e-8,
        )
    )
    return charts


def _scaled(values: Sequence[float]) -> list[float | None]:
    """Centre values and divide them by the largest size, so that critics of any scale are seen together."""
    middle = (max(values) + min(values)) / 2
    size = max(abs(value - middle) for value in values) or 1.0
    return [(value - middle) / size for value in values]


def _sizes(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else abs(value) for value in values]


def paths(record: Record) -> dict[str, list[Chart]]:
    """Draw phase portraits, by objective."""
    return {
        name: [figures.phase(spoken(setting), path, _reach(path)) for setting, path in by.items()]
        for name, by in record["paths"].items()
    }


def _reach(path: Record) -> float:
    return 1.15 * max(abs(value) for point in path["places"] for value in point)


def digits(record: Record, images: Points) -> dict[str, list[tuple[str, Picture]]]:
    """Show some samples of each generator at each ψ: {generator: [(caption, picture)]}."""
    shown: dict[str, list[tuple[str, Picture]]] = {}
    for key, pixels in images.items():
        name, psi = key.split("/")
        picture = inline(Images(pixels, np.full(len(pixels), -1)), 4, 4, 8000)
        shown.setdefault(name, []).append(("not truncated" if psi == "None" else f"ψ = {psi}", picture))
    return shown
