"""The leaderboard as one self-contained page: it loads nothing, and runs only its own script.

The content security policy admits the page's style and script by their hashes and pictures as data: URIs. Templates
make its tables and not pandas, whose HTML has no keys to sort by, no rows that open, and no scopes of headings.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from genbench.report import (
    columns,
    further,
    human,
    leaderboard,
    likelihood,
    printed,
    published,
    reconstruction,
    representation,
    side_by_side,
    sizes,
    sweep,
    truths,
)
from genbench.report.caption import caption, failures, lead, spreads
from genbench.report.charts import LossChart
from genbench.report.costs import Cost, slow_rows
from genbench.report.families import families, family
from genbench.report.grids import Picture
from genbench.report.identity import Identity
from genbench.report.leaderboard import Leaderboard, Row
from genbench.report.nearest import Band
from genbench.report.pairs import Translated
from genbench.report.references import short
from genbench.report.scatters import scatters

TEMPLATES = Path(__file__).parent / "templates"
DOWNLOADS = {  # files beside the page, by what is in them
    "CSV": "leaderboard.csv",
    "JSON of all records": "leaderboard.json",
    "BibTeX": "leaderboard.bib",
    "LaTeX": "leaderboard.tex",
}
SHEETS = ("page.css", "scores.css", "nearest.css", "side_by_side.css")
# one after the other in one script, so that later ones see the names of earlier ones
SCRIPTS = ("address.js", "page.js", "filters.js", "points.js", "large.js", "copy.js", "student.js", "side_by_side.js")


@dataclass(frozen=True)
class Details:
    """Details that a row opens to. grid, strip: many and few samples, None where there are none. costs: by seed.

    ordered: True where the grid's samples are in order of their realism. sheets: with their captions. translated:
    pairs, of a dataset of them alone. nearest: samples above their nearest training images.
    """

    grid: Picture | None
    sheets: Sequence[tuple[str, Picture]]
    ordered: bool
    strip: Picture | None
    charts: Sequence[LossChart]
    costs: Sequence[Cost]
    translated: Translated | None = None
    nearest: Sequence[Band] = ()


def page(board: Leaderboard, details: Mapping[str, Details], real: Picture, made: Identity) -> str:
    """Write the HTML text. details: by run. real: a grid of real images. made: by which commit."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pairs = board.get("pairs")
    sheets = (*SHEETS, *(["pairs.css"] if pairs else []))
    style = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in sheets)
    script = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return environment.get_template("page.html.j2").render(
        board=board,
        details=details,
        pairs=pairs,
        made=made,
        downloads=DOWNLOADS,
        real=real,
        scatters=scatters(board, {run: detail.costs for run, detail in details.items()}),
        lead=lead(board),
        spreads=spreads(board),
        caption=caption(board),
        failures=failures(board),
        notes=printed.notes(board),
        columns=columns.shown(board),
        width=columns.width(board),
        standing=columns.standing,
        weights_of=columns.weights_of,
        families=families(leaderboard.trained(board)),
        family=family,
        breakable=breakable,
        printed=printed,
        published=published,
        short=short,
        leaderboard=leaderboard,
        likelihood=likelihood,
        further=further,
        human=human,
        sizes=sizes,
        representation=representation,
        side_by_side=side_by_side,
        reconstruction=reconstruction,
        sweep=sweep,
        truths=truths,
        slow_rows=slow_rows(board, {run: detail.costs for run, detail in details.items()}),
        command=command,
        verification=verification,
        options=options,
        policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}",
        style=Markup(style),
        script=Markup(script),
    )


def command(row: Row, profile: str) -> str:
    """Give the shell line that trains a run's seeds again, under the page's profile, and then scores them."""
    stages = " ".join(shlex.quote(f"train@{row['run']}-{cell['seed']}") for cell in row["cells"])
    return f"genbench use {shlex.quote(profile)} && dvc repro -f {stages} && dvc repro"


def verification(row: Row, profile: str) -> str:
    """Give the shell line that trains one seed again and compares its numbers with those of the page's profile."""
    return f"genbench verify {shlex.quote(row['run'])} --profile {shlex.quote(profile)}"


def breakable(name: str) -> Markup:
    """Let a name be broken after each underscore."""
    return Markup("_<wbr>").join(name.split("_"))


def options(row: Row) -> list[tuple[str, str]]:
    """Give a run's options as (dotted name, value): those of training, then those of sampling."""
    return [pair for half in ("train", "sample") for pair in flat(row["options"].get(half, {}), f"{half}.")]


def flat(options: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Flatten nested options to (dotted name, value)."""
    for name, value in options.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", flow(value)


def flow(value: Any) -> str:
    """Print a value as runs/<run>.yaml has it."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {flow(part)}' for name, part in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow(part) for part in value)}]"
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
