"""What the page says: each sentence is computed from a study's record, with whether it bears out what is expected."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

Record = Mapping[str, Any]

#: Distance from the optimum within which a fit by samples is called good.
CLOSE = 0.05
#: Standard errors that an estimate may be off by chance.
ERRORS = 3.0


@dataclass(frozen=True)
class Claim:
    """A sentence, the stage whose record it was computed from, and whether it holds: None where it only reports."""

    text: str
    stage: str
    holds: bool | None = None


def listed(names: Iterable[str]) -> str:
    """a, b and c; none for nothing."""
    every = list(names)
    if len(every) < 2:
        return "".join(every) or "none"
    return f"{', '.join(every[:-1])} and {every[-1]}"


def off(row: Record) -> float:
    """How far a fit by samples is from the optimum, the larger of |μ̂ − μ*| and |σ̂ − σ*|; infinite where diverged."""
    best, fit = row["optima"][0], row["fit"]
    if fit["diverged"]:
        return math.inf
    return max(abs(fit["mean"] - best["mean"]), abs(fit["sd"] - best["sd"]))


def univariate(found: Record) -> list[Claim]:
    """On the optima by quadrature and the fits by samples."""
    rows, stage = found["divergences"], "univariate"
    claims = []
    if "kullback_leibler" in rows:
        target, best = found["target"], rows["kullback_leibler"]["optima"][0]
        at, variance = moments(target)
        apart = max(abs(best["mean"] - at), abs(best["sd"] - math.sqrt(variance)))
        claims.append(
            Claim(
                f"Kullback-Leibler is best fitted by the mixture's own moments, mean {at:.4f} and standard deviation "
                f"{math.sqrt(variance):.4f}: the search found them to {apart:.0e}.",
                stage,
                apart < 1e-4,
            )
        )
    beaten = beaten_by(found["cross"]["optimum"], 1e-7)
    claims.append(
        Claim(
            f"Measured by quadrature, no fit beats the optimum of any of the {len(rows)} divergences under that "
            "divergence itself" + (f", except {listed(beaten)}." if beaten else ": the diagonal of the table wins."),
            stage,
            not beaten,
        )
    )
    several = [f"{row['title']} ({_place(row['optima'][1])})" for row in rows.values() if len(row["optima"]) > 1]
    claims.append(Claim(f"With a second local minimum on the narrow component: {listed(several)}.", stage))
    close = [row["title"] for row in rows.values() if off(row) <= CLOSE]
    far = [f"{row['title']} ({_off(row)})" for row in rows.values() if off(row) > CLOSE]
    claims.append(
        Claim(
            f"Of the fits by samples alone, {len(close)} of {len(rows)} come within {CLOSE} of μ* and of σ*"
            + (f"; not {listed(far)}." if far else "."),
            stage,
            not far,
        )
    )
    above = [
        row["title"]
        for row in rows.values()
        if not row["fit"]["diverged"] and exceeds(row["fit"]["bound"], row["fit"]["value"])
    ]
    claims.append(
        Claim(
            f"The bound F that the game ends with is below the exact divergence of its own fit, up to {ERRORS:g} "
            "standard errors, " + (f"except for {listed(above)}." if above else "for every divergence."),
            stage,
            not above,
        )
    )
    lost = beaten_by(found["cross"]["fit"], 0.0)
    names = [f"{rows[of]['title']} (by {rows[by]['title']}, by {gap:.1g})" for of, (by, gap) in lost.items()]
    claims.append(
        Claim(
            f"Among the fits by samples the diagonal wins for {len(found['cross']['fit']) - len(lost)} of "
            f"{len(found['cross']['fit'])}" + (f"; beaten are {listed(names)}." if names else "."),
            stage,
            not lost,
        )
    )
    return claims


def moments(target: Record) -> tuple[float, float]:
    """Mean and variance of a mixture."""
    parts = list(zip(target["weights"], target["means"], target["sds"], strict=True))
    at = sum(weight * centre for weight, centre, _ in parts)
    return at, sum(weight * (sd**2 + (centre - at) ** 2) for weight, centre, sd in parts)


def beaten_by(cross: Mapping[str, Mapping[str, float | None]], tolerance: float) -> dict[str, tuple[str, float]]:
    """The divergences under which another's fit is better than its own, with whose and by how much."""
    found = {}
    for measured in cross:
        own = _or_infinite(cross[measured][measured])
        best = min(cross, key=lambda of: _or_infinite(cross[of][measured]))  # noqa: B023
        gap = own - _or_infinite(cross[best][measured])
        if gap > tolerance:
            found[measured] = (best, gap)
    return found


