"""Emoji drawn twice: pairs stay together through the splits, and packages that do not fit are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from genbench.data import sides
from genbench.data.datasets import emoji
from genbench.errors import InputError
from stages import prepare
from tests.support.clone import change, copy_params

COUNT = 40


def package(folder: Path, style: str, green: int) -> Path:
    """A package of drawings in one colour, whose red is the number of the emoji; the last one is a ring on nothing."""
    place = folder / f"emoji-datasource-{style}"
    images = place / "img" / style / "64"
    images.mkdir(parents=True)
    entries = []
    for number in range(COUNT):
        name = f"{0x1F600 + number:x}.png"
        picture = Image.new("RGBA", (64, 64), (number, green, 0, 0 if number == COUNT - 1 else 255))
        picture.save(images / name)
        entries.append(
            {"image": name, "category": "ab"[number % 2], "has_img_google": True, "has_img_twitter": number != 5}
        )
    (place / "emoji.json").write_text(json.dumps(entries[::-1]), encoding="utf-8")
    (place / "package.json").write_text(json.dumps({"version": emoji.RELEASE}), encoding="utf-8")
    return place


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with small packages of both styles, one of them where npm puts it."""
    package(tmp_path, "google", 100)
    package(tmp_path / "node_modules", "twitter", 200)
    return tmp_path


def test_drawings_of_one_emoji_are_twins_in_the_order_of_files(source: Path) -> None:
    loaded = emoji.load(source=source, size=None)
    assert loaded.sources is not None
    numbers = [number for number in range(COUNT) if number != 5]
    for side, green in ((loaded.sources, 100), (loaded.images, 200)):
        assert side.shape == (3, 64, 64)
        assert side.pixels[:-1, 0, 0, 0].tolist() == numbers[:-1]
        assert (side.pixels[:-1, 1] == green).all()
        assert (side.pixels[-1] == 255).all(), "white shows through"
        assert side.labels.tolist() == [number % 2 for number in numbers]
    assert loaded.classes == ("a", "b")
    assert "Apache License 2.0" in loaded.attribution
    assert "CC-BY 4.0" in loaded.attribution
    small = emoji.load(source=source, size=8, channels=1)
    assert small.sources is not None
    assert small.images.shape == small.sources.shape == (1, 8, 8)


@pytest.mark.parametrize("paired", [True, False])
def test_an_emoji_is_in_one_split_with_both_drawings(
    source: Path, paired: bool, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path_factory.mktemp("project")
    copy_params(project)
    monkeypatch.chdir(project)
    split = {"train": 20, "validation": 5, "reference": 6, "held_out": 7}
    change(project, dataset="emoji", data={"source": str(source), "pixels": None, "paired": paired, "split": split})
    prepare.main()
    folder = project / "data/emoji/images"
    assert (folder / "ATTRIBUTION.txt").read_text(encoding="utf-8") == emoji.ATTRIBUTION
    assert (about := sides.load_about(folder)) is not None
    assert (about.pairing, about.paired) == (None, paired)
    seen: list[int] = []
    for name in split:
        both = sides.load(folder, name)
        first, second = (side.pixels[:, 0, 0, 0].tolist() for side in (both.sources, both.targets))
        assert set(both.sources.pixels[:, 1, 0, 0]) <= {100, 255}
        if both.paired:
            assert first == second
            seen += first
        else:
            assert name == "train"
            assert not paired
            assert not set(first) & set(second)
            seen += first + second
    assert len(seen) == len(set(seen)) == sum(split.values())


def refused(source: Path) -> str:
    with pytest.raises(InputError) as error:
        emoji.load(source=source, size=None)
    return str(error.value)


def test_packages_that_do_not_fit_are_refused(source: Path) -> None:
    twitter = source / "node_modules/emoji-datasource-twitter"
    drawing = twitter / "img/twitter/64/1f607.png"
    Image.new("RGB", (32, 64)).save(drawing)
    assert refused(source) == f"{drawing}: expected a picture of 64×64 pixels, got 32×64"
    drawing.unlink()
    assert str(drawing) in refused(source), "a missing twin"
    for content, message in (
        (
            '[{"image": "../../x.png", "category": "a", "has_img_google": 1, "has_img_twitter": 1}]',
            "got '../../x.png', 'a'",
        ),
        ("[3]", "expected emoji with an image such as 1f600.png and a category, got None, None"),
        ("[{}]", "expected emoji that both google and twitter draw, got none"),
        ("{}", "expected a list of emoji"),
        ("[", "not readable as JSON"),
    ):
        (twitter / "emoji.json").write_text(content, encoding="utf-8")
        assert message in refused(source)
    (twitter / "package.json").write_text('{"version": "15.1.2"}', encoding="utf-8")
    assert refused(source).endswith("package.json: version: expected 16.0.0, got 15.1.2")
    (twitter / "package.json").unlink()
    assert refused(source) == (
        f"{source}: no folder emoji-datasource-twitter (data.source names the folder that it is in); "
        f"npm install --prefix {source} emoji-datasource-twitter@16.0.0 puts it there"
    )
