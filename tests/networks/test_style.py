"""Style-based networks: layers of equal learning rates, filters, statistics, styles and noise, and published sizes."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from genbench.adversarial.adversarial_loss import build as build_loss
from genbench.data.images import Shape
from genbench.engine.fabric import whole_batch
from genbench.engine.learner import Learner
from genbench.errors import InputError
from genbench.networks import across_batch, stylegan, stylegan2
from genbench.networks.blocks.equalised import Conv2d, Linear, Rectifier, scaled
from genbench.networks.blocks.low_pass import double, double_by, halve, low_pass
from genbench.networks.blocks.style import Mapping, MinibatchDeviation, StyleGenerator
from genbench.options import build
from genbench.seeding import seeded_initialisation, torch_rng

BOTH = pytest.mark.parametrize("network", [stylegan, stylegan2])
SHAPE: Shape = (3, 16, 16)


def normal(*size: int, purpose: str = "draw") -> Tensor:
    return torch.randn(size, generator=torch_rng(0, purpose))


@torch.no_grad()
def test_equalised_layers_keep_unit_variance() -> None:
    with seeded_initialisation(0, "layers"):
        linear, slow, convolution = Linear(300, 400), Linear(300, 400, rate=0.01), Conv2d(64, 128, 3)
    for layer in (linear, slow):
        assert layer(normal(200, 300)).var().item() == pytest.approx(1, abs=0.03)
    assert convolution(normal(8, 64, 10, 10)).var().item() == pytest.approx(1, abs=0.03)
    assert linear.weight.var().item() == pytest.approx(1, abs=0.03), "what Adam moves is of one size in all layers"
    assert Rectifier()(normal(100_000)).square().mean().item() == pytest.approx(1.04, abs=0.02)


@torch.no_grad()
def test_a_rate_moves_outputs_less_and_changes_none() -> None:
    layer = Linear(5, 5, rate=0.1, start=0.7)
    layer.weight.zero_()
    assert torch.allclose(layer(normal(2, 5)), torch.full((2, 5), 0.7))
    layer.bias.add_(1)
    assert torch.allclose(layer(normal(2, 5)), torch.full((2, 5), 0.8))


def test_the_filter_is_binomial() -> None:
    dot = torch.zeros(1, 1, 9, 9)
    dot[..., 4, 4] = 1
    row = torch.tensor([1.0, 3, 3, 1]) / 8
    assert torch.allclose(low_pass(dot, 3)[0, 0, 4:8, 4:8], torch.outer(row, row))
    assert low_pass(dot, 2).shape[2:] == (10, 10)


@pytest.mark.parametrize("sides", [(8, 8), (5, 6)])
def test_resampling_keeps_what_is_smooth(sides: tuple[int, int]) -> None:
    height, width = sides
    ramp = torch.arange(height).float().view(1, 1, -1, 1).expand(1, 1, height, width)
    inside = (..., slice(2, -2), slice(2, -2))
    doubled = double(ramp)
    assert doubled.shape[2:] == (2 * height, 2 * width)
    assert torch.allclose(doubled[inside].diff(dim=2), torch.full(doubled[inside].diff(dim=2).shape, 0.5))
    halved = halve(ramp)
    assert halved.shape[2:] == (height // 2, width // 2)
    assert halved[0, 0, 1, 1].item() == pytest.approx(2.5), "the middle of the pixels 2 and 3"


def test_doubling_by_a_filter_is_filtering_what_was_doubled() -> None:
    features, weight = normal(2, 3, 6, 6), normal(4, 3, 3, 3, purpose="weight")
    flipped = weight.flip(2, 3)  # a transposed convolution is one with flipped filters
    expected = nn.functional.conv2d(double(features), flipped, padding=1)
    found = double_by(features, weight)
    assert found.shape == expected.shape
    assert torch.allclose(found[..., 2:-2, 2:-2], expected[..., 2:-2, 2:-2], atol=1e-5)


def test_demodulated_filters_have_unit_length() -> None:
    weight, scales = normal(6, 5, 3, 3), 3 * normal(4, 5, purpose="scales")
    lengths = stylegan2.demodulation(weight, scales)
    filters = weight * scales[:, None, :, None, None] * lengths[:, :, None, None, None]
    norms = torch.linalg.vector_norm(filters.flatten(2), dim=2)
    assert norms.shape == (4, 6)
    assert (norms - 1).abs().max() < 1e-5


@torch.no_grad()
def test_a_modulated_convolution_is_one_by_each_images_own_filters() -> None:
    layer = stylegan2.Styled(5, 6, 7, doubles=False)
    features, styles = normal(3, 5, 8, 8), normal(3, 7, purpose="styles")
    weight, scales = scaled(layer.convolution.weight), layer.affine(styles)
    filters = weight * scales[:, None, :, None, None] * stylegan2.demodulation(weight, scales)[:, :, None, None, None]
    plain = torch.cat([nn.functional.conv2d(features[i : i + 1], filters[i], padding=1) for i in range(3)])
    found = layer(features, styles, torch.zeros(3, 1, 8, 8))
    assert torch.allclose(found, Rectifier()(plain), atol=1e-5)


@torch.no_grad()
def test_a_style_sets_mean_and_deviation_of_each_map() -> None:
    layer = stylegan.Styled(5, 7)
    styles = normal(3, 7)
    scale, shift = layer.affine(styles).chunk(2, dim=1)
    styled = layer(normal(3, 5, 8, 8, purpose="features"), styles, torch.zeros(3, 1, 8, 8))
    assert torch.allclose(styled.mean((2, 3)), shift, atol=1e-5)
    assert torch.allclose(styled.std((2, 3), correction=0), (1 + scale).abs(), atol=1e-4)


def test_the_mapping_sees_directions_alone() -> None:
    mapping, codes = Mapping(6, 3), normal(4, 6)
    assert torch.allclose(mapping(codes), mapping(10 * codes), atol=1e-5)


def test_minibatch_deviation_of_known_numbers() -> None:
    images = torch.tensor([1.0, -1.0, 5.0, 5.0]).view(4, 1, 1, 1).expand(4, 2, 3, 3)
    mapped = MinibatchDeviation(2)(images)
    assert mapped.shape == (4, 3, 3, 3)
    assert torch.equal(mapped[:, :2], images)
    assert mapped[:, 2, 0, 0].tolist() == pytest.approx([1, 1, 0, 0], abs=2e-4)
    assert MinibatchDeviation(4)(images)[0, 2, 0, 0].item() == pytest.approx(math.sqrt(6.75))
    assert MinibatchDeviation(4)(images[:3]).shape == (3, 3, 3, 3), "three images are one group"
    assert MinibatchDeviation(4)(torch.cat([images, images[:1]])).shape == (5, 3, 3, 3)


def test_a_critic_that_mixes_by_its_deviation_takes_r1_and_is_not_shared() -> None:
    _, critic = stylegan2.build(SHAPE, 5, 1, width=4, mapping=2)
    assert not across_batch(critic)
    build_loss("non_saturating", [{"name": "r1", "weight": 1.0}], critic)
    learner = Learner()
    learner.critic = critic
    assert "MinibatchDeviation" in whole_batch(learner)


@BOTH
@torch.no_grad()
def test_each_layer_has_a_style_and_noise_of_its_own(network: object) -> None:
    with seeded_initialisation(0, "network"):
        generator, _ = network.build(SHAPE, 5, 1, width=4, mapping=2)  # type: ignore[attr-defined]
    synthesis = generator.synthesis
    assert synthesis.layers == 6, "2 log2(16) − 2"
    for name, strength in generator.named_parameters():
        if name.endswith("strength"):
            strength.add_(1)
    styles, noise = normal(1, 6, 5), normal(1, synthesis.fixed_noise.shape[1], purpose="noise")
    before = synthesis(styles, noise)
    for layer in range(6):
        other = styles.clone()
        other[:, layer] += 1
        assert not torch.equal(synthesis(other, noise), before), layer
    start = 0
    for one in synthesis.noises(noise):
        other = noise.clone()
        other[:, start : start + one.numel()] *= 2
        start += one.numel()
        assert not torch.equal(synthesis(styles, other), before), start
    assert start == noise.shape[1]


@BOTH
def test_noise_begins_with_no_strength(network: object) -> None:
    with seeded_initialisation(0, "network"):
        generator, _ = network.build(SHAPE, 5, 1, width=4, mapping=2)  # type: ignore[attr-defined]
    styles, noise = normal(2, 6, 5), normal(2, generator.synthesis.fixed_noise.shape[1], purpose="noise")
    assert torch.equal(generator.synthesis(styles, noise), generator.synthesis(styles, 5 * noise))


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.soak
def test_stylegan2_is_as_large_as_published() -> None:
    """The authors' PyTorch program prints 28,794,124 with two layers of mapping, and 29,012,513 for the critic."""
    with torch.device("meta"):
        generator, critic = stylegan2.build((3, 1024, 1024), 512, 1, width=32)
        smaller, _ = stylegan2.build((3, 256, 256), 512, 1, width=128)
    assert parameters(generator) == 28_794_124 + 6 * 262_656
    assert parameters(generator.mapping) == 8 * 262_656
    assert parameters(critic) == 29_012_513
    assert smaller.synthesis.layers == 14
    assert smaller(torch.empty(1, 512, device="meta")).shape == (1, 3, 256, 256)


@pytest.mark.soak
def test_stylegan_is_as_large_as_published() -> None:
    """The authors' program prints 26,219,627 and 23,087,249, with the maps from and to images of every smaller size."""
    with torch.device("meta"):
        generator, critic = stylegan.build((3, 1024, 1024), 512, 1, width=16)
    smaller = [32, 64, 128, 256, 512, 512, 512, 512]
    assert parameters(generator) == 26_219_627 - sum(3 * channels + 3 for channels in smaller)
    assert parameters(critic) == 23_087_249 - sum(3 * channels + channels for channels in smaller)
    assert isinstance(generator, StyleGenerator)
    assert generator.synthesis.layers == 18


@pytest.mark.parametrize("name", ["stylegan", "stylegan2"])
def test_images_too_small_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"network {name}: expected images of at least 4×4 pixels, got 2×9"):
        build("networks", {"name": name, "width": 4}, (1, 2, 9), 5, 1)
