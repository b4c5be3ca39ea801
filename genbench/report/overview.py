"""One picture of a benchmark: real images and the best runs side by side, each with name and score."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genbench.data.images import Images
from genbench.report.grids import enlarged, grid
from genbench.report.leaderboard import Leaderboard, headline, trained
from genbench.report.printed import full, heading, number

PANELS = 8  # real images and the first runs of the table
COLUMNS = 4
PANEL = 260  # pixels
MARGIN = 28
CAPTION = 58
INK, FAINT, PAPER = "#1f2328", "#656d76", "#ffffff"


def overview(board: Leaderboard, real: Mapping[str, Images], samples: Mapping[str, Images]) -> np.ndarray:
    """Draw the picture, (H, W, 3) uint8. samples: by run, of one seed; a run without any has no panel.

    real: by the names of their panels, which come first, the one with the floor last.

    Panels follow the order of the table, so the best trained runs are shown and the rest are not.
    """
    column = headline(board)[0]
    panels = [(name, "", images) for name, images in real.items()]
    panels[-1] = (panels[-1][0], _floor(board), panels[-1][2])
    panels += [(row["run"], full(row, column), samples[row["run"]]) for row in trained(board) if row["run"] in samples]
    panels = panels[:PANELS]
    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    width = columns * (PANEL + MARGIN) + MARGIN
    sheet = Image.new("RGB", (width, CAPTION + rows * (PANEL + CAPTION + MARGIN)), PAPER)
    pen = ImageDraw.Draw(sheet)
    title = f"{board['dataset']['name']}: {heading(column)} and evenly spaced samples of each run"
    pen.text((MARGIN, 20), title, font=_font(17, bold=True), fill=INK)
    for index, (name, text, images) in enumerate(panels):
        left = MARGIN + index % columns * (PANEL + MARGIN)
        top = CAPTION + index // columns * (PANEL + CAPTION + MARGIN)
        sheet.paste(_panel(images), (left, top))
        pen.text((left, top + PANEL + 8), _cut(name), font=_font(16, bold=True), fill=INK)
        pen.text((left, top + PANEL + 31), text, font=_font(14), fill=FAINT)
    return np.asarray(sheet)


def _floor(board: Leaderboard) -> str:
    column = headline(board)[0]
    floor = board["protocols"][column["extractor"]]["floors"].get(column["metric"])
    if not floor:
        return ""
    return f"floor {number(floor['mean'], column['decimals'])} ± {number(floor['sd'], column['decimals'])}"


def _panel(images: Images) -> Image.Image:
    picture = Image.fromarray(enlarged(grid(images, 6, 6), PANEL)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, PAPER), picture).resize(
        (PANEL, PANEL), Image.Resampling.BOX
    )


def _cut(name: str, length: int = 26) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}…"


def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Load the font that matplotlib carries: the same letters on every machine."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)