def exceeds(estimate: Record, exact: float | None) -> bool:
    """Whether an estimate is above the exact value by more than chance."""
    if estimate["value"] is None or exact is None:
        return False
    return bool(estimate["value"] > exact + ERRORS * (estimate["error"] or 0.0))


def estimate(found: Record) -> list[Claim]:
    """On bounds against exact divergences."""
    rows, stage, distances = found["divergences"], "estimate", found["distances"]
    every = [
        (row, dimension, place, one)
        for row in rows.values()
        for dimension, of in row["trained"].items()
        for place, one in enumerate(of)
    ]
    above = [
        f"{row['title']} (D = {dimension}, δ = {distances[place]:g})"
        for row, dimension, place, one in every
        if exceeds(one, row["exact"][place])
    ]
    lost = [one for *_, one in every if one["value"] is None]
    claims = [
        Claim(
            f"Of {len(every)} trained critics, {len(above)} give a bound above the exact divergence by more than "
            f"{ERRORS:g} standard errors"
            + (f": {listed(above)}." if above else ".")
            + (f" {len(lost)} diverged or overflowed." if lost else ""),
            stage,
            not above,
        )
    ]
    for dimension in next(iter(rows.values()))["trained"]:
        got = [
            reached(one["value"], row["exact"][place], row["at_one"])
            for row, d, place, one in every
            if d == dimension and one["value"] is not None
        ]
        claims.append(Claim(f"In D = {dimension} the median bound reaches {median(got):.0%} of the divergence.", stage))
    last = len(distances) - 1
    short = [
        f"{row['title']} ({_share(row['best'][last]['value'], row['exact'][last], row['at_one'])})"
        for row in rows.values()
        if row["best"][last]["value"] is None
        or abs(reached(row["best"][last]["value"], row["exact"][last], row["at_one"]) - 1) > 0.1
    ]
    claims.append(
        Claim(
            f"At δ = {distances[last]:g} even the best critic, which knows p/q, misses the divergence by more than "
            f"a tenth from {found['test']} samples for {listed(short)}: no training mends that.",
            stage,
        )
    )
    return claims


def reached(value: float, exact: float, low: float) -> float:
    """The share of a divergence above its least value f(1) that a bound reaches."""
    return (value - low) / (exact - low)


def _share(value: float | None, exact: float, low: float) -> str:
    return "overflow" if value is None else f"{reached(value, exact, low):.0%}"


def dirac(found: Record) -> list[Claim]:
    """On eigenvalues against the known ones."""
    rows, stage, weight = found["objectives"], "dirac", found["weight"]
    settings = list(next(iter(rows.values()))["games"])
    bare = {name: row["games"]["nothing"] for name, row in rows.items()}
    circling = [name for name, game in bare.items() if game["verdict"] == "circles"]
    claims = [
        Claim(
            f"With nothing added, {len(circling)} of {len(rows)} objectives have a purely imaginary pair of "
            "eigenvalues: they circle the solution and never reach it.",
            stage,
            len(circling) == len(rows),
        )
    ]
    for setting in ("r1", "r2"):
        if setting in settings:
            gaps = [
                apart(row["games"][setting]["eigenvalues"], settled(weight, bare[name]["eigenvalues"]))
                for name, row in rows.items()
                if row["games"][setting]["eigenvalues"] and bare[name]["eigenvalues"]
            ]
            fine = all(row["games"][setting]["verdict"] == "settles" for row in rows.values())
            claims.append(
                Claim(
                    f"With {setting.upper()} every objective settles; the eigenvalues are −γ/2 ± √(γ²/4 − ρ²) to "
                    f"{max(gaps):.0e}.",
                    stage,
                    fine and max(gaps) < 1e-6,
                )
            )
    for setting in settings:
        verdicts = [row["games"][setting]["verdict"] for row in rows.values()]
        if setting not in ("nothing", "r1", "r2"):
            counts = {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}
            text = listed(f"{count} of {len(rows)} {phrase(verdict, count)}" for verdict, count in counts.items())
            claims.append(Claim(f"With {spoken(setting)}, {text}.", stage))
    for name, paths in found["paths"].items():
        if "r1" in paths and rows.get(name):
            predicted = rows[name]["games"]["r1"]["eigenvalues"][0][0]
            claims.append(
                Claim(
                    f"Followed in steps from afar, {spoken(name)} with R1 approaches at the rate "
                    f"{-paths['r1']['rate']:.2f}, the eigenvalues say {-predicted:.2f}.",
                    stage,
                    abs(paths["r1"]["rate"] - predicted) < 0.2 * abs(predicted),
                )
            )
    return claims


