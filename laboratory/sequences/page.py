"""The page of the three studies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genbench.find import PACKAGE
from genbench.report.document import document
from laboratory.claims import Claim, spoken
from laboratory.sequences import claims, figures
from laboratory.sequences.options import Options

HERE = PACKAGE.parent / "laboratory/sequences"  # where templates lie; dvc.yaml names them
DIVERGENCES = PACKAGE.parent / "laboratory/divergences"  # whose style of claims and charts this page's own stands on

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Studies:
    """Records of the three studies."""

    bounds: Record
    gradients: Record
    learning: Record


def page(studies: Studies, options: Options) -> str:
    """Make the page; returns the HTML text."""
    return document(
        HERE.parent,
        DIVERGENCES,
        HERE,
        options=options,
        studies=studies,
        finding=claims.finding(studies.bounds, studies.learning),
        claims=claims_of(studies),
        stages=["bounds", "gradients", "learning"],
        figures=figures,
        spoken=spoken,
    )


def claims_of(studies: Studies) -> dict[str, list[Claim]]:
    """Make the claims of every study, by its name."""
    return {
        "bounds": claims.bounds(studies.bounds),
        "gradients": claims.gradients(studies.gradients),
        "learning": claims.learning(studies.learning),
    }
