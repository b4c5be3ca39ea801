"""Targets and their scores on samples written by hand; games side by side against the same games alone."""

from __future__ import annotations

import math
from dataclasses import astuple
from itertools import permutations

import numpy as np
import pytest
import torch

from genbench.errors import InputError
from genbench.find import members
from genbench.options import build, name_of
from genbench.seeding import seeded_initialisation, torch_rng
from laboratory.divergences import catalogue, modes, stack, targets
from laboratory.divergences.options import GameOptions, ModesOptions, load
from laboratory.divergences.targets import Target, coverage, wasserstein2

pytestmark = pytest.mark.usefixtures("one_thread")

OPTIONS = load().modes
TARGETS = pytest.mark.parametrize("name", OPTIONS.targets)


def small(**changes: object) -> ModesOptions:
    game = OPTIONS.game.model_copy(update={"steps": 12, "batch": 16})
    return OPTIONS.model_copy(update={"game": game, "samples": 40, "transported": 20, "pictures": 2, **changes})


def test_modes_are_counted_exactly() -> None:
    target = targets.ring(modes=8, radius=1.0, sd=0.01)
    centres = target.centres
    everywhere = np.repeat(centres, 5, axis=0)
    assert astuple(coverage(everywhere, target)) == pytest.approx((8, 1.0, 0.0), abs=1e-12)
    three = np.repeat(centres[:3], 4, axis=0)
    assert astuple(coverage(three, target)) == pytest.approx((3, 1.0, math.log(8 / 3)))
    one = np.repeat(centres[:1], 10, axis=0)
    assert astuple(coverage(one, target)) == pytest.approx((1, 1.0, math.log(8)))


def test_what_is_far_from_every_centre_captures_nothing_but_counts_in_the_histogram() -> None:
    target = targets.grid(side=2, reach=0.5, sd=0.01)
    near, far = target.centres[:1] + [0.029, 0.0], target.centres[1:2] + [0.031, 0.0]
    found = coverage(np.concatenate([near, near, near, far]), target)
    assert (found.captured, found.quality) == (1, 0.75)
    assert found.kl == pytest.approx(0.75 * math.log(0.75 * 4) + 0.25 * math.log(0.25 * 4))


@TARGETS
def test_a_target_covers_itself(name: str) -> None:
    target = modes.target(name, OPTIONS)
    assert np.abs(target.centres).max() <= 1
    found = coverage(target.sample(4000, torch_rng(0, "test")).view(-1, 2).numpy(), target)
    assert found.captured == target.modes.max() + 1
    assert found.quality == pytest.approx(1 - math.exp(-4.5), abs=0.02)  # P(χ²₂ ≤ 9); the roll's centres are dense
    assert found.kl < 0.01


def test_the_sizes_of_the_targets() -> None:
    ring, grid = targets.ring(modes=8, radius=0.7, sd=0.1), targets.grid(side=5, reach=0.8, sd=0.1)
    assert np.linalg.norm(ring.centres, axis=1) == pytest.approx(0.7 * np.ones(8))
    assert len(grid.centres) == 25
    assert sorted(set(grid.centres[:, 0].round(9))) == pytest.approx([-0.8, -0.4, 0, 0.4, 0.8])


def test_the_swiss_roll_is_even_in_its_length() -> None:
    roll = targets.swiss_roll(turns=1.5, reach=0.85, arcs=16, sd=0.02)
    steps = np.linalg.norm(np.diff(roll.centres, axis=0), axis=1)
    assert steps.std() / steps.mean() < 1e-3
    counts = np.bincount(roll.modes)
    assert len(counts) == 16
    assert counts.max() - counts.min() <= 1


def test_wasserstein_of_a_shift_is_its_length() -> None:
    points = np.random.default_rng(0).normal(size=(50, 2))
    assert wasserstein2(points, points + [0.3, -0.4]) == pytest.approx(0.5)
    assert wasserstein2(points, points) == pytest.approx(0.0, abs=1e-7)


def test_wasserstein_against_every_matching() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(6, 2)), rng.normal(size=(6, 2)) + 1
    best = min(((one - other[list(order)]) ** 2).sum(axis=1).mean() for order in permutations(range(6)))
    assert wasserstein2(one, other) == pytest.approx(math.sqrt(best))


def test_wasserstein_of_unequal_numbers() -> None:
    one, other = np.zeros((1, 2)), np.array([[1.0, 0.0], [0.0, 2.0]])
    assert wasserstein2(one, other) == pytest.approx(math.sqrt((1 + 4) / 2))


def pairs(seeds: tuple[int, ...]) -> list:
    made = []
    for seed in seeds:
        with seeded_initialisation(seed, "test"):
            network = {"name": "mlp", "width": 8, "depth": 2, "norm": "none"}
            made.append(build("networks", network, modes.SHAPE, 2, 1))
    return made


def test_networks_side_by_side_compute_what_they_would_alone() -> None:
    generator, critic = stack.pair(pairs((0, 1, 2)))
    codes = torch.randn(15, 2, generator=torch_rng(0, "codes"))
    together = critic(generator(codes))
    alone = [c(g(part)) for (g, c), part in zip(pairs((0, 1, 2)), codes.chunk(3), strict=True)]
    torch.testing.assert_close(together, torch.cat(alone))


def test_a_block_learns_from_its_own_points_alone() -> None:
    _, critic = stack.pair(pairs((0, 1)))
    points = torch.randn(8, 1, 1, 2, generator=torch_rng(0, "points"))
    critic(points)[:4].sum().backward()
    gradients = [parameter.grad for parameter in critic.parameters() if parameter.grad is not None]
    assert len(gradients) == len(list(critic.parameters()))
    assert all(float(gradient[1].abs().max()) == 0 for gradient in gradients)
    assert all(float(gradient[0].abs().max()) > 0 for gradient in gradients[-2:])