def settled(weight: float, bare: Sequence[Sequence[float]]) -> list[complex]:
    """−γ/2 ± √(γ²/4 − ρ²), from the pair ± iρ of the game without a penalty."""
    root = complex(weight**2 / 4 - bare[0][1] ** 2) ** 0.5
    return [-weight / 2 + root, -weight / 2 - root]


def apart(one: Sequence[Sequence[float]], other: Sequence[complex]) -> float:
    """The distance between two pairs of eigenvalues. A double root is the worst of them: it moves by √ε."""
    mine = [complex(*value) for value in one]
    ways = (other, list(reversed(other)))
    return min(max(abs(a - b) for a, b in zip(mine, way, strict=True)) for way in ways)


def phrase(verdict: str, count: int) -> str:
    """A verdict as what objectives do."""
    plural = {
        "settles": "settle",
        "circles": "circle",
        "departs": "depart",
        "stands": "stand still",
        "never rests": "never come to rest",
    }[verdict]
    return (
        plural if count != 1 else {"stands": "stands still", "never rests": "never comes to rest"}.get(verdict, verdict)
    )


def vanishing(found: Record) -> list[Claim]:
    """On saturation and slopes."""
    stage, exact, thetas, sd = "vanishing", found["exact"], found["thetas"], found["sd"]
    claims = []
    if "jensen_shannon" in exact:
        row = exact["jensen_shannon"]
        claims.append(
            Claim(
                f"At θ = {thetas[-1]:g}, {thetas[-1] / sd:g} standard deviations apart, Jensen-Shannon is "
                f"{row['values'][-1]:.4f} of at most log 4 = {math.log(4):.4f}, and its slope is "
                f"{row['slopes'][-1]:.0e}.",
                stage,
                abs(row["values"][-1] - math.log(4)) < 1e-3 and abs(row["slopes"][-1]) < 1e-3,
            )
        )
    if "kullback_leibler" in exact:
        gaps = [
            abs(s - t / sd**2) / (t / sd**2) for s, t in zip(exact["kullback_leibler"]["slopes"], thetas, strict=True)
        ]
        claims.append(
            Claim(
                f"The slope of Kullback-Leibler is θ/s², to {max(gaps):.0e} of itself: the farther, the steeper, and "
                "the narrower both are, the more so.",
                stage,
                max(gaps) < 1e-4,
            )
        )
    claims.append(Claim("W1 = θ has the slope 1 at every θ.", stage))
    looks = found["looks"]
    for name, row in found["critics"].items():
        far, slopes = list(row["slopes"].items())[-1]
        first, last = slopes[0], slopes[-1]
        claims.append(
            Claim(
                f"{name}: at θ = {far} the generator is given the slope {_slope(first)} after {looks[0]} steps of the "
                f"critic and {_slope(last)} after {looks[-1]}.",
                stage,
            )
        )
    return claims


def _slope(value: float | None) -> str:
    return "none, overflowed," if value is None else f"{abs(value):.2g}"


def averages(rows: Sequence[Record]) -> dict[str, float] | None:
    """The mean over seeds of each score of a game; None where every seed diverged."""
    done = [row for row in rows if not row["diverged"]]
    return {key: mean(row[key] for row in done) for key in ("captured", "quality", "kl", "w2")} if done else None


