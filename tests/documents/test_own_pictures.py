"""docs/own_pictures.md: a folder of pictures becomes a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.clone import change
from tests.support.printed import SHORT, Reader


@pytest.mark.soak
@pytest.mark.pipeline
def test_pictures_of_ones_own(project: Reader, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for index in range(60):
        path = tmp_path / "pictures" / "ab"[index % 2] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(256, size=(9, 11, 3), dtype=np.uint8)).save(path)
    said = project.types(".venv/bin/genbench use image_folder --source ~/pictures", under={"HOME": str(tmp_path)})
    assert "60 pictures, 2 classes: a 30, b 30" in said
    params = (project.path / "params.yaml").read_text(encoding="utf-8")
    few: dict[str, Any] = {"enabled": ["vae"], "seeds": [0], "extractors": ["random_conv"], "data": {"pixels": 8}}
    change(project.path, **few, train=SHORT["train"], sampling={"blocks": 1})
    assert "vae" in project.types("make bench")
    assert project.json("reports/leaderboard.json")["dataset"]["name"] == "image_folder"
    project.types("genbench use pictures")
    assert (project.path / "params.yaml").read_text(encoding="utf-8") == params
