"""Sheets of codes: ends of truncation, styles of both parents, and models without codes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from genbench.data.sheets import CAPTIONS, SIDE
from genbench.evaluation.sheets import draw, has_styles, sheets_of
from genbench.models import Model
from genbench.pipeline import params, runs
from tests.support.clone import ROOT

CATALOGUE = params.load(ROOT / "params.yaml").runs
SHAPE = (1, 8, 8)


def model(run: str) -> Any:
    made: Any = runs.model(CATALOGUE[run].train, SHAPE, seed=0, key=run).eval()
    if has_styles(made):
        made.mean_style.fill_(0.3)
    return made


def sheet(model: Model, name: str) -> Tensor:
    with torch.no_grad():
        images = sheets_of(model)[name](0)
    assert images.shape == (SIDE * SIDE, *SHAPE)
    return images.view(SIDE, SIDE, *SHAPE)


@pytest.mark.parametrize("run", ["stylegan", "stylegan2"])
def test_truncation_of_styles_goes_from_the_mean_style_to_each_of_its_own(run: str) -> None:
    made = model(run)
    rows = sheet(made, "psi")
    with torch.no_grad():
        mean = made.generator.of_styles(made.mean_style[None])
        for row in rows:
            torch.testing.assert_close(row[0], mean[0])
    assert not torch.equal(rows[0, -1], rows[1, -1])
    untouched = sheet(model(run), "psi")[:, -1]
    assert torch.equal(rows[:, -1], untouched)
    made.mean_style.fill_(-0.5)
    torch.testing.assert_close(sheet(made, "psi")[:, -1], untouched, msg="ψ = 1 does not depend on the mean style")


def test_a_mixed_image_changes_with_either_parent_and_is_that_of_two_equal_ones() -> None:
    made = model("stylegan2")
    rows = sheet(made, "mixing")
    assert (rows[0, 0] == 1).all(), "the corner is white"
    inside = rows[1:, 1:].flatten(0, 1)
    assert len(torch.unique(inside, dim=0)) == (SIDE - 1) ** 2
    with torch.no_grad():
        for parameter in made.generator.mapping.parameters():
            parameter.fill_(0.0)  # one style for all codes
    rows = sheet(made, "mixing")
    for image in (*rows[0, 1:], *rows[1:].flatten(0, 1)):
        torch.testing.assert_close(image, rows[0, 1])


def test_codes_within_bounds_end_with_those_of_plain_samples() -> None:
    made = model("biggan")
    rows = sheet(made, "psi")
    assert len(torch.unique(rows.flatten(0, 1), dim=0)) == SIDE**2
    assert torch.equal(rows, sheet(made, "psi"))


@pytest.mark.parametrize(
    ("run", "names"),
    [("stylegan", list(CAPTIONS)), ("nsgan", ["psi"]), ("gigagan", ["psi"]), ("ddpm", []), ("noise", [])],
)
def test_models_have_the_sheets_that_their_codes_allow(run: str, names: list[str]) -> None:
    assert list(sheets_of(model(run))) == names


def test_a_sheet_is_on_the_grey_levels_and_of_no_class() -> None:
    images = draw(sheets_of(model("stylegan"))["mixing"], 17, 0)
    assert len(images) == SIDE**2 and (images.labels == -1).all()
    assert set(images.pixels.flatten().tolist()) <= {round(level * 255 / 16) for level in range(17)}
