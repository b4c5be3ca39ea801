"""The page of the six studies, its formulas typeset in MathML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from genbench.data.images import Images
from genbench.find import PACKAGE, find
from genbench.report.document import document
from genbench.report.grids import Picture, inline
from laboratory.divergences import figures, formula, words
from laboratory.divergences.figures import Chart

HERE = PACKAGE.parent / "laboratory/divergences"  # where templates lie; dvc.yaml names them
Record = Mapping[str, Any]
Points = Mapping[str, np.ndarray]

#: The divergences that the charts of vanishing slopes tell apart; the rest are in its table.
TOLD = ("jensen_shannon", "kullback_leibler", "total_variation", "squared_hellinger")


@dataclass(frozen=True)
class Found:
    """Every record. modes: by target, each with its pictures; truncation with its own."""

    univariate: Record
    estimate: Record
    dirac: Record
    vanishing: Record
    modes: Mapping[str, tuple[Record, Points]]
    truncation: tuple[Record, Points]


def page(found: Found) -> str:
    """The HTML text."""
    records = {target: record for target, (record, _) in found.modes.items()}
    return document(
        HERE,
        found=found,
        records=records,
        claims={
            "univariate": words.univariate(found.univariate),
            "estimate": words.estimate(found.estimate),
            "vanishing": words.vanishing(found.vanishing),
            "modes": words.modes(records),
            "dirac": words.dirac(found.dirac),
            "truncation": words.truncation(found.truncation[0]),
        },
        formulas=formulas(row["module"] for row in found.univariate["divergences"].values()),
        math=lambda text: Markup(formula.typeset(text)),
        figures=figures,
        words=words,
        strips={target: strips(record, points) for target, (record, points) in found.modes.items()},
        targets={target: figures.strip([figures.scatter(p["target"])]) for target, (_, p) in found.modes.items()},
        slopes=slopes(found.vanishing),
        paths=paths(found.dirac),
        digits=digits(*found.truncation),
        stages_of_modes=[f"modes@{target}" for target in records],
    )


def formulas(modules: Any) -> dict[str, tuple[str, dict[str, list[Markup]]]]:
    """{module: (title, {"f(u)": typeset, ...})}, from what the docstring of each divergence states."""
    table = {}
    for name in dict.fromkeys(modules):
        docstring = find("divergences", name).__doc__ or ""
        stated = formula.stated(docstring)
        typeset = {key: [Markup(formula.typeset(text)) for text in texts] for key, texts in stated.items()}
        table[name] = (docstring.split(":")[0].split(",")[0], typeset)
    return table


def strips(record: Record, points: Points) -> dict[str, dict[str, Picture]]:
    """{"games" or "cures": {label: the first seed's samples over training}}; of a part that was played at all."""
    found: dict[str, dict[str, Picture]] = {}
    for part in ("games", "cures"):
        for label in record[part]:
            prefix = f"{part}/{label}/"
            drawn = {int(key.removeprefix(prefix)): p for key, p in points.items() if key.startswith(prefix)}
            pictures = [figures.scatter(drawn[step]) for step in sorted(drawn)]
            if pictures:
                found.setdefault(part, {})[label] = figures.strip(pictures)
    return found


def slopes(found: Record) -> list[Chart]:
    """Exact divergences and their slopes, the critics' shapes, and the slopes that they give while they learn."""
    thetas, exact = found["thetas"], found["exact"]
    told = {name: exact[name] for name in TOLD if name in exact}
    kinds = {name: f"c{index + 1}" for index, name in enumerate(told)}
    wasserstein = {"W1": ("c0", found["wasserstein"]["values"])}
    values = wasserstein | {row["title"]: (kinds[name], row["values"]) for name, row in told.items()}
    steep = {"W1": ("c0", found["wasserstein"]["slopes"])}
    steep |= {row["title"]: (kinds[name], row["slopes"]) for name, row in told.items()}
    charts = [
        figures.curves("Divergence of N(0, s²) from N(θ, s²)", thetas, values, ("θ", ""), log_y=True, floor=1e-3),
        figures.curves("Its slope in θ", thetas, steep, ("θ", ""), log_y=True, floor=1e-8),
    ]
    critics = found["critics"]
    shapes = {name: (f"c{i}", _scaled(row["shape"])) for i, (name, row) in enumerate(critics.items()) if row["shape"]}
    charts.append(
        figures.curves(
            f"Trained critics, θ = {found['pictured']:g}, each scaled to 1", found["grid"], shapes, ("x", "")
        )
    )
    last = list(next(iter(critics.values()))["slopes"])[-1]
    during = {name: (f"c{i}", _sizes(row["slopes"][last])) for i, (name, row) in enumerate(critics.items())}
    charts.append(
        figures.curves(
            f"Slope given to the generator, θ = {last}",
            found["looks"],
            during,
            ("steps of the critic", ""),
            log_x=True,
            log_y=True,
            floor=1e-8,
        )
    )
    return charts


def _scaled(values: Sequence[float]) -> list[float | None]:
    """Centred and divided by the largest size, so that critics of any scale are seen together."""
    middle = (max(values) + min(values)) / 2
    size = max(abs(value - middle) for value in values) or 1.0
    return [(value - middle) / size for value in values]


def _sizes(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else abs(value) for value in values]


def paths(found: Record) -> dict[str, list[Chart]]:
    """Phase portraits, by objective."""
    return {
        name: [figures.phase(words.spoken(setting), path, _reach(path)) for setting, path in by.items()]
        for name, by in found["paths"].items()
    }


def _reach(path: Record) -> float:
    return 1.15 * max(abs(value) for place in path["places"] for value in place)


def digits(record: Record, images: Points) -> dict[str, list[tuple[str, Picture]]]:
    """Some samples of each generator at each ψ."""
    shown: dict[str, list[tuple[str, Picture]]] = {}
    for key, pixels in images.items():
        name, psi = key.split("/")
        picture = inline(Images(pixels, np.full(len(pixels), -1)), 4, 4, 8000)
        shown.setdefault(name, []).append(("not truncated" if psi == "None" else f"ψ = {psi}", picture))
    return shown
