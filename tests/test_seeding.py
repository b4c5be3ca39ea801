"""Streams are the same everywhere, independent of each other, and never those of a global generator."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import torch
from hypothesis import given, strategies as st

from genbench.seeding import entropy, numpy_rng, seeded_initialisation, torch_rng

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
KEYS = st.tuples(st.integers(0, 2**32), WORDS, st.integers(0, 9))


@given(KEYS)
def test_entropy_is_the_head_of_a_sha256(key: tuple[int, str, int]) -> None:
    seed, purpose, step = key
    digest = hashlib.sha256(f"{seed}/{purpose}/{step}".encode()).hexdigest()
    assert entropy(seed, purpose, step) == int(digest[:16], 16)


def test_a_stream_is_the_same_on_every_machine() -> None:
    """This project's own numbers: others would make every earlier result another one."""
    assert entropy(0, "train") == 6411576139275575988
    assert numpy_rng(0, "train").integers(1000, size=3).tolist() == [108, 927, 998]
    assert torch.randint(1000, (3,), generator=torch_rng(0, "train")).tolist() == [502, 521, 812]


@given(KEYS, KEYS)
def test_different_keys_give_different_streams(one: tuple[int, str, int], other: tuple[int, str, int]) -> None:
    same = one == other
    assert (numpy_rng(*one).random(4).tolist() == numpy_rng(*other).random(4).tolist()) == same
    assert torch.equal(torch.rand(4, generator=torch_rng(*one)), torch.rand(4, generator=torch_rng(*other))) == same


def test_streams_leave_the_global_generators_alone() -> None:
    def states() -> list[str]:
        return [repr(random.getstate()), repr(np.random.get_state()), repr(torch.random.get_rng_state().tolist())]  # noqa: NPY002

    before = states()
    numpy_rng(0, "a").random(5)
    torch.rand(5, generator=torch_rng(0, "a"))
    with seeded_initialisation(0, "a"):
        torch.nn.Linear(3, 3)
    assert states() == before


def test_layers_are_initialised_from_the_seed() -> None:
    def weight(seed: int) -> torch.Tensor:
        torch.rand(seed + 1)  # wherever the global generator stands
        with seeded_initialisation(seed, "initialise"):
            return torch.nn.Linear(3, 3).weight

    assert torch.equal(weight(0), weight(0))
    assert not torch.equal(weight(0), weight(1))