def modes(found: Mapping[str, Record]) -> list[Claim]:
    """On modes captured; found: by target."""
    claims = []
    for target, record in found.items():
        stage, total = f"modes@{target}", record["modes"]
        scores = {name: averages(row["seeds"]) for name, row in record["games"].items()}
        done = {name: of for name, of in scores.items() if of}
        best = sorted(done, key=lambda name: done[name]["w2"])[:3]
        titles = {name: record["games"][name]["title"] for name in scores}
        nearest = listed(f"{titles[name]} ({done[name]['w2']:.3f})" for name in best)
        seeds = len(record["floor"])
        claims.append(
            Claim(
                f"{spoken(target).capitalize()}: all {total} modes in each of {seeds} seeds from "
                f"{sum(of['captured'] == total for of in done.values())} of {len(scores)} objectives; nearest by W2 "
                f"are {nearest}; points of the target itself are at "
                f"{mean(row['w2'] for row in record['floor']):.3f}.",
                stage,
            )
        )
        diverged = [
            titles[name] for name, row in record["games"].items() if any(one["diverged"] for one in row["seeds"])
        ]
        if diverged:
            claims.append(Claim(f"Diverged in at least one seed: {listed(diverged)}.", stage))
        claims += _collapse(stage, total, done)
        claims += _cures(stage, record)
    return claims


def _collapse(stage: str, total: int, done: Mapping[str, Mapping[str, float]]) -> list[Claim]:
    """The standard finding: the non-saturating game drops modes, the penalised Wasserstein game keeps more."""
    plain, other = done.get("non_saturating"), done.get("wgan")
    if not plain or not other or "grid" not in stage:
        return []
    drops, more = plain["captured"] < total, other["captured"] > plain["captured"]
    text = (
        f"The standard finding is that the non-saturating game drops modes of the grid and WGAN-GP keeps more: here "
        f"{plain['captured']:.1f} and {other['captured']:.1f} of {total} are captured on average"
    )
    return [Claim(f"{text}: it {'reproduces' if drops and more else 'does not reproduce'}.", stage, drops and more)]


def _cures(stage: str, record: Record) -> list[Claim]:
    scores = {name: averages(row["seeds"]) for name, row in record["cures"].items()}
    ill = scores.get("nothing")
    if not ill:
        return []
    changed = {name: of for name, of in scores.items() if name != "nothing" and of}
    more = [f"{name} ({of['captured']:.1f})" for name, of in changed.items() if of["captured"] > ill["captured"]]
    nearer = [name for name, of in changed.items() if of["w2"] < ill["w2"]]
    claims = [
        Claim(
            f"Of {len(scores) - 1} changes to the game that captures {ill['captured']:.1f} modes, more are captured "
            f"with {listed(more)}; nearer by W2 with {listed(nearer)}.",
            stage,
        )
    ]
    unrolled = changed.get("unrolled critic")
    if unrolled:
        holds = unrolled["captured"] > ill["captured"]
        claims.append(
            Claim(
                f"That an unrolled critic keeps more modes {'reproduces' if holds else 'does not reproduce'}: "
                f"{unrolled['captured']:.1f} against {ill['captured']:.1f}.",
                stage,
                holds,
            )
        )
    return claims


def truncation(found: Record) -> list[Claim]:
    """On the ends of each curve."""
    claims = []
    for name, rows in found["generators"].items():
        tight, free = rows[0], rows[-1]
        holds = tight["precision"] > free["precision"] and tight["recall"] < free["recall"]
        claims.append(
            Claim(
                f"{spoken(name)}: from no truncation to ψ = {tight['psi']:g}, precision goes from "
                f"{free['precision']:.2f} to {tight['precision']:.2f} and recall from {free['recall']:.2f} "
                f"to {tight['recall']:.2f}.",
                "truncation",
                holds,
            )
        )
    return claims


def spoken(name: str) -> str:
    """A name without its underscores."""
    return name.replace("_", " ")


def _or_infinite(value: float | None) -> float:
    return math.inf if value is None else value


def _place(one: Record) -> str:
    return f"μ {one['mean']:.3f}, σ {one['sd']:.3f}, {one['value']:.3f}"


def _off(row: Record) -> str:
    return "diverged" if row["fit"]["diverged"] else f"off by {off(row):.2f}"
