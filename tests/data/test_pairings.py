"""Pairings: sources that follow from their targets, both sides in the splits, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from genbench.data import prepared, sides
from genbench.data.datasets import Dataset
from genbench.data.images import Images
from genbench.data.pairings import Pairing, pairing
from genbench.data.pairings.edges import strengths
from genbench.data.sides import Sides
from genbench.errors import InputError
from genbench.files.atomic import write_json
from genbench.find import members
from tests.support.references import references

COLOUR, GREY = (3, 8, 8), (1, 8, 8)
COLOUR_ONLY = {"grey_to_colour"}


def some(shape: tuple[int, int, int], n: int = 12) -> Images:
    pixels = np.random.default_rng(0).integers(256, size=(n, *shape), dtype=np.uint8)
    return Images(pixels, np.arange(n) % 3)


@pytest.mark.parametrize("reference", references("pairings").values(), ids=references("pairings"))
@pytest.mark.parametrize("shape", [COLOUR, GREY], ids=str)
def test_a_source_is_its_image_s_own(reference: dict[str, Any], shape: tuple[int, int, int]) -> None:
    """It is the same in any order and any company, has the size and label of its target, and changes no target."""
    if shape == GREY and reference["name"] in COLOUR_ONLY:
        return
    targets = some(shape)
    before = targets.pixels.copy()
    way = pairing(reference, shape)
    sources = way.sources(targets)
    assert sources.shape == way.shape
    assert sources.shape[1:] == shape[1:]
    assert np.array_equal(sources.labels, targets.labels)
    order = np.array([7, 2, 11])
    assert np.array_equal(way.sources(targets[order]).pixels, sources.pixels[order])
    assert np.array_equal(targets.pixels, before)


@pytest.mark.parametrize("reference", ["invert", {"name": "rotate", "turns": 2}], ids=str)
def test_a_pairing_is_its_own_inverse(reference: Any) -> None:
    targets = some(COLOUR)
    way = pairing(reference, COLOUR)
    once = way.sources(targets)
    assert not np.array_equal(once.pixels, targets.pixels)
    assert np.array_equal(way.sources(once).pixels, targets.pixels)


def test_a_turn_and_three_turns_are_inverse_and_turn_anticlockwise() -> None:
    targets = some(GREY)
    once = pairing("rotate", GREY).sources(targets)
    assert np.array_equal(once.pixels[:, :, -1, 0], targets.pixels[:, :, 0, 0]), "from above left to below left"
    back = pairing({"name": "rotate", "turns": 3}, GREY).sources(once)
    assert np.array_equal(back.pixels, targets.pixels)


def test_a_constant_image_has_no_edges_and_a_step_has_strength_1() -> None:
    flat = np.full((1, 3, 8, 8), 77, np.uint8)
    assert not strengths(flat).any()
    assert (
        not pairing({"name": "edges", "threshold": 0.0}, COLOUR)
        .sources(Images(flat, np.zeros(1, np.int64)))
        .pixels.any()
    )
    step = np.zeros((1, 1, 8, 8), np.uint8)
    step[..., 4:] = 255
    expected = np.zeros((8, 8))
    expected[:, 3:5] = 1
    assert np.allclose(strengths(step)[0, 0], expected)


def test_edges_are_opencv_s() -> None:
    grey = some(GREY).pixels
    for image, ours in zip(grey[:, 0], strengths(grey)[:, 0], strict=True):
        x, y = (
            cv2.Sobel(image / 255, cv2.CV_64F, *order, ksize=3, borderType=cv2.BORDER_REPLICATE)
            for order in ((1, 0), (0, 1))
        )
        assert np.allclose(ours, np.minimum(np.hypot(x, y) / 4, 1))


def test_downsampling_leaves_constant_images_and_loses_detail() -> None:
    board = np.indices((8, 8)).sum(axis=0)[None, None] % 2 * 255  # nothing of it is left at half the size
    flat = np.full((1, 1, 8, 8), 128)
    sources = pairing("downsample", GREY).sources(
        Images(np.concatenate([board, flat]).astype(np.uint8), np.zeros(2, np.int64))
    )
    assert np.array_equal(sources.pixels[1], np.full((1, 8, 8), 128))
    assert np.abs(sources.pixels[0, 0, 2:-2, 2:-2].astype(int) - 127.5).max() < 16


@pytest.mark.parametrize("place", ["centre", "random"])
def test_a_mask_is_a_grey_square_and_leaves_the_rest(place: str) -> None:
    targets = some(COLOUR)
    sources = pairing({"name": "mask", "place": place, "fill": 9}, COLOUR).sources(targets)
    corners = set()
    for source, target in zip(sources.pixels, targets.pixels, strict=True):
        rows, columns = np.nonzero((source != target).any(axis=0))
        top, left = min(rows), min(columns)
        corners.add((int(top), int(left)))
        hole = np.zeros((8, 8), bool)
        hole[top : top + 4, left : left + 4] = True
        assert (source[:, hole] == 9).all()
        assert np.array_equal(source[:, ~hole], target[:, ~hole])
    assert (corners == {(2, 2)}) == (place == "centre")


def test_grey_sources_are_luma() -> None:
    primaries = np.zeros((3, 3, 1, 1), np.uint8)
    primaries[range(3), range(3)] = 255
    sources = pairing("grey_to_colour", (3, 1, 1)).sources(Images(primaries, np.zeros(3, np.int64)))
    assert sources.pixels.ravel().tolist() == [76, 150, 29]


# Both sides


def parted(splits: dict[str, Images], way: Pairing) -> dict[str, Sides]:
    """Both sides of each split, those of `train` from disjoint halves."""
    return sides.pair(splits, {name: way.sources(images) for name, images in splits.items()}, paired=False)


def test_an_unpaired_train_has_two_sides_of_disjoint_halves() -> None:
    targets = some(GREY, 31)
    both = parted({"train": targets, "held_out": targets}, pairing("invert", GREY))
    train = both["train"]
    originals = {row.tobytes() for row in 255 - train.sources.pixels}
    shown = {row.tobytes() for row in train.targets.pixels}
    assert not originals & shown, "no image has both its sides"
    assert originals | shown == {row.tobytes() for row in targets.pixels}
    counts = [np.bincount(side.labels, minlength=3) for side in (train.sources, train.targets)]
    assert np.abs(counts[0] - counts[1]).max() <= 1, "classes are shared out evenly"
    assert (len(train.sources), len(train.targets), train.paired) == (15, 16, False)
    assert both["held_out"].paired
    assert np.array_equal(255 - both["held_out"].sources.pixels, targets.pixels)


def test_an_unpaired_side_does_not_depend_on_the_withheld_halves() -> None:
    """Noise in the place of the withheld halves gives the same bytes."""
    targets = some(GREY, 30)
    mine, theirs = sides.halves(targets.labels)
    way = pairing({"name": "mask", "place": "random"}, GREY)
    noise = np.random.default_rng(1).integers(256, size=targets.pixels.shape, dtype=np.uint8)
    first = parted({"train": targets}, way)["train"]
    for kept, side in ((mine, "sources"), (theirs, "targets")):
        pixels = noise.copy()
        pixels[kept] = targets.pixels[kept]
        again = parted({"train": Images(pixels, targets.labels)}, way)["train"]
        assert np.array_equal(getattr(again, side).pixels, getattr(first, side).pixels)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A prepared dataset of unpaired inverted images."""
    splits = {name: some(GREY, n) for name, n in (("train", 9), ("validation", 4), ("reference", 4), ("held_out", 4))}
    both = parted(splits, pairing("invert", GREY))
    sides.save(tmp_path, both, "invert")
    dataset = Dataset(splits["train"], ("a", "b", "c"), 256)
    prepared.save(tmp_path, "digits", dataset, {name: side.targets for name, side in both.items()})
    return tmp_path


