"""The claims of the three studies on sequences, and what their records say of them.

They were written before the numbers of the whole study were seen, but for one that those raised: that the proposal
learned by a bound is the best under it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from laboratory.claims import Claim, counted, listed, number, spoken
from laboratory.sequences.figures import BOUNDS, NAMES, ratio

Record = Mapping[str, Any]

ERRORS = 3.0  # standard errors by which a mean may be off by chance
EXACT = 0.1  # nats below log P(y) from which on a bound is called exact
RESAMPLED = BOUNDS[1:]
WORKS = "Maddison et al., 2017; Le et al., 2018; Naesseth et al., 2018"


def finding(bounds: Record, learning: Record) -> str:
    """Say how far bounds are below log P(y) with few and many particles, and with learned proposals."""
    counts, spaces = bounds["counts"], bounds["spaces"].values()

    def below(method: str, at: int) -> str:
        return _span(space["exact"] - space["proposals"]["prior"][method]["mean"][at] for space in spaces)

    gaps = [_gaps(space) for space in learning["spaces"].values()]
    never, always = (_span(of[method] for of in gaps) for method in ("iwae", "aesmc"))
    return (
        f"On {len(spaces)} sequence{'s' if len(spaces) > 1 else ''}, with N particles from the prior, IWAE, which "
        f"never resamples, is {below('iwae', 0)} nats below log P(y) at N = {counts[0]} and {below('iwae', -1)} at "
        f"N = {counts[-1]}, where AESMC and VSMC, which resample at every step, are {below('aesmc', -1)} below. With a "
        f"proposal learned by each bound itself and N = {learning['particles']}, IWAE is {never} below, AESMC and VSMC "
        f"{always}."
    )


def _span(values: Iterable[float]) -> str:
    """Write the least and the largest value, or the one that there is."""
    every = sorted(values)
    ends = [number(end, ".2f" if abs(end) < 10 else ",.0f") for end in (every[0], every[-1])]
    return " to ".join(dict.fromkeys(ends))


# Bounds against particles


def bounds(record: Record) -> list[Claim]:
    """Make the claims on bounds as particles are added and as the sequence goes on."""
    best = [_look(record), _even(record)] if any("optimal" in s["proposals"] for s in record["spaces"].values()) else []
    return [_below(record), _tightens(record), _single(record), _resampling(record), _length(record), *best]


def _rows(record: Record, kind: str = "") -> Iterator[tuple[str, Record, Record]]:
    """Yield each row of bounds with its name and its space; kind: of one proposal."""
    for name, space in record["spaces"].items():
        for proposal, by in space["proposals"].items():
            for method, row in by.items():
                if kind in ("", proposal):
                    yield f"{NAMES[method]} of {spoken(name)} ({proposal})", space, row


def _named(gaps: Mapping[str, float], space: str) -> str:
    """Write the gaps of a space: "0.31 (IWAE) and 0.12 (FIVO) for chain"."""
    each = listed(f"{number(gap, '.3f')} ({NAMES[method]})" for method, gap in gaps.items())
    return f"{each} for {spoken(space)}"


def _below(record: Record) -> Claim:
    every = [
        (f"{name}, N = {count}", mean - space["exact"] > ERRORS * error)
        for name, space, row in _rows(record)
        for count, mean, error in zip(record["counts"], row["mean"], row["error"], strict=True)
    ]
    above = [name for name, is_above in every if is_above]
    return Claim(
        "No bound is above log P(y).",
        f"The estimate of P(y) has the mean P(y), so that its logarithm has a lower one, up to {ERRORS:g} standard "
        f"errors ({WORKS}).",
        f"This is so for {counted(len(every), above)} means.",
        not above,
        "bounds",
    )


def _tightens(record: Record) -> Claim:
    counts, total, falls = record["counts"], 0, []
    for name, _, row in _rows(record):
        for at in range(len(counts) - 1):
            total += 1
            if row["mean"][at + 1] < row["mean"][at] - ERRORS * math.hypot(*row["error"][at : at + 2]):
                falls.append(f"{name} from N = {counts[at]} to {counts[at + 1]}")
    return Claim(
        "More particles make the bound tighter.",
        f"Each step in N raises it, up to {ERRORS:g} standard errors: a theorem for IWAE (Burda, Grosse, "
        "Salakhutdinov, 2016), for filters in the limit (Maddison et al., 2017).",
        f"It rises in {counted(total, falls)} steps.",
        not falls,
        "bounds",
    )


def _single(record: Record) -> Claim:
    off, total = [], 0
    for name, space in record["spaces"].items():
        for kind, by in space["proposals"].items():
            plain = by["iwae"]
            for method in RESAMPLED:
                total += 1
                error = math.hypot(by[method]["error"][0], plain["error"][0])
                if abs(by[method]["mean"][0] - plain["mean"][0]) > ERRORS * error:
                    off.append(f"{NAMES[method]} of {spoken(name)} ({kind})")
    return Claim(
        f"With N = {record['counts'][0]}, every bound is the ELBO.",
        f"One particle is its own only ancestor, so that the means are equal up to {ERRORS:g} standard errors.",
        f"They are for {counted(total, off)} pairs of a bound and IWAE's.",
        not off and record["counts"][0] == 1,
        "bounds",
    )


def _resampling(record: Record) -> Claim:
    texts, missed = [], []
    for name, space in record["spaces"].items():
        by = space["proposals"]["prior"]
        texts.append(_named({key: space["exact"] - by[key]["mean"][-1] for key in BOUNDS}, name))
        for method in RESAMPLED:
            error = math.hypot(by[method]["error"][-1], by["iwae"]["error"][-1])
            if by[method]["mean"][-1] < by["iwae"]["mean"][-1] + ERRORS * error:
                missed.append(name)
    return Claim(
        "Where particles are drawn from the prior, resampling makes the bound tighter.",
        f"At the most particles, FIVO and AESMC are above IWAE by more than {ERRORS:g} standard errors ({WORKS}).",
        f"Nats below log P(y) at N = {record['counts'][-1]}: {'; '.join(texts)}.",
        not missed,
        "bounds",
    )


def _length(record: Record) -> Claim:
    texts, missed = [], []
    for name, space in record["spaces"].items():
        gaps, half = space["gaps"], space["steps"] // 2 - 1
        worth = [(gaps["iwae"]["mean"][t] - gaps["fivo"]["mean"][t]) for t in (half, -1)]
        error = math.hypot(*(gaps[method]["error"][t] for method in ("iwae", "fivo") for t in (half, -1)))
        texts.append(f"from {number(worth[0], '.2f')} to {number(worth[1], '.2f')} ({spoken(name)})")
        if worth[1] - worth[0] < ERRORS * error:
            missed.append(name)
    return Claim(
        "The longer the sequence, the more resampling is worth.",
        "Weights that are never resampled degenerate, their variance growing exponentially with the length; that of a "
        "filter grows linearly (Doucet, Johansen, 2009).",
        f"Of N = {record['followed']} particles, IWAE's gap less FIVO's goes {listed(texts)} nats from half the "
        "sequence to its end.",
        not missed,
        "bounds",
    )


def _look(record: Record) -> Claim:
    total, below = 0, []
    for name, space in record["spaces"].items():
        for method, best in space["proposals"].get("optimal", {}).items():
            plain = space["proposals"]["prior"][method]
            for at, count in enumerate(record["counts"]):
                total += 1
                if best["mean"][at] < plain["mean"][at] - ERRORS * math.hypot(best["error"][at], plain["error"][at]):
                    below.append(f"{NAMES[method]} of {spoken(name)}, N = {count}")
    return Claim(
        "Particles that are drawn with a look at yₜ give the tighter bound.",
        "Their weights do not depend on xₜ any more (Doucet, Johansen, 2009).",
        f"The bound is not below that of the prior's proposal, up to {ERRORS:g} standard errors, for "
        f"{counted(total, below)} pairs.",
        not below,
        "bounds",
    )


def _even(record: Record) -> Claim:
    total, below, lead = 0, [], 0.0
    for name, space in record["spaces"].items():
        by = space["proposals"].get("optimal")
        for at, count in enumerate(record["counts"] if by else ()):
            total += 1
            gain = by["fivo"]["mean"][at] - by["aesmc"]["mean"][at]
            lead = max(lead, gain)
            if gain < -ERRORS * math.hypot(by["fivo"]["error"][at], by["aesmc"]["error"][at]):
                below.append(f"{spoken(name)}, N = {count}")
    return Claim(
        "With that look, resampling only where weights are uneven is no worse than at every step.",
        f"Resampling adds noise, which even weights do not need (Doucet, Johansen, 2009): FIVO is not below AESMC, up "
        f"to {ERRORS:g} standard errors.",
        f"This is so for {counted(total, below)} numbers of particles; FIVO leads by up to {lead:.2f} nats.",
        not below,
        "bounds",
    )


# Gradients


def gradients(record: Record) -> list[Claim]:
    """Make the claims on the score-function term of resampling and on noise."""
    tiny, spread = record["tiny"], record["spread"]
    return [_unbiased(tiny), _biased(tiny), _order(spread), _worth(spread), _ratios(spread)]


def _off(row: Record, truth: list[float]) -> list[float]:
    """Return the distances of means from the truth, in standard errors."""
    return [(mean - value) / error for mean, error, value in zip(row["mean"], row["error"], truth, strict=True)]


def _unbiased(tiny: Record) -> Claim:
    off = {name: max(map(abs, _off(tiny["estimators"][name], tiny["exact"]))) for name in ("score", "baseline")}
    return Claim(
        "With the score-function term of resampling, the gradient has the right mean.",
        f"Of two particles and two steps, every coordinate is within {ERRORS:g} standard errors of the exact gradient "
        "of the mean bound, by quadrature.",
        f"The farthest coordinate is {off['score']:.1f} standard errors off, {off['baseline']:.1f} with a baseline.",
        all(value <= ERRORS for value in off.values()),
        "gradients",
    )


def _biased(tiny: Record) -> Claim:
    row, names = tiny["estimators"]["without"], tiny["names"]
    biases = [of - exact for of, exact in zip(tiny["without"], tiny["exact"], strict=True)]
    seen = [name for name, off in zip(names, _off(row, tiny["exact"]), strict=True) if abs(off) > ERRORS]
    as_computed = max(map(abs, _off(row, tiny["without"]))) <= ERRORS
    texts = [
        f"{name} {number(exact + bias, '.3f')} for {number(exact, '.3f')}"
        for name, bias, exact in zip(names, biases, tiny["exact"], strict=True)
        if name in seen
    ]
    expected = [name for name, bias in zip(names, biases, strict=True) if abs(bias) > 1e-9]
    return Claim(
        "Without the term, the gradient is biased, in the parameters that act before resampling alone.",
        f"By quadrature the bias is in {listed(expected)} (that the term is left out: {WORKS}).",
        f"Coordinates that are more than {ERRORS:g} standard errors off: {listed(seen)}. Exactly, the mean is "
        f"{listed(texts)}; drawn means are {'' if as_computed else 'not '}within {ERRORS:g} standard errors of these.",
        bool(seen) and set(seen) <= set(expected) and as_computed,
        "gradients",
    )


def _order(spread: Record) -> Claim:
    counts = spread["counts"]
    plain, score, baseline = (spread["estimators"][name]["variance"] for name in ("without", "score", "baseline"))
    out = [f"N = {n}" for at, n in enumerate(counts) if not plain[at] < baseline[at] < score[at]]
    return Claim(
        "The term makes gradients noisy, and a baseline makes them less so.",
        f"Variances are in this order: without the term, with it and a baseline, with it alone ({WORKS}).",
        f"The order is this for {counted(len(counts), out)} numbers of particles. At N = {counts[-1]}, the term "
        f"multiplies the variance by {score[-1] / plain[-1]:,.0f}, and by {baseline[-1] / plain[-1]:,.0f} with a "
        "baseline.",
        not out,
        "gradients",
    )


def _worth(spread: Record) -> Claim:
    counts, row, other = spread["counts"], spread["estimators"]["without"], spread["estimators"]["baseline"]
    worse = [
        f"N = {count}"
        for at, count in enumerate(counts)
        if row["bias"][at] ** 2 + row["variance"][at] >= other["variance"][at]
    ]
    biases = [f"{bias:.2g} of {signal:.2g}" for bias, signal in zip(row["bias"], other["signal"], strict=True)]
    return Claim(
        "One gradient without the term is nearer to the truth than one with it.",
        f"Squared bias and variance together are less than the variance with the term and a baseline ({WORKS}).",
        f"This is so for {counted(len(counts), worse)} numbers of particles. The norm of the bias, of that of the "
        f"gradient, is {listed(biases)} from N = {counts[0]} to {counts[-1]}.",
        not worse,
        "gradients",
    )


def _ratios(spread: Record) -> Claim:
    counts, ratios = spread["counts"], ratio(spread["estimators"]["iwae"])
    first, last = ratios[0] or 0.0, ratios[-1] or 0.0
    fall = math.sqrt(counts[0] / counts[-1])
    return Claim(
        "More particles drown the gradient of IWAE in the proposal in its noise.",
        f"Signal to noise falls as N^−1/2, by a factor of {fall:.2f} here, for many particles (Rainforth et al., 2018, "
        "theorem 1; Le et al., 2018).",
        f"It goes from {first:.2f} at N = {counts[0]} to {last:.2f} at N = {counts[-1]}, by a factor of "
        f"{last / first if first else math.nan:.2f}.",
        last < first,
        "gradients",
    )


# Learned proposals


def learning(record: Record) -> list[Claim]:
    """Make the claims on learned proposals."""
    spaces = record["spaces"]
    whole = {name: space for name, space in spaces.items() if space["attainable"]}
    other = {name: space for name, space in spaces.items() if not space["attainable"]}
    claims = [_learned_below(spaces), _raised(spaces), _own(spaces), _term(spaces)]
    claims += [_whole(whole)] if whole else []
    return claims + ([_tighter(other)] if other else [])


def _learned_below(spaces: Record) -> Claim:
    every = [
        (f"{NAMES[by]} under {NAMES[method]} ({spoken(name)})", of["mean"] - space["exact"] > ERRORS * of["error"])
        for name, space in spaces.items()
        for by, measured in space["measured"].items()
        for method, of in measured.items()
    ]
    above = [name for name, is_above in every if is_above]
    return Claim(
        "No learned proposal lifts a bound above log P(y).",
        f"They are bounds for every proposal, up to {ERRORS:g} standard errors.",
        f"This is so for {counted(len(every), above)} means.",
        not above,
        "learning",
    )


def _raised(spaces: Record) -> Claim:
    total, missed = 0, []
    for name, space in spaces.items():
        for method in BOUNDS:
            total += 1
            before, after = space["measured"]["prior"][method], space["measured"][method][method]
            if after["mean"] - before["mean"] < ERRORS * math.hypot(after["error"], before["error"]):
                missed.append(f"{NAMES[method]} of {spoken(name)}")
    return Claim(
        "Learning a proposal by a bound raises that bound.",
        f"It rises by more than {ERRORS:g} standard errors from that of the prior's proposal ({WORKS}).",
        f"This is so for {counted(total, missed)}.",
        not missed,
        "learning",
    )


def _own(spaces: Record) -> Claim:
    total, beaten = 0, []
    for name, space in spaces.items():
        for method in BOUNDS:
            total += 1
            by, best = max(((by, of[method]) for by, of in space["measured"].items()), key=lambda pair: pair[1]["mean"])
            own = space["measured"][method][method]
            lead = best["mean"] - own["mean"]
            if lead > ERRORS * math.hypot(best["error"], own["error"]):
                beaten.append(f"{NAMES[method]} of {spoken(name)} (by {NAMES[by]}, by {lead:.2f} nats)")
    return Claim(
        "Under each bound, the proposal that was learned by it is the best.",
        f"None that was learned by another is higher by more than {ERRORS:g} standard errors: each learner raises its "
        "own bound.",
        f"This is so for {counted(total, beaten)}.",
        not beaten,
        "learning",
    )


def _term(spaces: Record) -> Claim:
    texts, missed = [], []
    for name, space in spaces.items():
        without, score = (space["measured"][by]["aesmc"] for by in ("aesmc", "aesmc_score"))
        gaps = [f"{space['exact'] - of['mean']:.2f}" for of in (without, score)]
        texts.append(f"{gaps[0]} and {gaps[1]} ({spoken(name)})")
        if without["mean"] < score["mean"] - ERRORS * math.hypot(without["error"], score["error"]):
            missed.append(name)
    return Claim(
        "Proposals learned without the term of resampling are no worse than those learned with it.",
        f"After as many steps, AESMC's bound is not lower, up to {ERRORS:g} standard errors ({WORKS}).",
        f"Nats below log P(y), without the term and with it: {listed(texts)}.",
        not missed,
        "learning",
    )


def _gaps(space: Record) -> dict[str, float]:
    """Return how far each bound is below log P(y) with the proposal that was learned by it."""
    return {method: space["exact"] - space["measured"][method][method]["mean"] for method in BOUNDS}


def _whole(spaces: Record) -> Claim:
    gaps = {name: _gaps(space) for name, space in spaces.items()}
    texts = [_named(of, name) for name, of in gaps.items()]
    return Claim(
        "Where proposals can be the posterior of whole paths, IWAE becomes exact, and resampling bars the way.",
        f"IWAE's gap falls below {EXACT} nats. A filter is exact only if yₜ says nothing new of earlier states "
        "(Maddison et al., 2017).",
        f"Nats below log P(y): {'; '.join(texts)}.",
        all(of["iwae"] < EXACT < min(of[method] for method in RESAMPLED) for of in gaps.values()),
        "learning",
    )


def _tighter(spaces: Record) -> Claim:
    texts, missed = [], []
    for name, space in spaces.items():
        gaps = _gaps(space)
        texts.append(_named(gaps, name))
        own = [space["measured"][method][method] for method in ("fivo", "iwae")]
        if own[0]["mean"] - own[1]["mean"] < ERRORS * math.hypot(own[0]["error"], own[1]["error"]):
            missed.append(name)
    return Claim(
        "Elsewhere, a filter with a proposal learned by it gives a tighter bound than IWAE with its own.",
        f"FIVO is above IWAE by more than {ERRORS:g} standard errors (Maddison et al., 2017; Naesseth et al., 2018).",
        f"Nats below log P(y): {'; '.join(texts)}.",
        not missed,
        "learning",
    )
