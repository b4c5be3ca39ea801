"""Study of balance: the long tail by its formula, fillings, the judge, claims of made-up accuracies, the page."""

from __future__ import annotations

import numpy as np
import pytest
from markupsafe import escape

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.errors import InputError
from genbench.files.section import read
from genbench.pipeline import params, runs
from laboratory.balance import accuracy, options, page, paths, results, samples, tail
from laboratory.balance.claims import claims, finding
from laboratory.balance.options import TailOptions
from tests.support.clone import ROOT

OPTIONS = options.load(ROOT / "laboratory/balance/params.yaml")
CATALOGUE = params.load(ROOT / "params.yaml").runs
SHAPE = (1, 8, 8)
CLASSES = ("a", "b", "c")
TAIL = TailOptions(most=12, imbalance=9, rare=1)


def images(n: int = 45) -> Images:
    """Faint noise, with a bright row in another place for each class."""
    labels = np.arange(n) % len(CLASSES)
    pixels = np.random.default_rng(0).integers(0, 16, (n, *SHAPE))
    pixels[np.arange(n), 0, 2 * labels] = 250
    return Images(pixels.astype(np.uint8), labels)


def rows(of: Images) -> list[bytes]:
    return [pixels.tobytes() for pixels in of.pixels]


# The long tail


@pytest.mark.parametrize(
    ("classes", "most", "imbalance", "expected"),
    [
        (3, 100, 100, [100, 10, 1]),
        (4, 80, 8, [80, 40, 20, 10]),
        (5, 7, 1, [7] * 5),
        (2, 3, 1000, [3, 1]),
        (10, 80, 20, [80, 57, 41, 29, 21, 15, 11, 8, 6, 4]),
    ],
)
def test_counts_fall_exponentially_to_the_imbalance(
    classes: int, most: int, imbalance: float, expected: list[int]
) -> None:
    assert tail.counts(classes, TailOptions(most=most, imbalance=imbalance, rare=1)).tolist() == expected


def test_a_filling_brings_every_class_to_the_same_number() -> None:
    train = images()
    few, again, real = (tail.filled(train, 3, TAIL, 0, filling) for filling in tail.FILLINGS)
    assert np.bincount(few.labels).tolist() == tail.counts(3, TAIL).tolist() == [12, 4, 1]
    assert np.bincount(again.labels).tolist() == np.bincount(real.labels).tolist() == [12, 12, 12]
    assert len(set(rows(few))) == 17 and set(rows(again)) == set(rows(few)) < set(rows(real))
    assert len(set(rows(real))) == 36, "no real image is there twice"
    copies = [rows(again).count(row) for row in rows(few)]
    assert copies == [1] * 12 + [3] * 4 + [12]


def test_what_is_missing_is_what_fills_it_up() -> None:
    few, labels = tail.long_tail(images(), 3, TAIL, 0), tail.missing(3, TAIL)
    whole = tail.joined(few, Images(np.zeros((len(labels), *SHAPE), np.uint8), labels))
    assert np.bincount(whole.labels).tolist() == [12, 12, 12]


