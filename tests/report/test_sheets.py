"""Sheets on the page of a run: every image at its place, with what rows and columns mean; none for other runs."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
from PIL import Image

from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.data.sheets import CAPTIONS, SIDE
from tests.support.report_tree import write_tree


def test_a_row_with_sheets_shows_them_under_its_samples(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, ("held_out", "vae", "gan"), (0,), points=20)
    levels = np.arange(SIDE * SIDE, dtype=np.uint8)
    pixels = np.ascontiguousarray(np.broadcast_to(levels[:, None, None, None], (len(levels), 1, 8, 8)))
    Images(pixels, np.full(len(levels), -1)).save(tmp_path / Paths("digits").sheet("gan", 0, "mixing"))
    tree.report()
    text = (tree.reports / "index.html").read_text()
    (uri,) = re.findall(r'<img src="data:image/png;base64,([^"]+)"[^>]*alt="Images of gan in rows and columns"', text)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri))))[::9, ::9, 0]
    assert shown.ravel().tolist() == levels.tolist()
    assert CAPTIONS["mixing"] in text and CAPTIONS["psi"] not in text
