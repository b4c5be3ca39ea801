"""The picture of a benchmark: one panel a run, in the order of the table, those of calibration rows last."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data.images import Images
from genbench.report import overview as module
from genbench.report.leaderboard import Leaderboard, headline, trained
from genbench.report.overview import COLUMNS, HEIGHT, MARGIN, PANEL, TITLE, overview
from genbench.report.printed import full
from genbench.report.stored import parse
from tests.support.clone import ROOT


@pytest.fixture(scope="module")
def board() -> Leaderboard:
    return parse((ROOT / "reports/leaderboard.json").read_text(encoding="utf-8"), "leaderboard.json")


def flat(grey: int) -> Images:
    return Images(np.full((30, 1, 8, 8), grey, np.uint8), np.full(30, -1))


def greys(picture: np.ndarray) -> list[int]:
    """The shade of each panel, at the centre of its middle image, in the order of reading."""
    rows = (picture.shape[0] - TITLE) // HEIGHT
    places = [
        (TITLE + y * HEIGHT, MARGIN + x * (PANEL + MARGIN))
        for y in range(rows)
        for x in range(min(COLUMNS, (picture.shape[1] - MARGIN) // (PANEL + MARGIN)))
    ]
    return [int(picture[top + PANEL // 2, left + PANEL // 2, 0]) for top, left in places]


def test_panels_follow_the_table_and_calibration_rows_come_last(board: Leaderboard) -> None:
    order = [row["run"] for row in trained(board)]
    order += [row["run"] for row in board["rows"] if row["calibration"]]
    shades = {run: 10 + 5 * place for place, run in enumerate(order)}
    picture = overview(board, {"real images": flat(5)}, {run: flat(shades[run]) for run in reversed(order)})
    assert greys(picture)[: 1 + len(order)] == [5, *shades.values()]


def test_a_run_without_samples_has_no_panel(board: Leaderboard) -> None:
    first, second, third = (row["run"] for row in trained(board)[:3])
    picture = overview(board, {"real images": flat(5)}, {first: flat(10), third: flat(30)})
    assert second not in (first, third) and greys(picture) == [5, 10, 30]


def test_there_are_no_more_panels_than_fit(board: Leaderboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PANELS", 3)
    picture = overview(board, {"real images": flat(5)}, {row["run"]: flat(50) for row in board["rows"]})
    assert greys(picture) == [5, 50, 50]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("nsgan", ["nsgan"]),
        ("gaussian_mixture_fashion", ["gaussian_", "mixture_fashion"]),
        ("nsgan_minibatch_discrimination_tuned", ["nsgan_", "minibatch_discr…"]),
        ("minibatchdiscrimination", ["minibatchdiscri…"]),
    ],
)
def test_a_long_name_takes_two_lines_and_does_not_reach_the_next_panel(name: str, lines: list[str]) -> None:
    font = module._font(18, bold=True)
    assert module._broken(name, font) == lines
    assert max(map(font.getlength, lines)) < PANEL + MARGIN


def test_scores_do_not_reach_the_next_panel() -> None:
    font = module._font(module.SCORE)
    for path in [ROOT / "reports/leaderboard.json", *ROOT.glob("reports/published/*/leaderboard.json")]:
        board = parse(path.read_text(encoding="utf-8"), str(path))
        scores = [full(row, headline(board)[0]) for row in board["rows"]]
        assert max(map(font.getlength, scores)) < PANEL + MARGIN
