"""FID, precision and recall within classes: means over classes, what they see that those of all images don't."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data.features import Features
from genbench.errors import InputError
from genbench.metrics import (
    NotGivenError,
    fid,
    fid_within_classes,
    precision_recall,
    precision_recall_within_classes,
)

LABELS = np.repeat([0, 1, 4], 60)


def features(seed: int, labels: np.ndarray | None = LABELS, centres: np.ndarray | None = None) -> Features:
    """Three far clusters of 60 images; `centres` are the classes that images really are of."""
    rng = np.random.default_rng(seed)
    shift = 20 * np.eye(5, 3)[LABELS if centres is None else centres] + 9 * (LABELS == 4)[:, None]
    return Features(rng.normal(size=(len(LABELS), 3)) + shift, labels=labels)


def one_hot(side: Features, classes: np.ndarray) -> Features:
    return Features(side.vectors, probs=np.eye(5)[classes])


def within(real: Features, fake: Features, k: int = 3) -> dict[str, float]:
    return fid_within_classes.compute(real=real, fake=fake) | precision_recall_within_classes.compute(
        real=real, fake=fake, k=k
    )


def part(side: Features, label: int) -> Features:
    return Features(side.vectors[label == LABELS])


def test_means_over_classes_of_equal_weight() -> None:
    real, fake = features(0), features(1)
    pairs = [{"real": part(real, label), "fake": part(fake, label)} for label in (0, 1, 4)]
    result = within(real, fake)
    assert result["fid_within_classes"] == pytest.approx(np.mean([fid.compute(**pair)["fid"] for pair in pairs]))
    alone = [precision_recall.compute(**pair, k=3) for pair in pairs]
    for key in ("precision", "recall"):
        assert result[f"{key}_within_classes"] == pytest.approx(np.mean([each[key] for each in alone]))
        error = np.sqrt(sum(each[f"{key}_se"] ** 2 for each in alone)) / 3
        assert result[f"{key}_within_classes_se"] == pytest.approx(error)


def test_wrong_classes_are_seen_within_classes_only() -> None:
    """Images as good as real ones whose classes 0 and 1 are exchanged."""
    real, swapped = features(0), features(1, centres=np.repeat([1, 0, 4], 60))
    assert fid.compute(real=real, fake=swapped)["fid"] < 1
    result = within(real, swapped)
    assert result["fid_within_classes"] > 500  # two of three classes are 20 √2 away: 2/3 · 800
    assert result["precision_within_classes"] < 0.5


def test_labels_and_certain_probabilities_agree() -> None:
    real, fake = features(0), features(1)
    assert within(one_hot(real, LABELS), one_hot(fake, LABELS)) == within(real, fake)


def test_a_classifier_speaks_for_both_where_one_set_has_no_labels() -> None:
    """Labels of one side only, or unknown ones, are not mixed with the classifier's."""
    real, fake = features(0), features(1, labels=np.full(len(LABELS), -1))
    real = Features(real.vectors, probs=np.eye(5)[LABELS], labels=np.roll(LABELS, 60))
    fake = Features(fake.vectors, probs=np.eye(5)[LABELS], labels=fake.labels)
    assert within(real, fake) == within(features(0), features(1))


def test_refuses_images_without_classes() -> None:
    expected = "fid_within_classes: needs the class of every image, fake has neither labels nor class probabilities"
    with pytest.raises(NotGivenError, match=f"^{expected}$"):
        within(one_hot(features(0), LABELS), features(1, labels=None))
    with pytest.raises(NotGivenError, match="real has neither labels nor class probabilities"):
        within(features(0, labels=None), features(1))
    with pytest.raises(NotGivenError, match="fake has neither labels nor class probabilities"):
        within(features(0), features(1, labels=None))
    with pytest.raises(NotGivenError, match="real has labels alone and fake class probabilities alone"):
        within(features(0), one_hot(features(1, labels=None), LABELS))


def test_what_a_model_does_not_make_is_not_given_and_what_the_reference_lacks_is_wrong() -> None:
    """The first leaves a dash in the table, the second would in every row."""
    few = np.where(np.arange(len(LABELS)) == 0, 3, LABELS)
    with pytest.raises(NotGivenError, match="got 60 real and 0 generated ones of class 0"):
        within(features(0), features(1, labels=np.where(LABELS == 0, 1, LABELS)))
    with pytest.raises(InputError, match="got 1 real and 2 generated ones of class 3") as error:
        within(features(0, labels=few), features(1, labels=np.where(np.arange(len(LABELS)) < 2, 3, LABELS)))
    assert not isinstance(error.value, NotGivenError)


def test_refuses_too_few_images_of_a_class() -> None:
    few = np.where(np.arange(len(LABELS)) == 0, 1, LABELS)
    expected = (
        "^fid_within_classes: expected at least 2 images of each class, got 60 real and 0 generated ones of class 0$"
    )
    with pytest.raises(InputError, match=expected):
        within(features(0), features(1, labels=np.where(LABELS == 0, 1, LABELS)))
    with pytest.raises(
        InputError, match="at least 60 images of each class, got 60 real and 59 generated ones of class 0"
    ):
        precision_recall_within_classes.compute(real=features(0), fake=features(1, labels=few), k=59)
    with pytest.raises(InputError, match="got 0 real and 1 generated ones of class 3"):
        within(features(0), features(1, labels=np.where(np.arange(len(LABELS)) == 0, 3, LABELS)))


def test_refuses_k() -> None:
    with pytest.raises(InputError, match="precision_recall_within_classes: expected k from 1 to 179"):
        precision_recall_within_classes.compute(real=features(0), fake=features(1), k=0)