def test_another_repeat_has_other_images_and_the_same_repeat_the_same() -> None:
    one, same, other = (rows(tail.long_tail(images(), 3, TAIL, repeat)) for repeat in (0, 0, 1))
    assert one == same != other


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"most": 16}, "tail.most: expected at most 15, .*; got 16"),
        ({"rare": 3}, "tail.rare: expected fewer than the 3"),
    ],
)
def test_a_tail_that_does_not_fit_the_images_is_refused(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        tail.long_tail(images(), 3, TAIL.model_copy(update=wrong), 0)


# Models and the judge


def test_samples_are_of_the_classes_asked_for_and_the_same_of_equal_seeds() -> None:
    about = About("digits", SHAPE, tuple("0123456789"), 17, {})
    run = CATALOGUE["cgan_projection"]
    labels = tail.missing(10, OPTIONS.tail)[:7]
    drawn = [
        samples.draw(runs.model(run.train, SHAPE).eval(), labels, run.sample, about, batch=3, seed=1) for _ in range(2)
    ]
    assert drawn[0].labels.tolist() == labels.tolist() and drawn[0].shape == SHAPE
    assert rows(drawn[0]) == rows(drawn[1])


def test_the_judge_is_right_where_rows_tell_the_class() -> None:
    about, judge = About("digits", SHAPE, CLASSES, 256, {}), OPTIONS.classifier.model_copy(update={"steps": 60})
    assert accuracy.by_class(images(96), images(), about, judge, seed=0) == [1.0, 1.0, 1.0]


def test_parts_are_means_over_classes() -> None:
    assert accuracy.parts([1.0, 0.5, 0.0, 0.5], rare=2) == {"rare": 0.25, "others": 0.75, "all": 0.5}


# Claims and the page

MADE_UP = {
    "none": [[0.9, 0.9, 0.2], [0.9, 0.9, 0.3]],
    "oversampling": [[0.9, 0.9, 0.3], [0.9, 0.9, 0.4]],
    "real": [[0.9, 0.9, 0.9], [0.9, 0.9, 0.9]],
    "good": [[0.9, 0.9, 0.5], [0.9, 0.9, 0.6]],
    "bad": [[0.7, 0.7, 0.2], [0.7, 0.7, 0.3]],
}


def test_gains_are_within_repeats() -> None:
    found = results.gain(MADE_UP, "oversampling", "none", "rare", 1)
    assert found == pytest.approx((0.1, 0.0)), "both repeats gain the same, though they differ"
    assert results.mean(MADE_UP, "none", "rare", 1) == pytest.approx((0.25, 0.05))


def test_claims_follow_the_accuracies() -> None:
    cost, again, every, best, others = claims(MADE_UP, ["good", "bad"], 1)
    assert [claim.holds for claim in (cost, again, every, best, others)] == [True, True, False, True, False]
    assert "1 of 2, not for bad" in every.measured and "good +30.0 ± 0.0 points" in every.measured
    assert "+20.0 ± 0.0 points against oversampling" in best.measured
    assert "1 of 2, not for bad" in others.measured


def test_the_finding_follows_the_accuracies() -> None:
    assert finding(MADE_UP, ["good", "bad"], 1) == (
        "Samples of 1 of 2 models raise the accuracy on the rare classes, which is 25.0% with the tail alone, by more "
        "than 2 standard errors. The best, good, makes it 55.0%, +20.0 ± 0.0 points against oversampling (35.0%); real "
        "images in place of those missing have 90.0%."
    )
    assert finding(MADE_UP, ["bad"], 1).startswith(
        "Samples of none of 1 models raise the accuracy on the rare classes, which is 25.0% with the tail alone, by "
        "more than 2 standard errors. The best, bad, makes it 25.0%, −10.0 ± 0.0 points against oversampling (35.0%)"
    )


def test_the_page_asks_for_nothing_and_shows_every_filling() -> None:
    o = OPTIONS.model_copy(update={"runs": ["good", "bad"], "tail": TAIL})
    drawn = {name: images() for name in ("real images of the tail", "good", "bad")}
    text = page.page(MADE_UP, drawn, CLASSES, tail.counts(3, TAIL), o, "digits")
    assert "<script" not in text and escape("default-src 'none'") in text
    assert all(f'<th scope="row">{name}</th>' in text for name in ("the tail alone", "oversampling", "good", "bad"))
    assert f'<p class="finding">{finding(MADE_UP, ["good", "bad"], 1)}</p>' in text
    assert "25.0 ± 5.0" in text and "<dd>12 images</dd>" in text
    assert len(results.table(MADE_UP, CLASSES, [12, 4, 1])) == 5 * 2 * 3


def test_the_pipeline_names_the_same_fillings_and_conditional_runs() -> None:
    stages = read(ROOT / "laboratory/balance/dvc.yaml")["stages"]
    assert stages["baseline"]["matrix"]["filling"] == list(tail.FILLINGS)
    assert str(paths.baseline("${item.filling}")).endswith(stages["baseline"]["outs"][0])
    assert all(CATALOGUE[run].train["classes"] == 10 for run in OPTIONS.runs)
