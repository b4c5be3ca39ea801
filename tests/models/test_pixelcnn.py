"""The PixelCNN's probabilities, by enumeration of all images of a tiny space, and its samples against them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from genbench.data.images import Images, Shape
from genbench.engine.learner import Batch, Data
from genbench.errors import InputError
from genbench.models.bases.likelihood import level_of
from genbench.models.pixelcnn import PixelCNN, build
from genbench.seeding import seeded_initialisation, torch_rng

SPACES: list[tuple[Shape, int]] = [((1, 2, 2), 2), ((1, 2, 2), 3), ((1, 2, 2), 4), ((3, 1, 1), 4), ((3, 1, 2), 2)]
NAMES = tuple("ab")


def data(shape: Shape, levels: int, labels: list[int]) -> Data:
    images = Images(np.zeros((len(labels), *shape), np.uint8), np.array(labels))
    return Data(images, images, images, levels, NAMES)


def model(shape: Shape, levels: int, classes: int = 0) -> PixelCNN:
    """Untrained, its weights made larger so that the pixels really depend on each other."""
    with seeded_initialisation(0, "initialise"):
        made = build(shape, width=8, layers=2, mixture=3, classes=classes, lr=0.1)
    for parameter in made.parameters():
        parameter.data.mul_(2)
    made.setup(data(shape, levels, [0, 0, 0, 1]), torch_rng(0, "begin"))
    return made.eval()


def test_dropout_is_of_training_alone() -> None:
    plain, dropping = (model((1, 2, 2), 3) for _ in range(2))
    dropping._dropout = 0.5
    images = all_images(3, (1, 2, 2))
    batches = iter([Batch(images, torch.full((len(images),), -1))] * 3)
    (one,), (other,), (third,) = (
        made.updates(batches, torch_rng(0, "step", step), 1)
        for made, step in ((plain, 1), (dropping, 1), (dropping, 2))
    )
    assert len({float(update.loss.detach()) for update in (one, other, third)}) == 3, "its masks are the stream's"
    assert torch.equal(probabilities(plain, images), probabilities(dropping, images))


def all_images(levels: int, shape: Shape) -> Tensor:
    index = torch.tensor(list(product(range(levels), repeat=int(np.prod(shape))))).view(-1, *shape)
    return index * (2 / (levels - 1)) - 1


def probabilities(of: PixelCNN, images: Tensor) -> Tensor:
    with torch.no_grad():
        return of.log_likelihood(images, draws=1, rng=torch_rng(0, "likelihood")).nats.double().exp()


@pytest.mark.parametrize("classes", [0, 2])
@pytest.mark.parametrize(("shape", "levels"), SPACES, ids=str)
def test_probabilities_sum_to_one(shape: Shape, levels: int, classes: int) -> None:
    shares = probabilities(model(shape, levels, classes), all_images(levels, shape))
    assert float(shares.sum()) == pytest.approx(1, abs=1e-5)
    assert shares.std() > 0.1 * shares.mean(), "else any model would do"


@pytest.mark.parametrize(("shape", "levels", "classes"), [((1, 2, 2), 3, 0), ((3, 1, 1), 4, 0), ((3, 1, 2), 2, 2)])
def test_samples_are_as_frequent_as_they_are_probable(shape: Shape, levels: int, classes: int) -> None:
    of, n = model(shape, levels, classes), 20_000
    with torch.no_grad():
        drawn = level_of(of.sample(n, rng=torch_rng(0, "sample")), torch.tensor(levels)).flatten(1)
    weights = levels ** torch.arange(drawn.shape[1] - 1, -1, -1)
    counts = (drawn * weights).sum(1).bincount(minlength=levels ** drawn.shape[1])
    expected = n * probabilities(of, all_images(levels, shape))
    assert float(((counts - expected).square() / expected).mean()) == pytest.approx(1, abs=0.6), "chi-squared a cell"


def test_the_likelihood_of_a_conditional_model_is_the_sum_over_its_classes() -> None:
    of, images = model((1, 2, 2), 3, classes=2), all_images(3, (1, 2, 2))
    torch.testing.assert_close(of.shares.shares, torch.tensor([0.75, 0.25], dtype=torch.float64))
    with torch.no_grad():
        each = [of.log_conditional(images, torch.full((len(images),), label)).double().exp() for label in range(2)]
    torch.testing.assert_close(probabilities(of, images), 0.75 * each[0] + 0.25 * each[1], atol=1e-6, rtol=1e-4)
    assert (each[0] - each[1]).abs().max() > 0.01


def test_labels_are_drawn_by_their_shares_and_obeyed() -> None:
    of = model((1, 2, 2), 2, classes=2)
    labels = of.draw_labels(10_000, rng=torch_rng(0, "labels"))
    assert labels is not None
    assert float((labels == 0).double().mean()) == pytest.approx(0.75, abs=0.02)
    images = all_images(2, (1, 2, 2))
    for label in range(2):
        with torch.no_grad():
            drawn = of.sample(20_000, rng=torch_rng(1, "sample"), labels=torch.full((20_000,), label))
            mean = (of.log_conditional(images, torch.full((16,), label)).exp()[:, None, None, None] * images).sum(0)
        torch.testing.assert_close(drawn.mean(0), mean, atol=0.03, rtol=0)


@pytest.mark.parametrize(
    ("classes", "labels", "message"),
    [(3, [0, 1], "expected the dataset's number, 2, or 0 for none, got 3"), (2, [0, -1], "1 training images have no")],
)
def test_classes_that_the_dataset_has_not_are_refused(classes: int, labels: list[int], message: str) -> None:
    made = build((1, 2, 2), width=4, layers=1, mixture=1, classes=classes, lr=0.1)
    given = data((1, 2, 2), 2, labels)
    with pytest.raises(InputError, match=message):
        made.refuse(given.facts)
        made.setup(given, torch_rng(0, "begin"))


def test_an_even_kernel_is_refused() -> None:
    with pytest.raises(InputError, match="kernel: expected an odd number of at least 3, got 4"):
        build((1, 2, 2), width=4, layers=1, kernel=4, mixture=1, lr=0.1)
