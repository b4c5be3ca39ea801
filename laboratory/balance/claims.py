"""The claims of the study of balance, written before it was run, and what its accuracies say of them."""

from __future__ import annotations

from collections.abc import Sequence

from laboratory.balance.results import Mean, Results, gain, mean
from laboratory.claims import Claim, counted, number, share

ERRORS = 2.0  # standard errors over repeats that a difference must exceed


def finding(results: Results, runs: Sequence[str], rare: int) -> str:
    """Say how many models' samples help the rare classes, and what the best of them does against oversampling."""
    helpful = sum(clear(gain(results, run, "none", "rare", rare)) for run in runs)
    gains = {run: gain(results, run, "oversampling", "rare", rare) for run in runs}
    best = max(gains, key=lambda run: gains[run].value)
    right = {name: f"{mean(results, name, 'rare', rare).value:.1%}" for name in ("none", "oversampling", "real", best)}
    return (
        f"Samples of {share(helpful, len(runs))} models raise the accuracy on the rare classes, which is "
        f"{right['none']} with the tail alone, by more than {ERRORS:g} standard errors. The best, {best}, makes it "
        f"{right[best]}, {shown(gains[best])} against oversampling ({right['oversampling']}); real images in place "
        f"of those missing have {right['real']}."
    )


def claims(results: Results, runs: Sequence[str], rare: int) -> list[Claim]:
    """Make the claims. runs: the fillings that are samples of models. rare: the number of rare classes."""
    return [_cost(results, rare), _oversampling(results, rare), *_samples(results, runs, rare)]


def shown(mean: Mean) -> str:
    """Print a difference of accuracies in points with its standard error."""
    return f"{number(100 * mean.value, '+.1f')} ± {100 * mean.error:.1f} points"


def clear(mean: Mean) -> bool:
    """Return whether a gain is above its standard errors."""
    return mean.value > ERRORS * mean.error


def _cost(results: Results, rare: int) -> Claim:
    lost = gain(results, "real", "none", "rare", rare)
    before = mean(results, "none", "rare", rare)
    return Claim(
        "A long tail costs accuracy on the rare classes.",
        "A classifier of the tail is right less often there than one of as many real images of each class (Cui et al., "
        "2019, section 5).",
        f"With the tail it is right for {before.value:.1%} of them; real images in place of those missing give "
        f"{shown(lost)}.",
        clear(lost),
        "baseline@none",
    )


def _oversampling(results: Results, rare: int) -> Claim:
    gained = gain(results, "oversampling", "none", "rare", rare)
    return Claim(
        "Oversampling helps the rare classes.",
        "To show their images more often raises the accuracy on them (Buda, Maki, Mazurowski, 2018).",
        f"It gives {shown(gained)}.",
        clear(gained),
        "baseline@oversampling",
    )


def _samples(results: Results, runs: Sequence[str], rare: int) -> list[Claim]:
    over_none = {run: gain(results, run, "none", "rare", rare) for run in runs}
    over_again = {run: gain(results, run, "oversampling", "rare", rare) for run in runs}
    on_others = {run: gain(results, run, "none", "others", rare) for run in runs}
    best, kindest = (max(of, key=lambda run: of[run].value) for of in (over_again, on_others))
    unhelpful = [run for run in runs if not clear(over_none[run])]
    lossy = [run for run in runs if clear(Mean(-on_others[run].value, on_others[run].error))]
    return [
        Claim(
            "Samples of every conditional model help the rare classes.",
            "The accuracy on them is above that of the tail alone (Mariani et al., 2018, BAGAN).",
            f"This is so for {counted(len(runs), unhelpful)}: "
            f"{', '.join(f'{run} {shown(found)}' for run, found in over_none.items())}.",
            not unhelpful,
            f"accuracy@{runs[0]}",
        ),
        Claim(
            "Samples of the best of them help more than oversampling.",
            "They show rare classes in ways that the few real images do not (Mariani et al., 2018).",
            f"The best is {best}, with {shown(over_again[best])} against oversampling.",
            clear(over_again[best]),
            f"accuracy@{best}",
        ),
        Claim(
            "The other classes lose nothing by the samples.",
            f"No model costs them more than {ERRORS:g} standard errors.",
            f"This is so for {counted(len(runs), lossy)}; the best change of theirs is {shown(on_others[kindest])}, by "
            f"{kindest}.",
            not lossy,
            f"accuracy@{kindest}",
        ),
    ]
