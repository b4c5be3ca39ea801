"""Games on the plane: which modes of a known distribution each objective finds, and which it loses.

All objectives have the same networks, rates and number of generator steps; each meets the same seeds. A game whose
loss is not finite has diverged, which is a result. The second part of the study takes one game that collapses and
changes one thing at a time.

On the ring that is PacGAN's experiment (Lin et al. 2018, section 4.1), in its direction alone. Theirs has modes of sd
0.01 on the unit circle, networks of 400 and 200 units, batches of 100 packs whatever their size, 400,000 steps at a
rate of 1e-4 for both, and ten trials.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from genbench.adversarial.adversarial_loss import build as build_loss
from genbench.adversarial.objectives import Objective
from genbench.adversarial.tricks import Tricks
from genbench.errors import unknown
from genbench.find import find, members
from genbench.models.gan import GAN
from genbench.networks import Critic
from genbench.options import build as build_member, checked, name_of
from genbench.seeding import seeded_initialisation, torch_rng
from laboratory.divergences import catalogue, stack, targets
from laboratory.divergences.options import GameOptions, ModesOptions
from laboratory.divergences.points import OnPoints, learn
from laboratory.divergences.targets import Target

SHAPE = (1, 1, 2)


@dataclass(frozen=True)
class Played:
    """Game of one seed. drawn: {step: (N, 2) samples}, the last of them those that are measured."""

    drawn: dict[int, np.ndarray]
    diverged: dict[str, Any] | None


def target(name: str, options: ModesOptions) -> Target:
    """Make a target by the name of its function, with its options."""
    function = getattr(targets, name)
    made: Target = function(**checked(function, options.targets[name], f"modes.targets.{name}"))
    return made


def games(options: ModesOptions) -> dict[str, GameOptions]:
    """List every objective as a game, by label; one whose critic needs a bound on its slope is given a penalty.

    f-GANs play with the generator's non-saturating alternative, as their authors do.
    """
    by_label = {}
    for name, reference in catalogue.objectives(options.instead).items():
        if reference.get("update") == "minimax":
            continue
        objective: Objective = build_member("objectives", reference)
        changed: dict[str, Any] = {"objective": reference}
        if objective.lipschitz and objective.constrain is None:
            changed["penalties"] = [options.bound]
        changed |= options.changes.get(name_of(reference), {})
        by_label[name] = options.game.model_copy(update=changed)
    return by_label


def cures(options: ModesOptions) -> dict[str, GameOptions]:
    """List the game that loses modes, as "nothing", and each change to it; a trick that none tries is added."""
    changes: dict[str, Mapping[str, Any]] = {"nothing": {}, **options.cures}
    tried = {name_of(trick) for change in options.cures.values() for trick in change.get("tricks", [])}
    for name in members("tricks"):
        if name not in tried:
            example = find("tricks", name).__dict__.get("EXAMPLES", ({},))[0]
            changes[name] = {"tricks": [{"name": name, **example}]}
    ill = {**options.game.model_dump(), **options.ill}
    return {name: GameOptions.model_validate({**ill, **change}) for name, change in changes.items()}


def cures_on(target: str, options: ModesOptions) -> dict[str, GameOptions]:
    """List the game that loses modes and the changes that are tried on a target; nothing where none is."""
    games, chosen = cures(options), options.cures_on.get(target, [])
    if chosen == "all":
        return games
    for name in chosen:
        if name not in games:
            raise unknown(f"modes.cures_on.{target}: change", name, games)
    return {name: games[name] for name in ("nothing", *chosen)} if chosen else {}


def play(game: GameOptions, of: Target, options: ModesOptions) -> list[Played]:
    """Play with each seed: side by side where networks allow, and again one by one if one of them diverged."""
    if not game.tricks and not game.network.spectral and game.network.norm == "none":
        together = _train(game, of, options, options.seeds)
        if not together[0].diverged:
            return together
    return [played for seed in options.seeds for played in _train(game, of, options, [seed])]


def _train(game: GameOptions, of: Target, options: ModesOptions, seeds: Sequence[int]) -> list[Played]:
    tricks = Tricks([build_member("tricks", trick) for trick in game.tricks])
    with seeded_initialisation(seeds[0], "modes tricks"):  # a trick may have weights of its own
        generator, critic = tricks.networks(*_networks(game, seeds), game.latent)
    tricks.attach(generator, critic)
    gan = GAN(
        SHAPE,
        (generator, critic),
        build_loss(game.objective, game.penalties, critic),
        tricks,
        game.latent,
        game.critic_steps,
        (game.lr, game.lr if game.critic_lr is None else game.critic_lr),
        game.betas,
        game.optimiser,
    )
    learner = OnPoints(gan, lambda rng: of.sample(len(seeds) * game.batch, rng))
    drawn: dict[int, np.ndarray] = {}

    @torch.no_grad()
    def draw(step: int, learner: OnPoints) -> None:
        points = learner.gan.sample(len(seeds) * options.samples, rng=torch_rng(seeds[0], "modes sample", step))
        drawn[step] = points.view(len(seeds), options.samples, 2).numpy()

    done = learn(
        learner,
        steps=game.steps,
        seed=seeds[0],
        ema=options.ema,
        each_every=-(-game.steps // options.pictures),
        each=draw,
    )
    return [
        Played({step: points[index] for step, points in drawn.items()}, done.progress.diverged)
        for index in range(len(seeds))
    ]


def _networks(game: GameOptions, seeds: Sequence[int]) -> tuple[nn.Module, Critic]:
    pairs = list(_pairs(game, seeds))
    return stack.pair(pairs) if len(pairs) > 1 else pairs[0]


def _pairs(game: GameOptions, seeds: Sequence[int]) -> Iterator[tuple[nn.Module, Critic]]:
    for seed in seeds:
        with seeded_initialisation(seed, "modes"):
            yield build_member("networks", {"name": "mlp", **game.network.model_dump()}, SHAPE, game.latent, 1)


def scores(played: Played, of: Target, options: ModesOptions, seed: int) -> dict[str, Any]:
    """Score the samples of a seed; there is nothing but the reason where it diverged."""
    if played.diverged:
        return {"seed": seed, "diverged": played.diverged}
    samples = played.drawn[max(played.drawn)]
    covered = targets.coverage(samples, of)
    fresh = fresh_points(of, options, seed)
    distance = targets.wasserstein2(samples[: len(fresh)], fresh)
    shares = {"captured": covered.captured, "quality": covered.quality, "kl": covered.kl, "w2": distance}
    return {"seed": seed, "diverged": None, **shares}


def fresh_points(of: Target, options: ModesOptions, seed: int) -> np.ndarray:
    """Draw points of the target that no game saw, (N, 2)."""
    points: np.ndarray = of.sample(options.transported, torch_rng(seed, "modes fresh")).view(-1, 2).numpy()
    return points


def floor(of: Target, options: ModesOptions, seed: int) -> dict[str, Any]:
    """Score the target's own points in place of a generator's."""
    points = of.sample(options.samples, torch_rng(seed, "modes floor")).view(-1, 2).numpy()
    return scores(Played({0: points}, None), of, options, seed)


def study(name: str, options: ModesOptions) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Study one target: scores of every game and cure, and the first seed's samples over training by "game/step"."""
    of = target(name, options)
    parts = {"games": games(options), "cures": cures_on(name, options)}
    record: dict[str, Any] = {"modes": int(of.modes.max()) + 1, "floor": [floor(of, options, s) for s in options.seeds]}
    pictures = {"target": of.sample(options.samples, torch_rng(0, "modes picture")).view(-1, 2).numpy()}
    for part, chosen in parts.items():
        record[part] = {}
        for label, game in chosen.items():
            played = play(game, of, options)
            rows = [scores(own, of, options, seed) for own, seed in zip(played, options.seeds, strict=True)]
            record[part][label] = {"title": _title(part, label, game), "options": game.model_dump(), "seeds": rows}
            pictures |= {f"{part}/{label}/{step}": points for step, points in played[0].drawn.items()}
    return record, {key: points.astype(np.float16) for key, points in pictures.items()}


def _title(part: str, label: str, game: GameOptions) -> str:
    return label if part == "cures" else catalogue.title("objectives", game.objective)
