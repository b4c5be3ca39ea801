"""`genbench use image_folder --source FOLDER`: any folder becomes a benchmark that fits, or nothing changes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genbench import cli
from genbench.data.datasets.image_folder import Survey
from genbench.data.splits import SPLITS
from genbench.files.picture import Listing
from genbench.files.section import read
from genbench.pipeline import own_pictures, params, profiles
from genbench.pipeline.check import check
from tests.support.clone import ROOT, change, copy_params

Paint = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without results, as the current folder."""
    project = tmp_path / "project"
    project.mkdir()
    copy_params(project)
    shutil.copytree(ROOT / "profiles", project / "profiles")
    monkeypatch.chdir(project)
    return project


@pytest.fixture
def paint(tmp_path: Path) -> Paint:
    """Writes pictures of random pixels into a folder, so many in each subfolder, and returns the folder."""
    rng = np.random.default_rng(0)

    def make(folder: str = "my pictures", ending: str = "png", channels: int = 3, **counts: int) -> Path:
        for name, count in counts.items():
            place = tmp_path / folder / ("" if name == "_" else name.replace("__", "/"))
            place.mkdir(parents=True, exist_ok=True)
            for index in range(count):
                pixels = rng.integers(256, size=(6, 9, channels), dtype=np.uint8)
                Image.fromarray(pixels.squeeze()).save(place / f"{index}.{ending}")
        return tmp_path / folder

    return make


def use(folder: Path | str, *words: str) -> None:
    cli.main(["use", "image_folder", "--source", str(folder), "--pixels", "8", *words])


