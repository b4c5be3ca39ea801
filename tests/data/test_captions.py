"""Captions: there and back, what is measured on images that are made for it, and what is refused."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor

from genbench.data.captions import UNSAID, Vocabulary, alignment, contradict
from genbench.data.captions._measures import brightness, slant, width
from genbench.errors import InputError
from genbench.find import find, members

VOCABULARIES: dict[str, Vocabulary] = {name: find("captions", name).build() for name in members("captions")}
DIGITS = VOCABULARIES["digits"]
every = pytest.mark.parametrize("vocabulary", VOCABULARIES.values(), ids=VOCABULARIES)


def picture(*pixels: tuple[int, int], channels: int = 1) -> Tensor:
    """White pixels, (row, column), on 8×8 black ones."""
    image = torch.full((1, channels, 8, 8), -1.0)
    for row, column in pixels:
        image[:, :, row, column] = 1
    return image


@every
def test_captions_there_and_back(vocabulary: Vocabulary) -> None:
    first = 1 + len(vocabulary.classes)
    choices = [(UNSAID, first + 2 * index, first + 2 * index + 1) for index in range(len(vocabulary.attributes))]
    texts = set()
    for caption in product(range(1, first), *choices):
        text = vocabulary.text(caption)
        assert vocabulary.parse(text).tolist() == list(caption)
        assert vocabulary.parse(text).shape == (vocabulary.slots,)
        assert vocabulary.phrases[1 + vocabulary.label(torch.tensor(caption))] in text
        texts.add(text)
    assert len(texts) == len(vocabulary.classes) * 3 ** len(vocabulary.attributes)
    assert len(set(vocabulary.phrases)) == len(vocabulary.phrases)


def test_the_text_is_english() -> None:
    caption = DIGITS.numbers(torch.tensor([7]), torch.tensor([[0, 0, 0]]))[0]
    assert DIGITS.text(caption) == "a dark narrow seven slanted left"
    caption[1:] = UNSAID
    assert DIGITS.text(caption) == "a seven"
    assert DIGITS.text(DIGITS.parse("eight")) == "an eight"
    assert VOCABULARIES["fashion"].text(VOCABULARIES["fashion"].parse("the Ankle Boot, dark")) == "a dark ankle boot"


def test_a_diagonal_is_slanted_by_one_column_a_row() -> None:
    falling, rising = (picture(*((row, abs(end - row)) for row in range(8))) for end in (0, 7))
    assert slant(rising).item() == pytest.approx(1)
    assert slant(falling).item() == pytest.approx(-1)
    assert slant(picture(*((row, 3) for row in range(8)))).item() == 0


def test_the_width_is_that_of_the_columns() -> None:
    pair = picture((2, 1), (5, 5))
    assert width(pair).item() == pytest.approx(2 / 8)
    assert width(picture(*((row, 4) for row in range(8)))).item() == 0
    full = picture(*product(range(8), range(8)))
    assert width(full).item() == pytest.approx(((8**2 - 1) / 12) ** 0.5 / 8)


def test_brightness_is_the_share_of_white() -> None:
    assert brightness(picture((0, 0), (3, 3), channels=3)).item() == pytest.approx(2 / 64)
    assert brightness(torch.zeros(1, 1, 4, 4)).item() == pytest.approx(0.5)


def test_attributes_do_not_depend_on_the_place() -> None:
    shape = [(0, 3), (1, 2), (2, 2), (3, 0)]
    here, there = picture(*shape), picture(*((row + 3, column + 4) for row, column in shape))
    torch.testing.assert_close(DIGITS.measure(here), DIGITS.measure(there))


def test_black_images_measure_nothing() -> None:
    assert DIGITS.measure(torch.full((2, 1, 8, 8), -1.0)).tolist() == [[0.0] * 3] * 2
    assert slant(picture((3, 1), (3, 6))).item() == 0, "a single row"


def test_facts_say_on_which_side_of_the_median_an_image_is() -> None:
    images = torch.cat([picture(*((row, 7 - row) for row in range(8))), picture((1, 1), (2, 2))])
    medians = DIGITS.measure(images).mean(0)
    facts = DIGITS.facts(images, torch.tensor([4, 0]), medians)
    assert [DIGITS.text(caption) for caption in facts] == [
        "a bright wide four slanted right",
        "a dark narrow zero slanted left",
    ]


def test_captions_contradict_where_both_speak() -> None:
    texts = ["a dark seven", "a bright seven", "a wide seven", "a dark one", "a dark seven slanted left"]
    captions = torch.stack([DIGITS.parse(text) for text in texts])
    assert contradict(captions[:1].expand(5, -1), captions).tolist() == [False, True, False, True, False]


def test_alignment_is_the_share_of_what_was_asked() -> None:
    asked = torch.stack([DIGITS.parse(text) for text in ("a dark seven", "a bright seven", "one", "a dark one")])
    had = ["a dark narrow seven slanted left", "a dark narrow seven slanted left"]
    had += ["a dark wide one slanted left", "a dark wide two slanted left"]
    shares = alignment(asked, torch.stack([DIGITS.parse(text) for text in had]))
    assert shares[:2].tolist() == pytest.approx([3 / 4, 2 / 3])
    assert shares[2:].isnan().all(), "nobody asked"
    everything = torch.stack([DIGITS.parse(text) for text in had])
    assert alignment(everything, everything).tolist() == [1.0] * 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a drak seven", "unknown word of a caption: 'drak'; did you mean 'dark'? (there is: bright, dark, eight"),
        ("a sevn", "did you mean 'seven'?"),
        ("a seven slanted", "unknown word of a caption: 'slanted'; did you mean 'slanted "),
        ("a dark bright seven", "caption: 'dark' and 'bright': expected one of the two"),
        ("a seven one", "caption: 'seven' and 'one': expected one of the two"),
        ("a dark", "caption 'a dark': expected a class (zero, one,"),
        ("", "caption '': expected a class"),
    ],
)
def test_other_captions_are_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        DIGITS.parse(text)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
