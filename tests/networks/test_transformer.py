"""The transformer's causality by gradients, its attention, its walk against the pass, and what is cut off."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor

from genbench.errors import InputError
from genbench.networks.blocks.transformer import Transformer, attention, shares
from genbench.seeding import seeded_initialisation, torch_rng


def network(tokens: int = 5, length: int = 6, classes: int = 0, layers: int = 2) -> Transformer:
    """Untrained, its weights made larger so that the positions really depend on each other."""
    with seeded_initialisation(0, "initialise"):
        made = Transformer(tokens, length, width=8, layers=layers, heads=2, classes=classes)
    for parameter in made.parameters():
        parameter.data.mul_(10 if parameter.dim() > 1 else 1)
    return made.eval()


def sequences(n: int, length: int = 6) -> Tensor:
    return torch.randint(5, (n, length), generator=torch_rng(0, "tokens"))


@torch.no_grad()
def test_another_token_changes_all_logits_after_it_and_none_before() -> None:
    of, tokens = network(), sequences(1)
    before = of(tokens)
    for place in range(6):
        other = tokens.clone()
        other[0, place] = (other[0, place] + 1) % 5
        changed = (of(other) != before).any(2)[0]
        assert changed.tolist() == [later > place for later in range(6)], place


def test_no_gradient_comes_from_the_future() -> None:
    of, tokens = network(), sequences(1)
    embedded: list[Tensor] = []
    of.tokens.register_forward_hook(lambda module, inputs, output: embedded.append(output))
    logits = of(tokens).square().sum(2)[0]
    for place in range(6):
        (slope,) = torch.autograd.grad(logits[place], embedded[0], retain_graph=True)
        assert (slope[0] != 0).any(1).tolist() == [other < place for other in range(5)], place


@torch.no_grad()
@pytest.mark.parametrize("classes", [0, 3])
def test_the_walk_gives_what_a_pass_gives(classes: int) -> None:
    of, full = network(classes=classes), sequences(3)
    labels = torch.tensor([2, 0, 1]) if classes else None
    filled, logits = torch.zeros_like(full), torch.empty(3, 6, 5)
    for place, here in of.walk(filled, labels):
        logits[:, place] = here
        filled[:, place] = full[:, place]
    torch.testing.assert_close(logits, of(full, labels), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("last", "positions"), [(4, 4), (1, 4), (2, 7)])
def test_attention_sums_to_1_over_what_has_been(last: int, positions: int) -> None:
    rng = torch_rng(0, "heads")
    queries, keys = torch.randn(2, 3, last, 5, generator=rng), torch.randn(2, 3, positions, 5, generator=rng)
    weights = attention(queries, keys)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, last))
    for row in range(last):
        assert (weights[:, :, row] > 0).all((0, 1)).tolist() == [
            at <= positions - last + row for at in range(positions)
        ]


def test_attention_is_a_softmax_of_scaled_products() -> None:
    keys = torch.tensor([[0.0, 0.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0]]).view(1, 1, 2, 4)
    weights = attention(torch.tensor([1.0, 5.0, 0.0, 0.0]).view(1, 1, 1, 4), keys)[0, 0, 0]
    torch.testing.assert_close(weights, torch.tensor([0.0, 1.0]).softmax(0))  # 2 / √4


@torch.no_grad()
@pytest.mark.parametrize("classes", [0, 2])
def test_probabilities_of_all_sequences_sum_to_1(classes: int) -> None:
    of = network(3, 3, classes)
    tokens = torch.tensor(list(product(range(3), repeat=3)))
    labels = torch.ones(27, dtype=torch.int64) if classes else None
    each = of(tokens, labels).double().log_softmax(2).gather(2, tokens[..., None]).sum((1, 2)).exp()
    assert float(each.sum()) == pytest.approx(1, abs=1e-6)
    assert each.std() > 0.1 * each.mean(), "else any model would do"


@torch.no_grad()
def test_a_class_reaches_every_position_and_a_position_is_known() -> None:
    of, tokens = network(classes=2), torch.zeros(1, 6, dtype=torch.int64)
    first, second = (of(tokens, torch.tensor([label])) for label in range(2))
    assert (first != second).any(2).all()
    assert len({tuple(row.tolist()) for row in first[0]}) == 6


def test_shares_are_those_of_the_largest_at_a_temperature() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0, 2.0]])
    torch.testing.assert_close(shares(logits), logits.double().softmax(1))
    torch.testing.assert_close(shares(logits, temperature=2.0), (logits.double() / 2).softmax(1))
    two = torch.tensor([3.0, 2.0], dtype=torch.float64).softmax(0)
    torch.testing.assert_close(shares(logits, top_k=2)[0, [1, 3]], two)
    assert shares(logits, top_k=2)[0, [0, 2]].tolist() == [0, 0]
    assert shares(logits, top_k=1).tolist() == [[0, 1, 0, 0]]
    assert shares(logits, temperature=1e-300).tolist() == [[0, 1, 0, 0]]


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(InputError, match="heads: expected a divisor of the width, 8, got 3"):
        Transformer(5, 6, width=8, layers=1, heads=3)