def test_every_objective_plays_and_those_without_a_bound_are_given_one() -> None:
    games = modes.games(OPTIONS)
    played = {name_of(game.objective) for game in games.values()}
    assert played == set(members("objectives"))
    objectives = [game.objective for game in games.values() if isinstance(game.objective, dict)]
    divergences = {name_of(one["divergence"]) for one in objectives if name_of(one) == "fgan"}
    assert divergences == set(members("divergences"))
    assert games["wgan"].penalties == [OPTIONS.bound]
    assert [name for name, game in games.items() if name.startswith("wgan (clip") and game.penalties] == []


def test_every_trick_is_tried_and_one_that_no_change_names_joins_by_itself() -> None:
    def tried(options: ModesOptions) -> set[str]:
        return {name_of(trick) for game in modes.cures(options).values() for trick in game.tricks}

    assert tried(OPTIONS) == set(members("tricks"))
    assert tried(OPTIONS.model_copy(update={"cures": {}})) == set(members("tricks"))
    assert modes.cures(OPTIONS)["nothing"].tricks == []


def test_a_target_tries_the_changes_that_are_named_for_it_beside_the_game_without_one() -> None:
    assert list(modes.cures_on("ring", OPTIONS)) == ["nothing", "packs of two", "packs of three"]
    assert modes.cures_on("grid", OPTIONS) == modes.cures(OPTIONS)
    assert modes.cures_on("swiss_roll", OPTIONS) == {}
    with pytest.raises(InputError, match=r"^unknown modes.cures_on.ring: change 'pack of two'; did you mean"):
        modes.cures_on("ring", OPTIONS.model_copy(update={"cures_on": {"ring": ["pack of two"]}}))


def test_packs_change_one_thing_of_the_game_that_loses_modes() -> None:
    games = modes.cures_on("ring", OPTIONS)
    for label, images in (("packs of two", 2), ("packs of three", 3)):
        assert games[label].tricks == [{"name": "packing", "images": images}]
        assert games[label].model_copy(update={"tricks": []}) == games["nothing"]


def test_a_trick_with_weights_of_its_own_gives_the_same_samples_every_time() -> None:
    options = small(seeds=[0])
    game = modes.cures(options)["minibatch discrimination"].model_copy(update={"steps": 4, "batch": 16})
    target = modes.target("ring", options)
    first, again = (modes.play(game, target, options)[0].drawn for _ in range(2))
    np.testing.assert_array_equal(first[max(first)], again[max(again)])


@pytest.mark.parametrize("label", ["non_saturating", "wgan", "fgan (pearson, non_saturating)"])
def test_a_game_is_the_same_every_time(label: str) -> None:
    options = small(seeds=[0, 1])
    target = modes.target("ring", options)
    once, again = (modes.play(modes.games(options)[label], target, options) for _ in range(2))
    for one, other in zip(once, again, strict=True):
        assert one.diverged is None
        assert list(one.drawn) == [6, 12]
        np.testing.assert_array_equal(one.drawn[12], other.drawn[12])
    assert not np.array_equal(once[0].drawn[12], once[1].drawn[12])


def test_every_change_of_the_ill_game_can_be_played() -> None:
    """With its own batch, which a trick may refuse."""
    options = small(seeds=[0])
    target = modes.target("grid", options)
    for game in modes.cures(options).values():
        short = GameOptions.model_validate({**game.model_dump(), "steps": 2, "batch": OPTIONS.game.batch})
        (played,) = modes.play(short, target, options)
        assert played.drawn[2].shape == (40, 2)


def test_a_game_that_diverges_is_told_apart_from_its_neighbours() -> None:
    """At an absurd rate the critic of Kullback-Leibler overflows; the record says where, and has no scores."""
    options = small(seeds=[0, 1])
    game = modes.games(options)["fgan (kullback_leibler, non_saturating)"]
    target = modes.target("ring", options)
    wild = game.model_copy(update={"critic_lr": 50.0, "steps": 60})
    for played in modes.play(wild, target, options):
        record = modes.scores(played, target, options, 0)
        assert played.diverged
        assert set(record) == {"seed", "diverged"}
        assert "critic" in str(played.diverged["reason"]) or "generator" in str(played.diverged["reason"])


def test_the_floor_is_what_a_perfect_generator_would_score() -> None:
    options = small(samples=2000, transported=300)
    target = modes.target("ring", options)
    found = modes.floor(target, options, 0)
    assert found["captured"] == 8
    assert found["quality"] > 0.98
    assert found["w2"] < 0.4


def test_labels_say_a_member_with_its_options() -> None:
    assert catalogue.label("wgan") == "wgan"
    nested = {"name": "fgan", "divergence": {"name": "alpha", "alpha": 0.3}, "update": "minimax"}
    assert catalogue.label(nested) == "fgan (alpha (alpha=0.3), minimax)"
    assert catalogue.title("objectives", nested) == "fgan (α-divergence (α = 0.3), minimax)"


def test_a_target_refuses_what_it_does_not_know() -> None:
    options = OPTIONS.model_copy(update={"targets": {"ring": {"modes": 8, "radius": 0.7, "width": 0.02}}})
    with pytest.raises(ValueError, match="modes.targets.ring"):
        modes.target("ring", options)


def test_a_mode_may_have_several_centres() -> None:
    target = Target(np.array([[0.0, 0.0], [0.1, 0.0], [1.0, 0.0]]), np.array([0, 0, 1]), 0.01)
    found = coverage(np.array([[0.0, 0.0], [0.1, 0.0]]), target)
    assert (found.captured, found.kl) == pytest.approx((1, math.log(2)))
