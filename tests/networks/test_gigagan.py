"""Parts of GigaGAN: chosen kernels, attention, texts, pyramids and the numbers that a critic makes of them."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from genbench.errors import InputError
from genbench.networks import gigagan
from genbench.networks.blocks.kernel_selection import SelectedConv2d
from genbench.networks.blocks.text_encoder import TextEncoder
from genbench.networks.blocks.token_attention import Attention, GridAttention
from genbench.seeding import seeded_initialisation, torch_rng

TEXT = (17, 4)
CAPTIONS = torch.tensor([[1, 11, 13, 15], [2, 12, 0, 0]])


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch_rng(0, f"normal {shape}"))


def selected(**options: bool) -> SelectedConv2d:
    with seeded_initialisation(0, "layer"):
        return SelectedConv2d(3, 5, 4, 6, **options)


def test_the_weights_of_kernels_sum_to_1() -> None:
    shares = selected().shares(10 * normal(7, 4))
    assert shares.shape == (7, 6)
    assert (shares >= 0).all()
    torch.testing.assert_close(shares.sum(1), torch.ones(7))
    assert shares.std(0).max() > 0.1, "styles choose differently"


def test_chosen_filters_are_demodulated() -> None:
    filters = selected().filters(normal(7, 4))
    torch.testing.assert_close(filters.square().sum((2, 3, 4)), torch.ones(7, 5), atol=1e-5, rtol=0)


@pytest.mark.parametrize("demodulate", [True, False])
def test_each_image_has_its_own_filter(demodulate: bool) -> None:
    layer, features, styles = selected(demodulate=demodulate), normal(3, 3, 6, 5), normal(3, 4)
    alone = [conv2d(one[None], kernel, padding=1) for one, kernel in zip(features, layer.filters(styles), strict=True)]
    torch.testing.assert_close(layer(features, styles), torch.cat(alone), atol=1e-5, rtol=1e-5)


def test_a_bank_of_equal_kernels_has_nothing_to_choose() -> None:
    layer = selected()
    with torch.no_grad():
        layer.bank.copy_(layer.bank[:1].expand_as(layer.bank))
    by_hand = layer.bank[0] * layer.affine(normal(7, 4))[:, None, :, None, None]
    length = by_hand.square().sum((2, 3, 4), keepdim=True).sqrt()
    torch.testing.assert_close(layer.filters(normal(7, 4)), by_hand / length, atol=1e-5, rtol=1e-5)


def grid_attention() -> GridAttention:
    with seeded_initialisation(0, "attention"):
        return GridAttention(6, style=4, words=3)


def test_attention_is_the_identity_at_gain_0() -> None:
    layer, features = grid_attention(), normal(2, 6, 3, 5)
    assert torch.equal(layer(features, normal(2, 4), normal(2, 7, 3)), features)
    assert torch.equal(GridAttention(6)(features), features)
    for gain in ("gain", "gain_across"):
        with torch.no_grad():
            layer.get_parameter(gain).fill_(1.0)
        assert not torch.allclose(layer(features, normal(2, 4), normal(2, 7, 3)), features)
        nn.init.zeros_(layer.get_parameter(gain))


def test_attention_looks_at_every_pixel_and_word() -> None:
    layer, features = grid_attention(), normal(1, 6, 3, 5).requires_grad_()
    style, words = normal(1, 4).requires_grad_(), normal(1, 7, 3).requires_grad_()
    for gain in (layer.gain, layer.gain_across):
        assert gain is not None
        nn.init.ones_(gain)
    seen = torch.autograd.grad(layer(features, style, words)[0, :, 0, 0].sum(), [features, style, words])
    assert all((gradient != 0).all() for gradient in seen)


def test_attention_by_distances_is_that_of_all_distances() -> None:
    with seeded_initialisation(0, "attention"):
        layer = Attention(6, 6, distances=True)
    tokens, context = normal(2, 5, 6), normal(2, 9, 6)
    distances = torch.cdist(layer.query(tokens), layer.query(context)).square()
    shares = (-distances / 6**0.5).softmax(2)
    expected = layer.outward(shares @ layer.value(context))
    torch.testing.assert_close(layer(tokens, context), expected, atol=1e-5, rtol=1e-4)


def test_the_whole_text_is_read_from_each_word() -> None:
    with seeded_initialisation(0, "encoder"):
        encoder = TextEncoder(*TEXT, 8, 1)
    words, whole = encoder(CAPTIONS)
    assert words.shape == (2, 4, 8)
    assert whole.shape == (2, 8)
    for slot in range(4):
        other = CAPTIONS.clone()
        other[:, slot] = (other[:, slot] + 1) % 17
        assert not torch.allclose(encoder(other)[1], whole)


def test_a_pyramid_packs_and_unpacks() -> None:
    for shape in [(1, 8, 8), (3, 20, 28)]:
        sizes = gigagan.sizes_of(shape)
        images = normal(2, *shape)
        pyramid = gigagan.pyramid(images, sizes)
        assert [one.shape[1:] for one in pyramid] == sizes
        assert all(map(torch.equal, gigagan.unpack(gigagan.pack(pyramid), sizes), pyramid))
        assert all(map(torch.equal, gigagan.unpack(images, sizes), pyramid))
        torch.testing.assert_close(pyramid[-1].mean((2, 3)), images.mean((2, 3)), atol=1e-6, rtol=1e-5)


def test_a_critic_has_a_number_for_each_image_and_later_block() -> None:
    with seeded_initialisation(0, "network"):
        generator, critic = gigagan.build((1, 16, 16), 5, 1, TEXT, width=4)
    assert isinstance(critic.features, gigagan.PyramidFeatures)
    pyramid = generator.pyramid(normal(2, 5), CAPTIONS)
    assert [one.shape[1:] for one in pyramid] == gigagan.sizes_of((1, 16, 16)) == [(1, 16, 16), (1, 8, 8), (1, 4, 4)]
    assert torch.equal(generator(normal(2, 5), CAPTIONS), pyramid[0])
    numbers = critic.head(critic.features(gigagan.pack(pyramid)), CAPTIONS)
    assert numbers.shape == (2, 3 + 2 + 1)
    pyramid[2] = pyramid[2] + 1
    moved = critic.head(critic.features(gigagan.pack(pyramid)), CAPTIONS) != numbers
    assert moved.tolist() == [[False] * 5 + [True]] * 2, "the smallest image has the last number alone"


def test_text_reaches_image_and_judgement() -> None:
    with seeded_initialisation(0, "network"):
        generator, critic = gigagan.build((1, 8, 8), 5, 1, TEXT, width=4)
    codes, other = normal(2, 5), CAPTIONS.flip(0)
    assert not torch.allclose(generator(codes, CAPTIONS), generator(codes, other))
    features = critic.features(normal(2, 1, 8, 8))
    assert not torch.allclose(critic.head(features, CAPTIONS), critic.head(features, other))


def test_a_text_wants_one_number() -> None:
    with pytest.raises(InputError, match="outputs: expected 1 beside a text, got 2"):
        gigagan.build((1, 8, 8), 5, 2, TEXT, width=4)
