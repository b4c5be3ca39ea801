"""The folk tricks, and those for few images: augmentation, noise in labels, dropout, codes on a sphere, replay."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genbench.adversarial.objectives._labels import cross_entropy, logistic_critic
from genbench.adversarial.tricks import (
    Tricks,
    adaptive_augment,
    diff_augment,
    experience_replay,
    feature_matching,
    flipped_labels,
    generator_dropout,
    noisy_labels,
    spherical_codes,
    virtual_batch_norm,
)
from genbench.errors import InputError
from genbench.networks import Critic, conv, mlp
from genbench.seeding import seeded_initialisation, torch_rng


def numbers(*shape: int, purpose: str = "numbers") -> Tensor:
    return torch.randn(*shape, generator=torch_rng(0, purpose), dtype=torch.float64)


def augmented(policy: str, images: Tensor, purpose: str = "augment") -> Tensor:
    return diff_augment.build(policies=[policy]).seen(images, torch_rng(0, purpose), 1)  # type: ignore[list-item]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("policy", diff_augment.POLICIES)
def test_augmentations_are_differentiable(policy: str, channels: int) -> None:
    images = numbers(2, channels, 8, 8).requires_grad_()
    assert torch.autograd.gradcheck(lambda images: augmented(policy, images), images)
    assert not torch.equal(augmented(policy, images), images)


def test_augmentation_is_absent_at_probability_0() -> None:
    images, rng = numbers(4, 1, 8, 8), torch_rng(0, "augment")
    before = rng.get_state()
    assert diff_augment.build(probability=0.0).seen(images, rng, 1) is images
    assert torch.equal(rng.get_state(), before)


def test_each_image_is_augmented_with_the_probability() -> None:
    images = numbers(2000, 1, 4, 4)
    changed = diff_augment.build(policies=["cutout"], probability=0.3).seen(images, torch_rng(0, "augment"), 1)
    share = (changed != images).flatten(1).any(1).double().mean().item()
    assert share == pytest.approx(0.3, abs=0.03)


def test_colour_changes_the_mean_by_the_brightness_and_the_spread_by_the_contrast() -> None:
    """Of grey images saturation is none; (x − mean) · c + mean + b has mean + b and c times the deviation."""
    images = numbers(1, 1, 8, 8).expand(1000, -1, -1, -1)
    changed = augmented("colour", images)
    assert torch.equal(augmented("colour", images), changed)
    brightness = (changed - images).mean((1, 2, 3))
    contrast = changed.flatten(1).std(1) / images.flatten(1).std(1)
    for drawn, low, high in ((brightness, -0.5, 0.5), (contrast, 0.5, 1.5)):
        assert low <= drawn.min() < low + 0.02
        assert high - 0.02 < drawn.max() <= high
    straight = images - images.mean((1, 2, 3), keepdim=True)
    expected = straight * contrast.view(-1, 1, 1, 1) + (images.mean((1, 2, 3)) + brightness).view(-1, 1, 1, 1)
    torch.testing.assert_close(changed, expected)


def test_saturation_keeps_the_mean_of_a_pixels_channels() -> None:
    """After brightness and contrast, which change all channels alike: differences of channels have one factor each."""
    images = numbers(500, 3, 2, 2)
    changed = augmented("colour", images)
    factor = (changed[:, 0] - changed[:, 1]) / (images[:, 0] - images[:, 1])
    torch.testing.assert_close(factor, factor[:, :1, :1].expand_as(factor))
    assert factor.min() >= 0
    assert 2 < factor.max() <= 2 * 1.5


def test_translation_moves_by_up_to_an_eighth_and_fills_with_grey() -> None:
    images = torch.arange(1.0, 16 * 24 + 1).view(1, 1, 16, 24).expand(400, -1, -1, -1)
    moved = augmented("translation", images)
    shifts = set()
    for image in moved[:, 0]:
        down, right = divmod(int(image[8, 12]) - 1, 24)
        down, right = 8 - down, 12 - right
        shifts.add((down, right))
        expected = torch.zeros(16 + 4, 24 + 6)
        expected[2 + down : 18 + down, 3 + right : 27 + right] = images[0, 0]
        assert torch.equal(image, expected[2:18, 3:27])
    assert shifts == {(down, right) for down in range(-2, 3) for right in range(-3, 4)}


@pytest.mark.parametrize(("side", "sizes"), [(8, {2, 3, 4}), (6, {2, 3}), (2, {1})])
def test_cutout_blanks_a_rectangle_of_half_of_each_side(side: int, sizes: set[int]) -> None:
    """A centre at the border leaves half of the rectangle inside."""
    cut = augmented("cutout", torch.ones(1000, 2, side, 8))
    assert set(cut.flatten().tolist()) == {0.0, 1.0}
    assert torch.equal(cut[:, 0], cut[:, 1])
    rows, columns = (cut[:, 0] == 0).any(2), (cut[:, 0] == 0).any(1)
    assert torch.equal(cut[:, 0] == 0, rows.unsqueeze(2) & columns.unsqueeze(1))
    assert set(rows.sum(1).tolist()) == sizes
    assert set(columns.sum(1).tolist()) == {2, 3, 4}
    assert (rows.int().diff(dim=1) == 1).sum(1).max() <= 1, "one run of rows"


class Judge(nn.Module):
    """Gives the first pixel of each image."""

    def forward(self, images: Tensor) -> Tensor:
        return images[:, :1, 0, 0]


def test_adaptive_augmentation_at_0_and_1_is_none_and_all() -> None:
    trick, images = adaptive_augment.build(images=8), numbers(4, 1, 8, 8)
    assert torch.equal(trick.seen(images, torch_rng(0, "augment"), 1), images)
    trick.probability.fill_(1)
    everything = diff_augment.build().seen(images, torch_rng(0, "augment"), 1)
    assert torch.equal(trick.seen(images, torch_rng(0, "augment"), 1), everything)


@pytest.mark.parametrize(("positive", "move"), [(10, 1), (9, 1), (8, 0), (7, -1), (0, -1)])
def test_adaptive_augmentation_follows_the_share_of_images_taken_for_real(positive: int, move: int) -> None:
    """Of ten images r is 0.8, 0.6 and 0.4 for nine, eight and seven; here 0.6 is the target."""
    trick, critic = adaptive_augment.build(images=40), Critic(Judge(), nn.Identity())
    trick.probability.fill_(0.5)
    real = torch.where(torch.arange(10) < positive, 3.0, -2.0).view(10, 1, 1, 1)
    seen = []
    for _ in range(3):
        assert trick.generator_loss(critic, real, real) is None
        seen.append(trick.probability.item())
    assert seen == pytest.approx([0.5 + move / 4, 0.5 + move / 2, 0.5 + move / 2], abs=1e-6)


def test_adaptive_augmentation_looks_even_where_another_trick_has_the_loss() -> None:
    adaptive, critic = adaptive_augment.build(images=4), Critic(Judge(), nn.Identity())
    images = torch.ones(2, 1, 1, 1)
    assert Tricks([feature_matching.build(), adaptive]).generator_loss(critic, images, images) is not None
    assert adaptive.probability.item() == 0.5


SWAPS = [noisy_labels, flipped_labels]


@pytest.mark.parametrize("trick", SWAPS)
def test_labels_swapped_with_probability_0_are_the_plain_ones_and_with_1_the_others(trick: Any) -> None:
    real, fake = numbers(6, 1, 2, 2), numbers(6, 1, 2, 2, purpose="fake")
    rng = torch_rng(0, "swap")
    before = rng.get_state()
    assert trick.build(probability=0.0).of_critic(real, fake, rng) == (real, fake)
    assert torch.equal(rng.get_state(), before)
    first, second = trick.build(probability=1.0).of_critic(real, fake, rng)
    assert torch.equal(first, fake)
    assert torch.equal(second, real)


def test_noisy_labels_are_in_mean_labels_smoothed_on_both_sides() -> None:
    """Of the logistic loss; each pair changes roles, or does not, whole."""
    real, fake = numbers(20_000, 1, 1, 1) + 1, numbers(20_000, 1, 1, 1, purpose="fake")
    first, second = noisy_labels.build(probability=0.2).of_critic(real, fake, torch_rng(0, "swap"))
    torch.testing.assert_close(first + second, real + fake)
    chosen = (first == fake).flatten()
    assert torch.equal(first.flatten() == real.flatten(), ~chosen)
    assert chosen.double().mean().item() == pytest.approx(0.2, abs=0.01)
    noisy = logistic_critic(first, second, 0.0).item()
    smoothed = (cross_entropy(real, 0.8) + cross_entropy(fake, 0.2)).item()
    assert noisy == pytest.approx(smoothed, abs=0.01)


def test_flipped_labels_are_those_of_whole_batches() -> None:
    real, fake = numbers(3, 1, 1, 1), numbers(3, 1, 1, 1, purpose="fake")
    trick, rng = flipped_labels.build(probability=0.3), torch_rng(0, "swap")
    shown = [trick.of_critic(real, fake, rng) for _ in range(2000)]
    assert all({id(first), id(second)} == {id(real), id(fake)} for first, second in shown)
    assert np.mean([first is fake for first, _ in shown]) == pytest.approx(0.3, abs=0.03)


def test_spherical_codes_have_length_root_latent_and_keep_their_direction() -> None:
    generator, critic = mlp.build((1, 2, 2), 5, 1, width=4, depth=1)
    trick, codes = spherical_codes.build(), numbers(50, 5)
    assert trick.networks(generator, critic, 5) == (generator, critic)
    scaled = trick.codes(codes, torch_rng(0, "codes"))
    torch.testing.assert_close(scaled.norm(dim=1), torch.full((50,), math.sqrt(5), dtype=torch.float64))
    torch.testing.assert_close(torch.cosine_similarity(scaled, codes), torch.ones(50, dtype=torch.float64))
    behind = torch.cat([codes, numbers(50, 3, purpose="factors")], 1)
    assert torch.equal(trick.codes(behind, torch_rng(0, "codes")), torch.cat([scaled, behind[:, 5:]], 1))


def replay(images: int) -> tuple[experience_replay.ExperienceReplay, nn.Module]:
    """Return the trick with its buffer full, and the generator."""
    with seeded_initialisation(0, "networks"):
        generator, critic = conv.build((1, 8, 8), 4, 1, width=4)
    trick = experience_replay.build(images=images)
    trick.networks(generator, critic, 4)
    trick.setup(generator, torch_rng(0, "begin"))
    return trick, generator


def test_replay_begins_with_images_of_the_untrained_generator() -> None:
    trick, generator = replay(70)
    assert trick.history.shape == (70, 1, 8, 8)
    assert len({tuple(image.flatten().tolist()) for image in trick.history}) == 70
    assert generator.training
    assert not any(buffer.any() for name, buffer in generator.named_buffers() if name.endswith("running_mean"))
    assert trick.state_dict().keys() == {"history"}


def test_half_of_a_replayed_batch_is_of_the_buffer_which_takes_as_many() -> None:
    trick, _ = replay(10)
    before, real = trick.history.clone(), numbers(7, 1, 8, 8).float()
    fake = numbers(7, 1, 8, 8, purpose="fake").float()
    shown_real, shown = trick.of_critic(real, fake, torch_rng(0, "replay"))
    assert shown_real is real
    assert torch.equal(shown[3:], fake[3:])
    drawn = (shown[:3].unsqueeze(1) == before).flatten(2).all(2)
    assert drawn.sum(1).tolist() == [1, 1, 1], "each is one of the buffer"
    assert drawn.sum(0).max() == 1, "none twice"
    kept = (trick.history == before).flatten(1).all(1)
    assert kept.sum() == 7
    assert torch.equal(trick.history[~kept].sum(0), fake[:3].sum(0))


def test_an_image_of_the_replay_stays_for_twice_the_buffer_over_the_batch() -> None:
    """A slot is given up with probability 4 / 20 in each update."""
    trick, _ = replay(20)
    births, lives = torch.zeros(20), []
    for update in range(1, 3000):
        born = torch.full((8, 1, 8, 8), float(update))
        trick.of_critic(born, born, torch_rng(0, "replay", update))
        now = trick.history[:, 0, 0, 0]
        new = now == update
        lives += (update - births[new]).tolist()
        births[new] = float(update)
    assert np.mean(lives) == pytest.approx(5, rel=0.02)


def test_a_buffer_of_less_than_half_a_batch_is_refused() -> None:
    trick, _ = replay(3)
    images = torch.zeros(8, 1, 8, 8)
    with pytest.raises(InputError, match=r"^trick experience_replay.images: expected half a batch at least, 4, got 3$"):
        trick.of_critic(images, images, torch_rng(0, "replay"))


def dropping(probability: float, *, sampling: bool = False) -> tuple[generator_dropout.GeneratorDropout, nn.Module]:
    with seeded_initialisation(0, "networks"):
        generator, critic = conv.build((1, 8, 8), 4, 1, width=4)
    trick = generator_dropout.build(probability=probability, sampling=sampling)
    trick.attach(*trick.networks(generator, critic, 4))
    return trick, generator


def test_dropout_is_off_at_evaluation_unless_it_is_asked_for() -> None:
    codes, plain = numbers(6, 4).float(), dropping(0.0)[1]
    for sampling in (False, True):
        trick, generator = dropping(0.5, sampling=sampling)
        assert torch.equal(generator(codes), plain(codes)), "no factors, no dropout"
        assert (trick.eval().codes(codes, torch_rng(0, "factors")) is codes) == (not sampling)
        assert trick.train().codes(codes, torch_rng(0, "factors")) is not codes


def test_dropout_of_probability_0_is_the_generator_as_it_was() -> None:
    codes, (trick, generator) = numbers(6, 4).float(), dropping(0.0)
    assert trick.codes(codes, torch_rng(0, "factors")) is codes
    assert not any(isinstance(module, generator_dropout.Dropping) for module in generator.modules())


def test_factors_drop_units_with_the_probability_and_keep_the_mean() -> None:
    trick, generator = dropping(0.25)
    codes = numbers(200, 4).float()
    factors = trick.codes(codes, torch_rng(0, "factors"))[:, 4:]
    assert factors.shape[1] == 8 * 4 * 4 + 4 * 8 * 8, "the units of the two rectifiers for an image"
    assert set(factors.flatten().tolist()) == {0.0, torch.tensor(4 / 3).item()}
    assert factors.mean().item() == pytest.approx(1, abs=0.01)


def test_each_layer_of_the_generator_gets_factors_of_its_own() -> None:
    trick, generator = dropping(0.5)
    outputs = []
    for layer in generator.modules():
        if isinstance(layer, generator_dropout.Dropping):
            layer.register_forward_hook(lambda layer, inputs, output: outputs.append(output))
    codes = trick.codes(numbers(5, 4).float(), torch_rng(0, "factors"))
    images = generator(codes)
    assert images.shape == (5, 1, 8, 8)
    dropped = torch.cat([output.reshape(5, -1) for output in outputs], 1)
    assert not dropped[codes[:, 4:] == 0].any()
    assert dropped[codes[:, 4:] > 0].any()
    assert torch.equal(generator(codes), images)


def test_dropout_needs_a_rectifier() -> None:
    generator, critic = nn.Linear(4, 4), Critic(nn.Flatten(), nn.Linear(4, 1))
    with pytest.raises(InputError, match=r"^trick generator_dropout: the generator has no layer ReLU"):
        generator_dropout.build(probability=0.5).networks(nn.Sequential(generator), critic, 4)


@pytest.mark.parametrize("first", ["dropout", "batch norm"])
def test_a_reference_batch_drops_nothing(first: str) -> None:
    """Virtual batch normalisation and dropout go together in either order."""
    with seeded_initialisation(0, "networks"):
        generator, critic = conv.build((1, 8, 8), 4, 1, width=4)
    dropout, norm = generator_dropout.build(probability=0.5), virtual_batch_norm.build(images=5)
    tricks = Tricks([dropout, norm] if first == "dropout" else [norm, dropout])
    final, critic = tricks.networks(generator, critic, 4)
    tricks.attach(final, critic)
    tricks.setup(final, torch_rng(0, "begin"))
    codes = tricks.codes(numbers(6, 4).float(), torch_rng(0, "factors"))
    images = final(codes)
    torch.testing.assert_close(final(codes[:3]), images[:3])
    assert not torch.allclose(final(codes[:, :4]), images, atol=1e-3)
