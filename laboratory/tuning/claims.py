"""The claims of the study of tuning, and what its searches say of them."""

from __future__ import annotations

from collections.abc import Mapping

from scipy.stats import kendalltau

from laboratory.claims import Claim, counted, listed, number
from laboratory.tuning.results import Results, best_of
from laboratory.tuning.trial import Trial

Pairs = Mapping[str, tuple[float, float]]  # by run: KID of the default options and of the best found

STAGE = "search"


def finding(results: Results) -> str:
    """Say how many runs gain by tuning beyond the noise, and which gains most, in one sentence."""
    clear = sum(_clear(search["trials"][0], best_of(search)) for search in results["runs"])
    drawn = results["protocol"]["trials"]
    counts = (
        f"Of {len(results['runs'])} runs, {clear or 'none'} {'gain' if clear > 1 else 'gains'} by the best of {drawn} "
        "random draws of options more than twice the standard error of KID"
    )
    if not (pairs := _pairs(results)) or not clear:
        return f"{counts}."
    most = max(pairs, key=lambda run: pairs[run][0] - pairs[run][1])
    before, after = (number(kid, ".4f") for kid in pairs[most])
    return f"{counts}; {most} gains most, from {before} to {after}."


def _pairs(results: Results) -> Pairs:
    """Select the runs whose default and best options both finished."""
    return {
        search["run"]: (default, best)
        for search in results["runs"]
        if (default := search["trials"][0]["kid"]) is not None and (best := best_of(search)["kid"]) is not None
    }


def claims(results: Results) -> list[Claim]:
    """Make the claims on the defaults and the best options found; those on pairs need two runs that have both."""
    pairs = _pairs(results)
    games = {search["run"] for search in results["runs"] if search["trials"][0]["options"]["model"] == "gan"}
    adversarial = {run: pair for run, pair in pairs.items() if run in games}
    spread = [_spread(adversarial)] if len(adversarial) > 1 else []
    order = [_order(pairs)] if len(pairs) > 1 else []
    return [_gains(results), *spread, *order, _divergence(results)]


def _gains(results: Results) -> Claim:
    kept = [search["run"] for search in results["runs"] if not search["best"]]
    drawn = results["protocol"]["trials"]
    clear = sum(_clear(search["trials"][0], best_of(search)) for search in results["runs"])
    return Claim(
        "Every run has better options than its default ones.",
        f"The best of {drawn} random draws has a lower KID than the default (Lucic et al., 2018).",
        f"This is so for {counted(len(results['runs']), kept)}; the gain is above twice the standard error for "
        f"{clear}.",
        not kept,
        STAGE,
    )


def _clear(default: Trial, best: Trial) -> bool:
    """Return whether a gain is larger than twice the larger of the two standard errors."""
    if default["kid"] is None or best["kid"] is None:
        return default is not best
    return default["kid"] - best["kid"] > 2 * max(default["kid_se"] or 0.0, best["kid_se"] or 0.0)


def _spread(pairs: Pairs) -> Claim:
    (default, before), (best, after) = (_range({run: kids[index] for run, kids in pairs.items()}) for index in (0, 1))
    return Claim(
        "Tuning brings the adversarial runs nearer to each other.",
        "The largest KID is less far above the least: with enough tuning most objectives come close (Lucic et al., "
        "2018).",
        f"With default options {default}; with the best found {best}.",
        after < before,
        STAGE,
    )


def _range(kids: Mapping[str, float]) -> tuple[str, float]:
    """Print the least and the largest KID with their runs; returns the text and the difference of the two."""
    least, largest = min(kids, key=lambda run: kids[run]), max(kids, key=lambda run: kids[run])
    apart = kids[largest] - kids[least]
    ends = (f"{number(kids[run], '.4f')} ({run})" for run in (least, largest))
    return f"{' to '.join(ends)}, {apart:.4f} apart", apart


def _order(pairs: Pairs) -> Claim:
    tau = float(kendalltau(*zip(*pairs.values(), strict=True)).statistic)
    return Claim(
        "Tuning changes the order of the runs.",
        "Kendall's τ between the orders by default and by best KID is below 1.",
        f"τ is {number(tau, '.2f')} over {len(pairs)} runs.",
        tau < 1,
        STAGE,
    )


def _divergence(results: Results) -> Claim:
    lost = {
        search["run"]: sum(trial["diverged"] is not None for trial in search["trials"]) for search in results["runs"]
    }
    total = sum(len(search["trials"]) for search in results["runs"])
    names = [f"{run} ({count})" for run, count in lost.items() if count]
    return Claim(
        "Training diverges with none of the options drawn.",
        "Every loss stays finite.",
        f"{sum(lost.values())} of {total} trials diverged{f': {listed(names)}' if names else ''}.",
        not names,
        STAGE,
    )
