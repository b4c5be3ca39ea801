"""Pictures of a trained run: the same by the same seeds, of what is asked for, and refusals in one line."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stages.sample
from genbench import cli
from genbench.data import prepared
from genbench.data.datasets import digits
from genbench.data.images import Images
from genbench.data.paths import CODE, Paths
from genbench.engine.learner import Data
from genbench.engine.loop import train
from genbench.engine.options import TrainOptions
from genbench.files.atomic import write_json
from genbench.pipeline import cell, params, runs
from tests.support.clone import ROOT

OPTIONS = TrainOptions(steps=1, batch=8, ema=0.9, log_every=1, grid_every=1)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A benchmark in which some runs were trained for a step, with seed 0."""
    root = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "params.yaml", root)
    shutil.copytree(ROOT / "runs", root / "runs")
    p = params.load(root / "params.yaml")
    dataset = digits.load(source=root, size=None)
    few = dataset.images[:40]
    images = Images(few.pixels, few.labels)
    paths = Paths(p.dataset)
    splits = dict.fromkeys(("train", "validation", "reference", "held_out"), images)
    prepared.save(root / paths.images, p.dataset, dataset, splits)
    data = Data(images, images[:0], images, dataset.levels, dataset.classes)
    for name in ("gigagan", "acgan", "vae", "stylegan2", "noise"):
        half = p.run(name).train
        done = train(runs.model(half, images.shape), data, OPTIONS, seed=0, scratch=root / "scratch" / name)
        cell.save(root / paths.weights(name, 0), done, half, OPTIONS)
    return root


@pytest.fixture(autouse=True)
def inside(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)


def drawn(*words: str) -> np.ndarray:
    cli.main(["sample", *words, "--seed", "0", "--images", "6", "--output", "drawn.npy"])
    pixels: np.ndarray = np.load("drawn.npy")
    assert pixels.shape == (6, 8, 8, 1)
    assert pixels.dtype == np.uint8
    return pixels


def test_the_same_words_draw_the_same_pictures() -> None:
    for words in (["vae"], ["acgan", "--class", "3"], ["gigagan", "--caption", "a dark seven", "--psi", "0.5"]):
        assert np.array_equal(drawn(*words), drawn(*words))
        assert not np.array_equal(drawn(*words), drawn(*words, "--stream", "1"))


def test_other_captions_and_classes_are_other_pictures() -> None:
    assert not np.array_equal(drawn("acgan", "--class", "3"), drawn("acgan", "--class", "4"))
    one, other = (drawn("gigagan", "--caption", caption) for caption in ("a dark seven", "a wide one"))
    assert not np.array_equal(one, other)


def test_a_grid_is_a_picture() -> None:
    cli.main(["sample", "vae", "--seed", "0", "--images", "16", "--output", "grid.png"])
    with Image.open("grid.png") as grid:
        assert grid.size == (8 * 36 - 4, 2 * 36 - 4)


@pytest.mark.parametrize(("run", "sheet"), [("stylegan2", "psi"), ("stylegan2", "mixing"), ("vae", "psi")])
def test_a_sheet_has_rows_and_columns(run: str, sheet: str) -> None:
    cli.main(["sample", run, "--seed", "0", "--sheet", sheet, "--output", "sheet.png"])
    with Image.open("sheet.png") as grid:
        assert grid.size == (6 * 36 - 4, 6 * 36 - 4)


def test_the_stage_draws_sheets_of_a_model_with_styles_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages.sample, "use_threads", lambda threads: None)  # of this process, once for all
    paths = Paths("digits")
    for run, sheets in (("stylegan2", ["mixing", "psi"]), ("vae", [])):
        for part in ("stages/sample", f"runs/{run}.train", f"runs/{run}.sample"):
            write_json(CODE / f"{part}.json", "")
        stages.sample.main(run, 0)
        folder = paths.samples(run, 0).parent
        assert sorted(path.parent.name for path in folder.glob("sheets/*/pixels.npy")) == sheets
        assert len(Images.load(folder / "final")) == 40 * params.load().sampling.blocks


def test_attributes_that_a_caption_asks_for_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    pixels = drawn("gigagan", "--caption", "a dark seven")
    shares = {
        line.split(": ")[0]: float(line.split(": ")[1].split()[0]) for line in capsys.readouterr().out.splitlines()
    }
    model = cell.load(Paths("digits").weights("gigagan", 0), "ema")
    dark = pixels.mean((1, 2, 3)) / 255 <= model.get_buffer("medians")[0].item()
    assert shares == {"dark": pytest.approx(dark.mean(), abs=0.005)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gigagan", "--caption", "a drak seven"], "did you mean 'dark'?"),
        (["vae", "--caption", "a seven"], "--caption: vae takes no captions"),
        (["vae", "--class", "7"], "--class: vae takes no classes"),
        (["acgan", "--class", "seven"], "unknown class 'seven'"),
        (["held_out", "--psi", "0.5"], "training.json"),
        (["nsgam"], "unknown run 'nsgam'; did you mean 'nsgan'?"),
        (["gigagan", "--psi", "0"], "psi"),
        (["vae", "--sheet", "mixing"], "--sheet mixing: vae has none; it has psi"),
        (["noise", "--psi", "0.5"], "option 'psi'"),
        (["noise", "--sheet", "psi"], "--sheet psi: noise has none; it has no codes"),
        (["vae", "--sheet", "psi", "--psi", "0.5"], "--psi: expected none beside --sheet"),
        (["vae", "--images", "0"], "--images: expected at least 1, got 0"),
        (["vae", "--output", "a.jpg"], "--output a.jpg: expected a file .png or .npy"),
    ],
)
def test_refusals(words: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["sample", "--seed", "0", "--output", "refused.npy", *words])
    assert said in str(stop.value.code)
    assert "\n" not in str(stop.value.code)
    assert not Path("refused.npy").exists()
