"""BigGAN's pair: its parts against their formulas, its size against the authors' count, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from genbench.adversarial.conditionings import projection
from genbench.errors import InputError
from genbench.networks import biggan, is_spectral, takes_classes
from genbench.networks.blocks.conditional_batch_norm import ConditionalBatchNorm
from genbench.networks.blocks.self_attention import SelfAttention
from genbench.options import build
from genbench.seeding import seeded_initialisation, torch_rng

PUBLISHED: dict[str, Any] = {"width": 96, "multipliers": [16, 16, 8, 4, 2, 1], "embedding": 128, "attention": 64}


def small(**options: Any) -> tuple[biggan.Generator, Any]:
    with seeded_initialisation(0, "network"):
        return biggan.build((1, 8, 8), 5, 1, 3, **{"width": 8, "embedding": 4, **options})


def test_self_attention_starts_as_the_identity_and_is_its_formula() -> None:
    with seeded_initialisation(0, "attention"):
        block = SelfAttention(16).double()
    inputs = torch.randn(2, 16, 4, 6, generator=torch_rng(0, "inputs"), dtype=torch.float64)
    assert torch.equal(block(inputs), inputs)
    nn.init.constant_(block.gamma, 0.5)
    query, key, value = (part(inputs) for part in (block.query, block.key, block.value))
    key, value = (part.unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5)).flatten(2) for part in (key, value))
    expected = torch.empty(2, 8, 4, 6, dtype=torch.float64)
    for image in range(2):
        for place in range(24):
            shares = torch.softmax(query[image].flatten(1)[:, place] @ key[image], 0)
            expected[image, :, place // 6, place % 6] = value[image] @ shares
    torch.testing.assert_close(block(inputs), inputs + 0.5 * block.outward(expected))


def test_conditional_batch_norm_with_equal_gains_is_plain() -> None:
    conditional, plain = ConditionalBatchNorm(4, 3), nn.BatchNorm2d(4)
    nn.init.constant_(conditional.gain.weight, 0.2)
    nn.init.constant_(conditional.shift.weight, -0.1)
    nn.init.constant_(plain.weight, 1 + 3 * 0.2)
    nn.init.constant_(plain.bias, -3 * 0.1)
    inputs = torch.randn(6, 4, 5, 5, generator=torch_rng(0, "inputs"))
    torch.testing.assert_close(conditional(inputs, torch.ones(6, 3)), plain(inputs))
    torch.testing.assert_close(conditional.norm.running_var, plain.running_var)
    nn.init.zeros_(conditional.gain.weight)
    normalised = conditional(inputs, torch.ones(6, 3)) + 0.3
    torch.testing.assert_close(normalised.std((0, 2, 3), correction=0), torch.ones(4), atol=1e-4, rtol=0)


def test_images_depend_on_the_class_and_on_every_piece_of_the_code() -> None:
    generator, _ = small(multipliers=[2, 1])
    assert generator.pieces == [3, 2]
    codes, labels = torch.randn(4, 5, generator=torch_rng(0, "codes")), torch.tensor([0, 1, 2, 0])
    images = generator.eval()(codes, labels)
    assert images.shape == (4, 1, 8, 8)
    other = generator(codes, torch.tensor([0, 1, 1, 0]))
    assert [bool((a != b).any()) for a, b in zip(images, other, strict=True)] == [False, False, True, False]
    for number in range(5):
        moved = codes.clone()
        moved[0, number] += 1
        assert not torch.equal(generator(moved, labels)[0], images[0]), number


def test_weights_start_orthogonal_and_spectral_norm_is_of_both() -> None:
    for network in small():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding):
                matrix = layer.weight.flatten(1)
                matrix = matrix if len(matrix) <= matrix.shape[1] else matrix.T
                torch.testing.assert_close(matrix @ matrix.T, torch.eye(len(matrix)), atol=1e-5, rtol=0)
    assert [is_spectral(network) for network in small(spectral=True)] == [False, True]
    assert [is_spectral(network) for network in small(spectral_generator=True)] == [True, False]


def test_both_networks_have_attention_on_the_same_grid() -> None:
    sides = []
    for side in (4, 8, 16):
        generator, critic = biggan.build((1, 32, 32), 8, 1, width=8, attention=side)
        for network, inputs in ((generator, torch.zeros(2, 8)), (critic, torch.zeros(2, 1, 32, 32))):
            (block,) = (module for module in network.modules() if isinstance(module, SelfAttention))
            block.register_forward_pre_hook(lambda block, inputs: sides.append(inputs[0].shape[-1]))
            network(inputs)
    assert sides == [4, 4, 8, 8, 16, 16]


def test_a_slope_of_the_critic_can_be_differentiated_through_attention() -> None:
    _, critic = small(attention=4)
    nn.init.constant_(next(m for m in critic.modules() if isinstance(m, SelfAttention)).gamma, 0.5)
    images = torch.randn(2, 1, 8, 8, generator=torch_rng(0, "images"), requires_grad=True)
    (slope,) = torch.autograd.grad(critic(images).sum(), images, create_graph=True)
    weight = critic.get_parameter("features.1.query.weight")
    (of_weight,) = torch.autograd.grad(slope.square().sum(), weight)
    assert of_weight.abs().max() > 0


def test_networks_say_whether_they_take_classes() -> None:
    assert takes_classes("biggan")
    assert not takes_classes("conv")


@pytest.mark.soak
def test_the_published_size_has_the_published_number_of_parameters() -> None:
    """ImageNet at 128×128: the authors' own test counts 70,433,988 and 87,982,370 (compare_gan, resnet_biggan_test)."""
    with torch.device("meta"):
        generator, critic = biggan.build(
            (3, 128, 128), 120, 1, 1000, **PUBLISHED, spectral=True, spectral_generator=True
        )
        critic.head = projection.build(critic.head, 16 * 96, 1000, True)
    counts = [sum(parameter.numel() for parameter in network.parameters()) for network in (generator, critic)]
    assert counts == [70_433_988, 87_982_370]
    assert generator.pieces == [20] * 6


@pytest.mark.parametrize(
    ("options", "latent", "words"),
    [
        ({"multipliers": [1, 2, 3]}, 5, ["multipliers", "expected 2 numbers", "got 3"]),
        ({"attention": 8}, 5, ["attention", "[4]", "got 8"]),
        ({"attention": 0}, 5, ["biggan.attention", "greater than or equal to 1"]),
        ({}, 1, ["latent", "at least 2 numbers", "got 1"]),
    ],
)
def test_bad_options(options: dict[str, Any], latent: int, words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        build("networks", {"name": "biggan", "width": 8, **options}, (1, 8, 8), latent, 1)
    assert all(word in str(error.value) for word in words), error.value
    assert "\n" not in str(error.value)
