"""Shapes of every network at awkward sizes, published architectures, and what spectral normalisation promises."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import nn

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks import Critic, across_batch, conv, dcgan, is_spectral, mlp, resnet
from genbench.options import build
from genbench.seeding import seeded_initialisation, torch_rng
from tests.support.references import Reference, references

EVERY = pytest.mark.parametrize("network", [pytest.param(r, id=name) for name, r in references("networks").items()])
SIZES: list[Shape] = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 33, 33), (3, 20, 28)]


@EVERY
@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_shapes(network: Reference, shape: Shape) -> None:
    with seeded_initialisation(0, "network"):
        generator, critic = build("networks", network, shape, 5, 3)
    images = generator(torch.randn(2, 5, generator=torch_rng(0, "codes")))
    assert images.shape == (2, *shape)
    assert images.abs().max() <= 1
    assert images.std(0).max() > 0  # two codes, two images
    numbers = critic(images)
    assert numbers.shape == (2, 3)
    assert torch.equal(numbers, critic.head(critic.features(images))) or is_spectral(critic)
    numbers.sum().backward()
    for half in (generator, critic):
        assert all(p.grad is not None and p.grad.isfinite().all() for p in half.parameters())


@EVERY
def test_nothing_is_computed_to_be_checked(network: Reference) -> None:
    with torch.device("meta"):
        generator, critic = build("networks", network, (3, 32, 32), 5, 1)
    assert all(parameter.is_meta for half in (generator, critic) for parameter in half.parameters())


@EVERY
def test_a_network_is_what_its_options_say(network: Reference) -> None:
    _, critic = build("networks", network, (1, 16, 16), 5, 1)
    assert is_spectral(critic) == network.get("spectral", False)
    normalised = network.get("critic_norm", "batch" if network["name"] == "dcgan" else "none")
    assert across_batch(critic) == (normalised == "batch")
    mixing = normalised == "batch" or (network["name"].startswith("stylegan") and network.get("group", 4) > 1)
    images = torch.randn(4, 1, 16, 16, generator=torch_rng(0, "images"))
    critic.eval() if is_spectral(critic) else critic.train()  # so that no power iteration moves the weights in between
    alone = torch.cat([critic(image) for image in images.split(1)])  # type: ignore[no-untyped-call]
    assert torch.allclose(alone, critic(images), atol=1e-6) != mixing


def test_dcgan_is_figure_1() -> None:
    """Radford et al. (2016): 100 numbers to 4×4×1024, then 512, 256 and 128 channels, to 3×64×64."""
    with torch.device("meta"):
        generator, critic = dcgan.build((3, 64, 64), 100, 1, width=128)
    assert generator.start.out_features == 4 * 4 * 1024
    doublings = [layer for layer in generator.modules() if isinstance(layer, nn.ConvTranspose2d)]
    assert [layer.in_channels for layer in doublings] == [1024, 512, 256, 128]
    halvings = [layer for layer in critic.modules() if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in halvings] == [128, 256, 512, 1024]
    # normalised everywhere but in the generator's last and the critic's first layer
    assert [sum(isinstance(m, nn.BatchNorm2d) for m in half.modules()) for half in (generator, critic)] == [4, 3]


def test_dcgan_starts_small() -> None:
    with seeded_initialisation(0, "network"):
        halves = dcgan.build((3, 32, 32), 100, 1, width=32)
    for layer in (layer for half in halves for layer in half.modules()):
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
            assert layer.weight.mean().item() == pytest.approx(0, abs=0.002)


def test_resnet_is_that_of_wgan_gp() -> None:
    """Gulrajani et al. (2017), CIFAR-10: three doubling blocks; two blocks that halve and two that keep 8×8."""
    with torch.device("meta"):
        generator, critic = resnet.build((3, 32, 32), 128, 1, width=128)
        assert isinstance(critic.features, nn.Sequential)
        maps = critic.features[:4](torch.empty(1, 3, 32, 32))
    assert generator.grid == (128, 4, 4)
    assert [sum(isinstance(m, resnet.Residual) for m in half.modules()) for half in (generator, critic)] == [3, 4]
    assert maps.shape == (1, 128, 8, 8)


def spectral(critic: Critic) -> Critic:
    """After enough passes for the power iteration to have converged."""
    for _ in range(100):
        critic(torch.zeros(1, 1, 8, 8))
    return critic.eval()


@pytest.mark.parametrize("network", [conv, dcgan, resnet])
def test_spectral_weights_have_largest_singular_value_1(network: object) -> None:
    options = {"critic_norm": "none"} if network is dcgan else {}
    with seeded_initialisation(0, "network"):
        critic = spectral(network.build((1, 8, 8), 2, 1, width=4, spectral=True, **options)[1])  # type: ignore[attr-defined]
    weights = [layer.weight for layer in critic.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert len(weights) > 1
    for weight in weights:
        assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=1e-3)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(seed=st.integers(0, 10**6), size=st.floats(0.01, 10))
def test_a_spectral_critic_is_1_lipschitz(seed: int, size: float) -> None:
    """Linear layers of norm 1 and leaky rectifiers: |v(x) − v(y)| ≤ ‖x − y‖."""
    rng = torch_rng(seed, "points")
    image = torch.randn(1, 1, 8, 8, generator=rng)
    other = image + size * torch.randn(1, 1, 8, 8, generator=rng)
    apart = (CRITIC(image) - CRITIC(other)).abs().item()
    assert apart <= (image - other).norm().item() * (1 + 1e-3)


with seeded_initialisation(0, "network"):
    CRITIC = spectral(mlp.build((1, 8, 8), 2, 1, width=32, depth=3, spectral=True)[1])


def test_mlp_takes_points() -> None:
    generator, critic = mlp.build((2, 1, 1), 4, 1, width=8, depth=2, norm="none")
    assert critic(generator(torch.zeros(3, 4))).shape == (3, 1)
    assert not across_batch(generator)


@pytest.mark.parametrize(
    ("network", "shape", "words"),
    [
        ({"name": "dcgan", "width": 8}, (1, 2, 9), ["dcgan", "at least 4×4", "2×9", "mlp"]),
        ({"name": "resnet", "width": 8}, (2, 1, 1), ["resnet", "at least 4×4", "1×1"]),
        ({"name": "dcgan", "width": 8, "spectral": True}, (1, 8, 8), ["dcgan", "critic_norm", "none beside spectral"]),
        ({"name": "resnet", "width": 8, "critic_norm": "layer", "spectral": True}, (1, 8, 8), ["resnet", "layer"]),
        ({"name": "conv", "width": 0}, (1, 8, 8), ["conv.width", "greater than or equal to 1"]),
        ({"name": "dcgan", "width": 8, "critic_norm": "group"}, (1, 8, 8), ["critic_norm", "'group'"]),
        ({"name": "mlp", "width": 8}, (1, 8, 8), ["mlp.depth", "missing"]),
    ],
)
def test_bad_options(network: Reference, shape: Shape, words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        build("networks", network, shape, 5, 1)
    assert all(word in str(error.value) for word in words), error.value
    assert "\n" not in str(error.value)