def test_sides_come_back_and_the_targets_are_a_prepared_dataset(folder: Path) -> None:
    held_out, train = (sides.load(folder, name, mmap=True) for name in ("held_out", "train"))
    assert (held_out.paired, train.paired) == (True, False)
    assert np.array_equal(255 - held_out.sources.pixels, held_out.targets.pixels)
    assert np.array_equal(prepared.load_split(folder, "train").pixels, train.targets.pixels)
    assert prepared.load_about(folder).counts["train"] == 5


def test_a_dataset_without_pairs_has_none(folder: Path) -> None:
    (folder / "sides.json").unlink()
    assert sides.load_about(folder) is None
    with pytest.raises(InputError, match=r"expected pairs of images \(sides.json\), which data.pairing makes"):
        sides.load(folder, "train")


# Refused


@pytest.mark.parametrize(
    ("reference", "shape", "message"),
    [
        ("edge", GREY, "unknown data.pairing: pairing 'edge'; did you mean 'edges'"),
        ("grey_to_colour", GREY, "data.pairing: grey_to_colour: expected images of 3 channels, got 1"),
        ("rotate", (1, 8, 6), "data.pairing: rotate: expected square images, got 8×6"),
        ({"name": "rotate", "turns": 4}, GREY, "data.pairing.turns: .*got 4"),
        ({"name": "downsample", "factor": 3}, GREY, "data.pairing.factor: expected a divisor of 8, the side.*got 3"),
        ({"name": "downsample", "factor": 1}, GREY, "data.pairing.factor: expected a divisor of 8, the side.*got 1"),
        ({"name": "downsample"}, (1, 8, 6), "data.pairing: downsample: expected square images"),
        ({"name": "mask", "share": 0.01}, GREY, "data.pairing.share: expected a hole of a pixel at least, got 0.01"),
        ({"name": "mask", "fill": 256}, GREY, "data.pairing.fill: .*got 256"),
        ({"name": "edges", "treshold": 0.1}, GREY, "unknown data.pairing: option 'treshold'; did you mean 'threshold'"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_in_one_line(reference: Any, shape: tuple[int, int, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        pairing(reference, shape)


def test_sides_that_do_not_fit_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="pairs: expected a source for every target, got 3 sources and 4 targets"):
        Sides(some(GREY, 3), some(GREY, 4))
    with pytest.raises(InputError, match="pairs: expected sources and targets of one size, got 8×8 and 4×4"):
        Sides(some(GREY), some((1, 4, 4)))
    with pytest.raises(InputError, match="data.paired: false: expected at least 2 training images, one a side, got 1"):
        sides.halves(np.zeros(1, np.int64))
    write_json(folder / "sides.json", {"pairing": "invert", "shape": [1, 8, 8], "paired": True})
    with pytest.raises(InputError, match="train/sources: pairs: expected a source for every target, got 4 .* 5"):
        sides.load(folder, "train")
    write_json(folder / "sides.json", {"pairing": "invert", "shape": [3, 8, 8], "paired": True})
    with pytest.raises(InputError, match=r"sources: expected images of \(3, 8, 8\), as sides.json says"):
        sides.load(folder, "held_out")
    write_json(folder / "sides.json", {"pairing": "invert", "paired": True})
    with pytest.raises(InputError, match="sides.json: shape: missing"):
        sides.load(folder, "held_out")


def test_every_pairing_is_tried_above() -> None:
    assert {reference["name"] for reference in references("pairings").values()} == set(members("pairings"))
