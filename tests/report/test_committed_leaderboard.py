"""What the committed leaderboards must say, whatever later runs move: the order of the calibration rows, the distance
of noise, and that something learnt; and that the README shows the default one."""

import re
from typing import Any

import pytest

from genbench.find import members
from genbench.report.leaderboard import Leaderboard, trained
from genbench.report.stored import parse
from genbench.report.tables import markdown
from tests.support.clone import ROOT
from tests.support.pairs import translates

#: The default benchmark, and the whole catalogue on the same images.
BOARDS = ["reports/leaderboard.json", "reports/published/digits_all/leaderboard.json"]

#: Models that come with the next run of the whole catalogue, whose committed report is of older code.
COMING = {
    "bigan",
    "categorical_mixture",
    "conditional_gan",
    "denoising_autoencoder",
    "denoising_vae",
    "edm",
    "gaussian_mixture",
    "iaf_vae",
    "kernel_density",
    "made",
    "mdlm",
    "meanflow",
    "otcfm",
    "pca_gaussian",
    "stylegan",
    "text_gan",
    "vampprior",
    "vdm",
    "vqgan",
}


def read(path: str) -> Leaderboard:
    """A committed leaderboard.json, as the stage report wrote it."""
    return parse((ROOT / path).read_text(encoding="utf-8"), path)


@pytest.fixture(scope="module", params=BOARDS)
def board(request: pytest.FixtureRequest) -> Leaderboard:
    return read(request.param)


@pytest.fixture(scope="module")
def whole() -> Leaderboard:
    """The whole catalogue."""
    return read(BOARDS[1])


@pytest.fixture(scope="module")
def fid(board: Leaderboard) -> dict[str, float]:
    """Mean FID by run, of the runs that have one."""
    means = {row["run"]: row["scores"]["classifier"]["fid"]["mean"] for row in board["rows"]}
    return {run: mean for run, mean in means.items() if mean is not None}


def test_calibration_rows_stand_in_their_order(fid: dict[str, float]) -> None:
    assert fid["held_out"] < fid["mode_drop"] < fid["noise"]


def test_noise_is_far_from_every_family(board: Leaderboard, fid: dict[str, float]) -> None:
    for model in {row["model"] for row in trained(board)}:
        best = min(fid[row["run"]] for row in trained(board) if row["model"] == model)
        assert fid["noise"] >= 5 * best, model


def test_something_learnt(board: Leaderboard, fid: dict[str, float]) -> None:
    floor = board["protocols"]["classifier"]["floors"]["fid"]["mean"]
    assert min(fid[row["run"]] for row in trained(board)) <= 5 * floor


def test_mode_drop_costs_recall_more_than_precision(board: Leaderboard) -> None:
    scores: dict[str, Any] = {row["run"]: row["scores"]["classifier"] for row in board["rows"]}
    lost = {key: scores["held_out"][key]["mean"] - scores["mode_drop"][key]["mean"] for key in ("precision", "recall")}
    assert lost["recall"] > lost["precision"]


def test_three_seeds_at_least(board: Leaderboard) -> None:
    assert all(len(row["cells"]) >= 3 for row in board["rows"])


def test_the_readme_shows_the_default_table() -> None:
    board = read(BOARDS[0])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- leaderboard.*?-->\n(.*?)\n<!-- /leaderboard -->", readme, re.DOTALL)
    assert shown
    tables = markdown(board)
    assert shown[1].strip() == tables[tables.index("| run") : tables.index("\n## ")].strip()


def test_the_finding_of_the_readme_is_that_of_the_board() -> None:
    board = read(BOARDS[0])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    scores = {
        row["run"]: {**row["scores"]["classifier"], "pixels": row["scores"]["pixels"]["fid"]} for row in board["rows"]
    }
    mean: dict[str, dict[str, Any]] = {
        run: {name: said["mean"] for name, said in of_run.items()} for run, of_run in scores.items()
    }
    told = {row["run"] for row in trained(board) if row["conditional"]}
    deep = {row["run"]: mean[row["run"]] for row in trained(board) if row["run"] not in told}
    mixture, best = mean["gaussian_mixture"], min(deep, key=lambda run: deep[run]["fid"])
    assert mixture["fid"] < deep[best]["fid"] and f"the nearest is {best}, with {shown(scores[best])}" in readme
    assert f"has FID {shown(scores['gaussian_mixture'])}. At this budget no deep row reaches it" in readme
    assert all(row["inception_score"] < mixture["inception_score"] for row in deep.values())
    assert all(row["precision"] < mixture["precision"] and row["pixels"] > mixture["pixels"] for row in deep.values())
    more = sum(row["recall"] > mixture["recall"] for row in deep.values())
    assert (more, len(deep)) == (8, 9) and "eight of nine have more recall" in readme
    likely = bits(board)
    assert all(likely[run] < likely["gaussian_mixture"] for run in deep if run in likely)
    assert told == {"cgan_projection"}
    of_told = mean["cgan_projection"]
    assert of_told["inception_score"] > max(row["inception_score"] for row in [mixture, *deep.values()])
    assert of_told["recall"] < min(row["recall"] for row in deep.values())
    assert (
        f"inception score, {of_told['inception_score']:.2f}" in readme
        and f"{of_told['recall']:.3f}: it draws" in readme
    )


def shown(scores: Any) -> str:
    """The FID of a row and the error of its draw, as the README has them."""
    return f"{scores['fid']['mean']:.1f} ± {scores['fid']['draw']:.1f}"


def bits(board: Leaderboard) -> dict[str, float]:
    """Mean bits per dimension by run, of the runs that have a likelihood."""
    return {row["run"]: said["mean"] for row in board["rows"] if (said := row["likelihood"])}


def test_what_learns_dependence_predicts_better_than_independent_pixels(board: Leaderboard) -> None:
    said = bits(board)
    assert said["pixelcnn"] < said["pixel_histogram"]
    assert said["realnvp"] < said["pixel_histogram"], "a bound that is below an exact value is below it in truth"


def test_one_row_of_every_family(board: Leaderboard) -> None:
    models = {row["model"] for row in trained(board)}
    assert models >= {"gan", "vae", "pixelcnn", "realnvp"}
    assert models & {"ddpm", "edm"}


def test_the_whole_catalogue_has_every_model_with_five_seeds(whole: Leaderboard) -> None:
    """All but those of a user's own and those that translate, for which the digits have no pairs."""
    elsewhere = {"external"} | {name for name in members("models") if translates({"model": name})}
    assert {row["model"] for row in whole["rows"]} >= set(members("models")) - elsewhere - COMING
    assert all(len(row["cells"]) == 5 for row in whole["rows"])


@pytest.mark.parametrize("name", ["leaderboard.md", "index.html"])
def test_the_whole_catalogue_says_that_it_is_of_older_code(name: str) -> None:
    text = (ROOT / "reports/published/digits_all" / name).read_text(encoding="utf-8")
    assert "Older code made this report" in text.partition("judged against real images")[0]


@pytest.mark.parametrize("run", ["pixelcnn", "pixelcnn_conditional", "realnvp", "glow", "spline_flow"])
def test_every_autoregressive_model_and_flow_predicts_better_than_independent_pixels(
    whole: Leaderboard, run: str
) -> None:
    assert bits(whole)[run] < bits(whole)["pixel_histogram"]
