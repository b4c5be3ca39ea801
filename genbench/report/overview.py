"""One picture of a benchmark: real images, the best runs and the baselines side by side, with names and scores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genbench.data.images import Images
from genbench.report.grids import enlarged, grid
from genbench.report.leaderboard import Leaderboard, calibration, headline, trained
from genbench.report.printed import full, heading, number

PANELS = 21
COLUMNS = 7
SIDE = 5  # images of a panel's side
PANEL = 168  # pixels
MARGIN = 20
LINE = 23  # of a caption, which has three: a name may take two
SCORE = 15  # pixels of its letters: numbers with both errors are as wide as a panel with its margin
TITLE = 58
HEIGHT = PANEL + 3 * LINE + MARGIN
INK, FAINT, PAPER = "#1f2328", "#656d76", "#ffffff"


class Panel(NamedTuple):
    """Samples with what stands below them."""

    name: str
    score: str
    ink: str
    images: Images


def overview(board: Leaderboard, real: Mapping[str, Images], samples: Mapping[str, Images]) -> np.ndarray:
    """Draw the picture, (H, W, 3) uint8. samples: by run, of one seed; a run without any has no panel.

    real: by the names of their panels, which come first, the one with the floor last.

    Panels follow the order of the table: the best trained runs, then the calibration rows as far as there is room.
    """
    column = headline(board)[0]
    panels = [Panel(name, "", INK, images) for name, images in real.items()]
    panels[-1] = panels[-1]._replace(score=_floor(board))
    for rows, ink in ((trained(board), INK), (calibration(board), FAINT)):
        drawn = (row for row in rows if row["run"] in samples)
        panels += [Panel(row["run"], full(row, column), ink, samples[row["run"]]) for row in drawn]
    panels = panels[:PANELS]
    columns = min(COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    width = columns * (PANEL + MARGIN) + MARGIN
    sheet = Image.new("RGB", (width, TITLE + lines * HEIGHT), PAPER)
    pen = ImageDraw.Draw(sheet)
    title = f"{board['dataset']['name']}: {heading(column)} and evenly spaced samples; calibration rows are grey"
    pen.text((MARGIN, 20), title, font=_font(20, bold=True), fill=INK)
    bold, plain = _font(18, bold=True), _font(SCORE)
    for index, panel in enumerate(panels):
        left = MARGIN + index % columns * (PANEL + MARGIN)
        top = TITLE + index // columns * HEIGHT
        sheet.paste(_square(panel.images), (left, top))
        name = _broken(panel.name, bold)
        for line, text in enumerate([*name, panel.score]):
            font, ink = (bold, panel.ink) if line < len(name) else (plain, FAINT)
            pen.text((left, top + PANEL + 5 + line * LINE), text, font=font, fill=ink)
    return np.asarray(sheet)


def _floor(board: Leaderboard) -> str:
    column = headline(board)[0]
    floor = board["protocols"][column["extractor"]]["floors"].get(column["metric"])
    if not floor:
        return ""
    return f"floor {number(floor['mean'], column['decimals'])} ± {number(floor['sd'], column['decimals'])}"


def _square(images: Images) -> Image.Image:
    picture = Image.fromarray(enlarged(grid(images, SIDE, SIDE), PANEL)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, PAPER), picture).resize(
        (PANEL, PANEL), Image.Resampling.BOX
    )


def _broken(name: str, font: ImageFont.FreeTypeFont) -> list[str]:
    """Break a name that is wider than a panel with its margin after an underscore, once, and cut what is left over."""

    def fits(text: str) -> bool:
        return font.getlength(text) <= PANEL + MARGIN - 8

    if fits(name):
        return [name]
    ends = (end for end in range(len(name), 0, -1) if name[end - 1] == "_" and fits(name[:end]))
    head = next(ends, 0)
    tail = name[head:]
    if not fits(tail):
        tail = next(cut for end in range(len(tail), 0, -1) if fits(cut := f"{tail[:end]}…"))
    return [name[:head], tail] if head else [tail]


def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Load the font that matplotlib carries: the same letters on every machine."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)
