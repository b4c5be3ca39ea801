"""The claims of the study of tuning, and what its searches say of them."""

from __future__ import annotations

from collections.abc import Mapping

from scipy.stats import kendalltau

from laboratory.claims import Claim, counted, listed, number
from laboratory.tuning.results import Results, best_of

Pairs = Mapping[str, tuple[float, float]]  # by run: FID of the default options and of the best found

STAGE = "search"


def claims(results: Results) -> list[Claim]:
    """Make the claims on the defaults and the best options found; those on pairs need two runs that have both."""
    pairs = {
        search["run"]: (default, best)
        for search in results["runs"]
        if (default := search["trials"][0]["fid"]) is not None and (best := best_of(search)["fid"]) is not None
    }
    compared = [_spread(pairs), _order(pairs)] if len(pairs) > 1 else []
    return [_gains(results), *compared, _divergence(results)]


def _gains(results: Results) -> Claim:
    kept = [search["run"] for search in results["runs"] if not search["best"]]
    drawn = results["protocol"]["trials"]
    return Claim(
        "Every run has better options than its default ones.",
        f"The best of {drawn} random draws has a lower FID than the default (Lucic et al., 2018).",
        f"This is so for {counted(len(results['runs']), kept)}.",
        not kept,
        STAGE,
    )


def _spread(pairs: Pairs) -> Claim:
    (default, before), (best, after) = (_range({run: fids[index] for run, fids in pairs.items()}) for index in (0, 1))
    return Claim(
        "Tuning brings the runs nearer to each other.",
        "The largest FID is a smaller multiple of the least: with enough tuning most objectives come close (Lucic et "
        "al., 2018).",
        f"With default options {default}; with the best found {best}.",
        after < before,
        STAGE,
    )


def _range(fids: Mapping[str, float]) -> tuple[str, float]:
    """Print the least and the largest FID with their runs; returns the text and the ratio of the two."""
    least, largest = min(fids, key=lambda run: fids[run]), max(fids, key=lambda run: fids[run])
    ratio = fids[largest] / fids[least]
    return f"{fids[least]:.1f} ({least}) to {fids[largest]:.1f} ({largest}), a factor of {ratio:.2f}", ratio


def _order(pairs: Pairs) -> Claim:
    tau = float(kendalltau(*zip(*pairs.values(), strict=True)).statistic)
    return Claim(
        "Tuning changes the order of the runs.",
        "Kendall's τ between the orders by default and by best FID is below 1.",
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