def refusal(folder: Path | str, *words: str) -> str:
    """Return the one line of a refusal, after which everything is as it was."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    with pytest.raises(SystemExit) as stop:
        use(folder, *words)
    message = str(stop.value.code)
    assert "\n" not in message
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    return message


def test_a_folder_becomes_a_benchmark_that_fits(
    project: Path, paint: Paint, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = paint(circle=40, square=60)
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_text("no picture either")
    use(folder)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{folder}: 100 pictures (1 other file passed over), 2 classes: circle 40, square 60"
    assert said[1:4] == [
        "images: colour, 8×8 pixels",
        "splits: train 50, validation 10, reference 20, held_out 20",
        "samples: 10 times 20 images of each row and seed",
    ]
    assert said[-1] == "profiles/my_pictures.yaml is written, params.yaml is now my_pictures; next: genbench fanout"
    p = params.load()
    assert (p.profile, p.dataset, p.data.source) == ("my_pictures", "image_folder", str(folder))
    assert p.extractors == ["classifier", "random_conv"]
    assert check(p).classes == ("circle", "square")
    cli.main(["check"])
    assert "profile my_pictures, dataset image_folder" in capsys.readouterr().out


def test_it_sets_the_keys_of_every_profile(project: Path, paint: Paint) -> None:
    before = (project / "params.yaml").read_text(encoding="utf-8")
    use(paint(_=60))
    made = read(project / "profiles/my_pictures.yaml")
    shipped = read(project / "profiles/digits.yaml")
    assert made.keys() == shipped.keys()
    for section in ("hardware", "data", "train", "sampling", "likelihood", "extractor", "metrics"):
        assert made[section].keys() == shipped[section].keys(), section
    profiles.use("digits")
    assert (project / "params.yaml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("count", [50, 51, 59, 97, 101, 202, 203, 999])
def test_splits_use_every_picture_and_a_block_of_held_out_images_exists(project: Path, count: int) -> None:
    found = Survey(Listing([], 0, []), (), np.full(count, -1))
    made = own_pictures._overrides(own_pictures.Own("x", "x", found, 3, 0), 32, [0])
    split = made["data"]["split"]
    assert sum(split[name] for name in SPLITS) == count
    assert split["held_out"] == split["reference"] >= 10
    assert made["train"]["batch"] <= split["train"]
    assert made["extractor"]["random_conv"]["features"] <= max(16, split["reference"] // 2)


@pytest.mark.parametrize(
    ("counts", "classes", "extractors"),
    [
        ({"_": 60}, (), ["random_conv"]),
        ({"one": 60}, ("one",), ["random_conv"]),
        ({"many": 56, "few": 4}, ("few", "many"), ["random_conv"]),
        ({"a": 30, "b": 30}, ("a", "b"), ["classifier", "random_conv"]),
        ({"all__a": 30, "all__b__deep": 30}, ("a", "b"), ["classifier", "random_conv"]),
        ({"_": 30, "a": 30}, (), ["random_conv"]),
    ],
)
def test_the_ruler_is_one_that_works(
    project: Path, paint: Paint, counts: dict[str, int], classes: tuple[str, ...], extractors: list[str]
) -> None:
    use(paint(**counts))
    p = params.load()
    assert p.extractors == extractors
    assert check(p).classes == classes


@pytest.mark.parametrize(("channels", "ending"), [(1, "PNG"), (3, "JPG"), (1, "Tiff")])
def test_channels_are_those_of_the_pictures(project: Path, paint: Paint, channels: int, ending: str) -> None:
    use(paint(_=50, ending=ending, channels=channels))
    assert params.load().data.channels == channels


def test_one_picture_in_colour_makes_all_of_them_colour(project: Path, paint: Paint) -> None:
    paint(_=55, channels=1)
    Image.new("RGB", (9, 6), (255, 0, 0)).save(paint() / "z.png")
    use(paint())
    assert params.load().data.channels == 3


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Zoë's Fotos – 2020", "Zoe_s_Fotos_2020"),
        ("2020", "pictures_2020"),
        ("写真", "pictures"),
        ("a.b", "a_b"),
        ("x" * 200, "x" * 80),
    ],
)
def test_the_name_is_one_that_fits(project: Path, paint: Paint, folder: str, name: str) -> None:
    use(paint(folder, _=50))
    assert params.load().profile == name
    assert check(params.load())


def test_the_same_folder_again_and_another_of_that_name(project: Path, paint: Paint) -> None:
    folder = paint("mine", _=50)
    use(folder)
    paint("mine", ending="jpg", _=20)
    use(folder)
    assert sum(params.load().data.split.values()) == 70
    profiles.use("digits")
    other = paint("other/mine", _=50)
    assert refusal(other).startswith(
        f"error: profiles/mine.yaml: expected none, or the one made for {other}, there is that of {folder}; "
    )


def test_a_profile_of_somebody_else_is_refused(project: Path, paint: Paint) -> None:
    message = refusal(paint("digits", _=50))
    assert message.startswith("error: profiles/digits.yaml: expected none, or the one made for")
    (paint() / "..").resolve().joinpath("my_digits").symlink_to(paint("digits"))
    use(paint("my_digits"))
    assert params.load().data.source == str(paint("digits"))


def test_what_is_published_of_other_pictures_is_refused(project: Path, paint: Paint) -> None:
    folder = project / "reports/published/mine"
    folder.mkdir(parents=True)
    shutil.copy(project / "params.yaml", folder)
    assert "reports/published/mine/params.yaml: expected the dataset image_folder" in refusal(paint("mine", _=50))


def test_a_profile_of_another_dataset_is_not_published(project: Path) -> None:
    change(project, dataset="image_folder")
    with pytest.raises(SystemExit) as stop:
        cli.main(["publish"])
    assert "profiles/digits.yaml: expected the dataset image_folder, which params.yaml has now, got digits" in str(
        stop.value.code
    )


def test_a_folder_in_the_project_is_named_by_its_path_there(project: Path, paint: Paint) -> None:
    paint("project/data/mine", _=50)
    use("data/mine")
    assert params.load().data.source == "data/mine"
    assert "this project lies in it" in refusal(".")
    assert "this project lies in it" in refusal("..")
    paint("project/data/image_folder/images", _=50)
    assert "image_folder's results are there" in refusal("data/image_folder/images")


@pytest.mark.parametrize("count", [1, 12, 49])
def test_too_few_pictures_are_told_how_many_are_needed(project: Path, paint: Paint, count: int) -> None:
    assert f": {count} pictures, a benchmark needs 50 or more" in refusal(paint(_=count))


def test_a_class_of_too_few_is_named(project: Path, paint: Paint) -> None:
    assert "class 'b' has 3 images: each class needs at least 4" in refusal(paint(a=60, b=3))


def test_a_broken_picture_is_named(project: Path, paint: Paint) -> None:
    broken = paint(_=50) / "31.png"
    broken.write_bytes(broken.read_bytes()[:60])
    assert f"{broken}: not readable as a picture" in refusal(paint())


@pytest.mark.parametrize("link", ["folder", "picture", "nothing", "loop"])
def test_links_are_refused(project: Path, paint: Paint, tmp_path: Path, link: str) -> None:
    folder = paint(_=50)
    paint("elsewhere", _=1)
    target = {"folder": "elsewhere", "picture": "elsewhere/0.png", "nothing": "nowhere", "loop": "my pictures"}[link]
    (folder / "x.png").symlink_to(tmp_path / target)
    assert f"{folder}/x.png: a link, behind which DVC sees no change" in refusal(folder)


def test_pictures_that_are_twins_are_told(project: Path, paint: Paint, capsys: pytest.CaptureFixture[str]) -> None:
    folder = paint(_=50)
    for index in range(3):
        shutil.copy(folder / "0.png", folder / f"twin{index}.png")
    use(folder)
    assert "3 of the pictures have the bytes of another one" in capsys.readouterr().out


def test_a_folder_that_is_none(project: Path, paint: Paint) -> None:
    assert "--source: expected a folder of pictures, nowhere is none" in refusal("nowhere")
    assert "--source: expected a folder of pictures" in refusal(paint(_=1) / "0.png")
    (project / "empty").mkdir()
    assert "no pictures in it or below" in refusal("empty")


@pytest.mark.parametrize("pixels", ["0", "-1", "100000", "1"])
def test_pixels_that_nothing_is_built_for(project: Path, paint: Paint, pixels: str) -> None:
    assert refusal(paint(_=50), "--pixels", pixels).startswith("error: ")


@pytest.mark.parametrize("words", [["digits", "--source", "x"], ["image_folder", "--pixels", "8"], ["image_folder"]])
def test_words_that_do_not_go_together(project: Path, words: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["use", *words])
    assert "genbench use image_folder --source FOLDER" in str(stop.value.code)


def checked() -> str:
    """Return the refusal of `genbench check`."""
    with pytest.raises(SystemExit) as stop:
        cli.main(["check"])
    return str(stop.value.code)


#: Options that a run of 60 pictures in 2 classes would stop at, and what `genbench check` says of them.
LATE: dict[str, tuple[dict[str, Any], str]] = {
    "more than there are": ({"data": {"split": {"train": 100}}}, "data.split: needs 130 images (train 100 + validat"),
    "a reference larger than held_out": (
        {"data": {"split": {"reference": 13, "held_out": 11}}},
        "runs/held_out.yaml: sample: a block has 13 images, as many as the split reference (data.split); this model "
        "has 11 stored images",
    ),
    "a reference larger than train": (
        {"data": {"split": {"train": 5, "reference": 12}}, "enabled": ["memoriser"], "extractors": ["random_conv"]},
        "runs/memoriser.yaml: sample: a block has 12 images",
    ),
    "classes that are not there": (
        {"enabled": ["mode_drop"]},
        "runs/mode_drop.yaml: train: mode_drop: keep_classes: expected 1 to 1, fewer than the dataset's 2 classes",
    ),
    "labels of another number": (
        {"enabled": ["ddpm_guided"]},
        "runs/ddpm_guided.yaml: train: classes: expected the dataset's number, 2, or 0 for none, got 10",
    ),
    "a batch": ({"train": {"batch": 31}}, "train.batch: expected at most the 30 training images, got 31"),
    "neighbours": ({"metrics": {"precision_recall": {"k": 12}}}, "metrics.precision_recall: "),
    "groups": ({"metrics": {"fid_infinity": {"groups": 13}}}, "metrics.fid_infinity: fid_infinity: expected groups"),
    "images of a class": (
        {"metrics": {"precision_recall_within_classes": {"k": 6}}},
        "metrics.precision_recall_within_classes: ",
    ),
    "committed weights": (
        {"extractor": {"classifier": {"weights": "committed"}}},
        "extractor.classifier.weights: expected 'train' for image_folder",
    ),
}


@pytest.mark.parametrize("kind", LATE)
def test_check_refuses_what_a_run_would_refuse_later(project: Path, paint: Paint, kind: str) -> None:
    use(paint(a=30, b=30))
    changes, expected = LATE[kind]
    change(project, **changes)
    assert checked().startswith(f"error: {expected}")


@pytest.mark.parametrize(("counts", "there"), [({"_": 60}, "none"), ({"one": 60}, "one, 'one'")])
def test_check_refuses_a_ruler_of_fewer_than_two_classes(
    project: Path, paint: Paint, counts: dict[str, int], there: str
) -> None:
    use(paint(**counts))
    change(project, extractors=["classifier"])
    assert checked().startswith(
        f"error: extractor.classifier.weights: train needs pictures of 2 classes or more, image_folder has {there}; "
    )
    change(project, extractors=["random_conv"], enabled=["ddpm_guided"])
    assert "runs/ddpm_guided.yaml: train: classes: expected" in checked()


def test_check_sees_the_folder_as_it_is_now(project: Path, paint: Paint) -> None:
    folder = paint(a=30, b=30)
    use(folder)
    (folder / "a/0.png").unlink()
    assert "data.split: needs 60 images" in checked()
    (folder / "a/0.png").symlink_to(folder / "a/1.png")
    assert "a/0.png: a link" in checked()


def test_check_knows_shipped_datasets_too(project: Path) -> None:
    change(project, data={"split": {"reference": 400, "held_out": 300}})
    assert checked().startswith("error: runs/held_out.yaml: sample: a block has 400 images")
    change(project, data={"split": {"reference": 360, "held_out": 360}, "channels": 3})
    assert "extractor.classifier.weights: expected 'train' for images of 3 channels" in checked()


def test_many_pictures_are_not_all_decoded(paint: Paint, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = paint(_=50)
    monkeypatch.setattr(own_pictures, "SECONDS", 0.0)
    broken = folder / "9.png"
    broken.write_bytes(b"")
    assert own_pictures._channels([folder / "0.png", broken]) == 3  # known after the first
