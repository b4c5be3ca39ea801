"""The claims of the six studies on divergences and adversarial objectives, and what their records say of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import mean, median
from typing import Any

from laboratory.claims import Claim, counted, listed, number, share, spoken
from laboratory.divergences.tables import averages

Record = Mapping[str, Any]
Scores = Mapping[str, Mapping[str, float] | None]

CLOSE = 0.05  # largest distance from the optimum, in μ and in σ, of a fit by samples that is called close
ERRORS = 3.0  # standard errors by which an estimate may be off by chance
SMALL = 0.1  # largest relative difference from an exact bound or slope that is called small


def finding(fits: Record, games: Record) -> str:
    """Say how near games come to known optima, and how many come to rest by R1, in a sentence each.

    fits, games: the records of the studies univariate and dirac.
    """
    return " ".join([*_nearness(fits["divergences"]), *_rest(games["objectives"])]) or "Nothing was measured."


def _nearness(rows: Record) -> list[str]:
    if not rows:
        return []
    off = {row["title"]: distance(row) for row in rows.values()}
    farthest = max(off.values())
    worst = listed(title for title, of in off.items() if of == farthest)
    ends = "diverges" if farthest == math.inf else f"ends farthest off, by {farthest:.2f}"
    near = sum(of <= CLOSE for of in off.values())
    return [
        f"A game that sees samples alone comes within {CLOSE} of the mean and the standard deviation of the best "
        f"Gaussian under {share(near, len(off))} divergences; under {worst} it {ends}."
    ]


def _rest(objectives: Record) -> list[str]:
    games = [row["games"] for row in objectives.values()]
    if not games or not all({"nothing", "r1"} <= of.keys() for of in games):
        return []
    bare, penalised = (sum(of[setting]["verdict"] == "settles" for of in games) for setting in ("nothing", "r1"))
    return [
        f"In the Dirac-GAN, {share(bare, len(games))} objectives settle at the solution without a penalty, and "
        f"{share(penalised, len(games))} with R1."
    ]


# One Gaussian for a mixture of two


def univariate(record: Record) -> list[Claim]:
    """Make the claims on optima by quadrature and fits by samples."""
    rows = record["divergences"]
    claims = [_moments(record)] if "kullback_leibler" in rows else []
    claims += [_second_minimum(rows)] if "reverse_kullback_leibler" in rows else []
    return [*claims, _own_optimum(record), _close_fits(rows), _bounds_of_fits(rows), _own_fit(record)]


def _moments(record: Record) -> Claim:
    best = record["divergences"]["kullback_leibler"]["optima"][0]
    centre, sd = moments(record["target"])
    off = max(abs(best["mean"] - centre), abs(best["sd"] - sd))
    return Claim(
        "Kullback-Leibler gives the Gaussian the mean and the standard deviation of the target.",
        f"μ* = {centre:.4f} and σ* = {sd:.4f}, the moments of the mixture (Bishop, 2006, section 10.7).",
        f"μ* = {best['mean']:.4f} and σ* = {best['sd']:.4f}; the larger difference is {off:.0e}.",
        off < 1e-4,
        "univariate",
    )


def moments(target: Record) -> tuple[float, float]:
    """Return the mean and the standard deviation of a mixture."""
    parts = list(zip(target["weights"], target["means"], target["sds"], strict=True))
    centre = sum(weight * at for weight, at, _ in parts)
    return centre, math.sqrt(sum(weight * (sd**2 + (at - centre) ** 2) for weight, at, sd in parts))


def _second_minimum(rows: Record) -> Claim:
    second = {name: row["optima"][1] for name, row in rows.items() if len(row["optima"]) > 1}
    texts = [
        f"{rows[name]['title']} (μ = {number(fit['mean'], '.3f')}, σ = {fit['sd']:.3f}, D = {fit['value']:.3f})"
        for name, fit in second.items()
    ]
    return Claim(
        "Reverse Kullback-Leibler has a second minimum on the narrow component.",
        "It avoids places where P is small, so that each mode may hold it (Bishop, 2006, section 10.1.2).",
        f"Divergences with a second minimum: {listed(texts)}.",
        "reverse_kullback_leibler" in second,
        "univariate",
    )


def _own_optimum(record: Record) -> Claim:
    cross = record["cross"]["optimum"]
    beaten = [record["divergences"][name]["title"] for name in beaten_by(cross, 1e-7)]
    return Claim(
        "Under each divergence, no optimum is better than that divergence's own.",
        "The diagonal of the table of optima is the least of every column, to 1e-7, by the definition of an optimum.",
        f"The diagonal is the least for {counted(len(cross), beaten)}.",
        not beaten,
        "univariate",
    )


def _close_fits(rows: Record) -> Claim:
    off = {row["title"]: distance(row) for row in rows.values()}
    far = [
        f"{title} ({'diverged' if of == math.inf else f'off by {of:.2f}'})" for title, of in off.items() if of > CLOSE
    ]
    return Claim(
        "A game that sees samples alone finds the optimum.",
        f"|μ̂ − μ*| and |σ̂ − σ*| are at most {CLOSE} under every divergence (after Nowozin et al., 2016, section 4.1).",
        f"This is so for {counted(len(rows), far)}.",
        not far,
        "univariate",
    )


def distance(row: Record) -> float:
    """Return the larger of |μ̂ − μ*| and |σ̂ − σ*|, infinite where the game diverged."""
    best, fit = row["optima"][0], row["fit"]
    return math.inf if fit["diverged"] else max(abs(fit["mean"] - best["mean"]), abs(fit["sd"] - best["sd"]))


def _bounds_of_fits(rows: Record) -> Claim:
    done = [row for row in rows.values() if not row["fit"]["diverged"]]
    above = [row["title"] for row in done if exceeds(row["fit"]["bound"], row["fit"]["value"])]
    return Claim(
        "The bound F with which a game ends is below the divergence of its own fit.",
        f"F ≤ D_f, up to {ERRORS:g} standard errors (Nowozin et al., 2016, equation 4).",
        f"This is so for {counted(len(done), above)}.",
        not above,
        "univariate",
    )


def exceeds(estimate: Record, exact: float | None) -> bool:
    """Return whether an estimate is above the exact value by more than chance."""
    if estimate["value"] is None or exact is None:
        return False
    return bool(estimate["value"] > exact + ERRORS * (estimate["error"] or 0.0))


def _own_fit(record: Record) -> Claim:
    cross, titles = record["cross"]["fit"], {name: row["title"] for name, row in record["divergences"].items()}
    beaten = [f"{titles[of]} (by {titles[by]}, by {gap:.1g})" for of, (by, gap) in beaten_by(cross, 0.0).items()]
    return Claim(
        "Under each divergence, the game of that divergence gives the best of the fits by samples.",
        "The diagonal of the table of fits is the least of every column (Nowozin et al., 2016, section 4.1).",
        f"The diagonal is the least for {counted(len(cross), beaten)}.",
        not beaten,
        "univariate",
    )


def beaten_by(cross: Mapping[str, Mapping[str, float | None]], tolerance: float) -> dict[str, tuple[str, float]]:
    """Return the divergences under which another's fit is better than their own: {which: (whose, by how much)}."""
    beaten = {}
    for measured in cross:
        excess = [(math.inf if (value := by[measured]) is None else value, of) for of, by in cross.items()]
        own = next(value for value, of in excess if of == measured)
        least, best = min(excess)
        if own - least > tolerance:
            beaten[measured] = (best, own - least)
    return beaten


# How tight is the bound?


def estimate(record: Record) -> list[Claim]:
    """Make the claims on bounds against exact divergences."""
    return [_bounds_of_critics(record), _reach_of_critics(record), _reach_of_best(record)]


def _bounds_of_critics(record: Record) -> Claim:
    critics = [
        (f"{row['title']} (D = {dimension}, δ = {at:g})", found, exact)
        for row in record["divergences"].values()
        for dimension, estimates in row["trained"].items()
        for at, found, exact in zip(record["distances"], estimates, row["exact"], strict=True)
    ]
    above = [name for name, found, exact in critics if exceeds(found, exact)]
    lost = sum(found["value"] is None for _, found, _ in critics)
    return Claim(
        "The bound of a trained critic is not above the divergence.",
        f"It is at most D_f, up to {ERRORS:g} standard errors (Nguyen, Wainwright, Jordan, 2010).",
        f"This is so for {counted(len(critics), above)}; {lost} diverged or overflowed.",
        not above,
        "estimate",
    )


def _reach_of_critics(record: Record) -> Claim:
    rows = record["divergences"].values()
    medians = {
        dimension: median(
            reached(found["value"], exact, row["at_one"])
            for row in rows
            for found, exact in zip(row["trained"][str(dimension)], row["exact"], strict=True)
            if found["value"] is not None
        )
        for dimension in record["dimensions"]
    }
    return Claim(
        "A trained critic finds most of the divergence in every dimension.",
        f"D_f depends on δ alone, so that the best critic reaches 100% in each D; at least {1 - SMALL:.0%} is most.",
        f"The median bound reaches {listed(f'{of:.0%} in D = {dimension}' for dimension, of in medians.items())}.",
        all(of >= 1 - SMALL for of in medians.values()),
        "estimate",
    )


def _reach_of_best(record: Record) -> Claim:
    texts = []
    for row in record["divergences"].values():
        value = row["best"][-1]["value"]
        share = math.inf if value is None else reached(value, row["exact"][-1], row["at_one"])
        if abs(share - 1) > SMALL:
            texts.append(f"{row['title']} ({'overflow' if value is None else f'{share:.0%}'})")
    return Claim(
        f"At δ = {record['distances'][-1]:g}, {record['test']} samples are too few for some divergences, even with the "
        "best critic, T = f′(p/q).",
        "A mean weighted by a power of p/q rests on a tail that samples do not reach (McAllester, Stratos, 2020).",
        f"Estimates that are off by more than {SMALL:.0%}: {listed(texts)}.",
        bool(texts),
        "estimate",
    )


def reached(value: float, exact: float, low: float) -> float:
    """Return the share of a divergence above its least value f(1) that a bound reaches."""
    return (value - low) / (exact - low)


# When supports part

#: By critic: the claim on the slope that it gives the generator, what is expected, and a test of the sizes of the first
#: slope, the last one and that of Kullback-Leibler.
CRITICS: dict[str, tuple[str, str, Callable[[float, float, float], bool]]] = {
    "minimax": (
        "The slope that a minimax critic gives the generator vanishes as the critic learns.",
        "It tends to 0 for supports that part, here to less than a tenth (Arjovsky, Bottou, 2017, theorem 2.4).",
        lambda first, last, _: last < 0.1 * first,
    ),
    "non-saturating": (
        "The slope that a non-saturating critic gives does not vanish.",
        "It does not fall as the critic learns (Goodfellow et al., 2014, section 3).",
        lambda first, last, _: last >= first,
    ),
    "f-GAN, Kullback-Leibler": (
        "A trained critic of Kullback-Leibler gives the slope of the divergence.",
        "θ/s² = {steep:g}, to a tenth, as for the best critic (Nowozin et al., 2016, section 2.2).",
        lambda _, last, steep: abs(last / steep - 1) < SMALL,
    ),
    "WGAN-GP": (
        "A WGAN-GP critic gives the slope of W1 = θ.",
        "About 1, here between 1/2 and 2 (Arjovsky, Chintala, Bottou, 2017, example 1); a penalty of weight λ admits "
        "1 + θ/(2λ).",
        lambda _, last, __: 0.5 < last < 2,
    ),
}


def vanishing(record: Record) -> list[Claim]:
    """Make the claims on saturation and slopes as two distributions part."""
    exact = record["exact"]
    claims = [_saturation(record)] if "jensen_shannon" in exact else []
    claims += [_steepness(record)] if "kullback_leibler" in exact else []
    return [*claims, *(_given_slope(record, name) for name in CRITICS if name in record["critics"])]


def _saturation(record: Record) -> Claim:
    row, theta = record["exact"]["jensen_shannon"], record["thetas"][-1]
    value, slope = row["values"][-1], row["slopes"][-1]
    return Claim(
        "Jensen-Shannon saturates as the supports part, and its slope vanishes.",
        f"The limits are log 4 = {math.log(4):.4f} and 0 (Arjovsky, Bottou, 2017, theorems 2.3 and 2.4).",
        f"At θ = {theta:g}, {theta / record['sd']:g} standard deviations apart, the value is {value:.4f} and the slope "
        f"is {abs(slope):.0e}.",
        abs(value - math.log(4)) < 1e-3 and abs(slope) < 1e-3,
        "vanishing",
    )


def _steepness(record: Record) -> Claim:
    slopes = zip(record["exact"]["kullback_leibler"]["slopes"], record["thetas"], strict=True)
    gap = max(abs(slope * record["sd"] ** 2 / theta - 1) for slope, theta in slopes)
    return Claim(
        "Kullback-Leibler is the steeper, the farther apart and the narrower the two are.",
        "The slope is θ/s² at every θ, in closed form.",
        f"The largest relative difference is {gap:.0e}.",
        gap < 1e-4,
        "vanishing",
    )


def _given_slope(record: Record, name: str) -> Claim:
    claim, expected, agrees = CRITICS[name]
    theta, slopes = list(record["critics"][name]["slopes"].items())[-1]
    first, last = (math.nan if slope is None else abs(slope) for slope in (slopes[0], slopes[-1]))
    sizes = ["an overflow" if math.isnan(slope) else f"{slope:.2g}" for slope in (first, last)]
    steep, looks = float(theta) / record["sd"] ** 2, record["looks"]
    return Claim(
        claim,
        expected.format(steep=steep),
        f"At θ = {theta} it is {sizes[0]} after {looks[0]} steps of the critic and {sizes[1]} after {looks[-1]}.",
        agrees(first, last, steep),
        "vanishing",
    )


# The Dirac-GAN

#: By the start of a setting's name: the claim, what is expected, and the verdicts that agree with it.
SETTINGS = {
    "nothing": (
        "Without a penalty, every objective circles the solution and never reaches it.",
        "λ = ±iρ (Mescheder et al., 2018, lemma 2.3).",
        {"circles"},
    ),
    "gradient_penalty": (
        "With the gradient penalty of WGAN-GP, no objective comes to rest.",
        "No rest, as the penalty asks for a slope of exactly 1 (Mescheder et al., 2018, lemma 2.6).",
        {"never rests"},
    ),
    "dragan": (
        "With the penalty of DRAGAN, no objective comes to rest.",
        "No rest, as this penalty too asks for a slope of exactly 1 (Mescheder et al., 2018, lemma 2.6).",
        {"never rests"},
    ),
    "lipschitz_penalty": (
        "With the one-sided penalty of WGAN-LP, every objective circles as without a penalty.",
        "λ = ±iρ, as the penalty is 0 for slopes below 1 (Petzka et al., 2018).",
        {"circles"},
    ),
    "instance noise": (
        "With instance noise, every objective settles, or circles if its losses are straight lines.",
        "λ = f″(0)σ² ± √(f″(0)²σ⁴ − ρ²) with f″(0) ≤ 0 (Mescheder et al., 2018, lemma 3.2).",
        {"settles", "circles"},
    ),
}


def dirac(record: Record) -> list[Claim]:
    """Make the claims on the eigenvalues of the Dirac-GAN, and on paths that are followed in steps."""
    claims = []
    for setting in next(iter(record["objectives"].values()))["games"]:
        claims += [_eigenvalues(record, setting)] if setting in ("r1", "r2") else []
        claims += [_verdicts(record, setting, start) for start in SETTINGS if setting.startswith(start)]
    return claims + [_rate(record, name) for name, path in record["paths"].items() if "r1" in path]


def _verdicts(record: Record, setting: str, start: str) -> Claim:
    claim, expected, agreeing = SETTINGS[start]
    by: dict[str, list[str]] = {}
    for row in record["objectives"].values():
        by.setdefault(row["games"][setting]["verdict"], []).append(row["title"])
    common = max(by, key=lambda verdict: len(by[verdict]))
    counts = [f"“{of}” for {len(titles)}{'' if of == common else f' ({listed(titles)})'}" for of, titles in by.items()]
    measured = f"Of {len(record['objectives'])} objectives, the verdict is {listed(counts)}."
    return Claim(claim, expected, measured, by.keys() <= agreeing, "dirac")


def _eigenvalues(record: Record, setting: str) -> Claim:
    games = [row["games"] for row in record["objectives"].values()]
    settle = sum(of[setting]["verdict"] == "settles" for of in games)
    gap = max(
        apart(of[setting]["eigenvalues"], penalised(record["weight"], of["nothing"]["eigenvalues"]))
        for of in games
        if of[setting]["eigenvalues"] and of["nothing"]["eigenvalues"]
    )
    return Claim(
        f"With {setting.upper()}, every objective settles.",
        f"λ = −γ/2 ± √(γ²/4 − ρ²) with γ = {record['weight']:g}, to 1e-6 (Mescheder et al., 2018, lemma 3.3).",
        f"{settle} of {len(games)} objectives settle; the largest difference of an eigenvalue is {gap:.0e}.",
        settle == len(games) and gap < 1e-6,
        "dirac",
    )


def penalised(weight: float, bare: Sequence[Sequence[float]]) -> list[complex]:
    """Return −γ/2 ± √(γ²/4 − ρ²), from the pair ±iρ of the game without a penalty."""
    root = complex(weight**2 / 4 - bare[0][1] ** 2) ** 0.5
    return [-weight / 2 + root, -weight / 2 - root]


def apart(pair: Sequence[Sequence[float]], other: Sequence[complex]) -> float:
    """Return the distance between two pairs of eigenvalues. A double root is the worst of them: it moves by √ε."""
    values = [complex(*value) for value in pair]
    orders = (other, list(reversed(other)))
    return min(max(abs(a - b) for a, b in zip(values, order, strict=True)) for order in orders)


def _rate(record: Record, name: str) -> Claim:
    rate = record["paths"][name]["r1"]["rate"]
    expected = record["objectives"][name]["games"]["r1"]["eigenvalues"][0][0]
    return Claim(
        f"Followed in steps from afar, {spoken(name)} with R1 approaches the solution as its eigenvalues say.",
        f"The distance falls at the rate −Re λ = {number(-expected, '.2f')}, to {2 * SMALL:.0%}.",
        "No rate was found." if rate is None else f"It falls at the rate {number(-rate, '.2f')}.",
        rate is not None and abs(rate - expected) < 2 * SMALL * abs(expected),
        "dirac",
    )


# Modes


def modes(records: Mapping[str, Record]) -> list[Claim]:
    """Make the claims on modes; records: by target."""
    claims = []
    for target, record in records.items():
        games, cures = (
            {row["title"]: averages(row["seeds"]) for row in record[part].values()} for part in ("games", "cures")
        )
        name, stage = spoken(target).capitalize(), f"modes@{target}"
        claims += [_all_modes(name, stage, record, games), _nearest(name, stage, record, games)]
        claims += [_divergence(name, stage, record["games"])]
        claims += (
            [_collapse(stage, record)]
            if target == "grid" and {"non_saturating", "wgan"} <= record["games"].keys()
            else []
        )
        ill = cures.pop("nothing", None)
        packed = {title: of for title, of in cures.items() if title.startswith("packs of ")}
        claims += [_packing(name, stage, record["modes"], ill, packed)] if ill and packed else []
        claims += [_cures(name, stage, record["modes"], ill, cures)] if ill and "unrolled critic" in cures else []
    return claims


def _all_modes(name: str, stage: str, record: Record, scores: Scores) -> Claim:
    total, seeds = record["modes"], len(record["floor"])
    short = [f"{title} ({captured(of)})" for title, of in scores.items() if not of or of["captured"] < total]
    return Claim(
        f"{name}: every objective keeps every mode.",
        f"All {total} modes in each of {seeds} seeds, as the optimum of each game is the target itself (Goodfellow et "
        "al., 2014, theorem 1).",
        f"This is so for {counted(len(scores), short)}.",
        not short,
        stage,
    )


def captured(scores: Mapping[str, float] | None) -> str:
    """Print the mean number of modes that a game captures."""
    return f"{scores['captured']:.1f}" if scores else "diverged"


def _nearest(name: str, stage: str, record: Record, scores: Scores) -> Claim:
    floor = mean(row["w2"] for row in record["floor"])
    distances = sorted((of["w2"], title) for title, of in scores.items() if of)
    return Claim(
        f"{name}: no objective is nearer to the target than the target's own points are.",
        f"W2 is at least {floor:.3f}, that of fresh points.",
        f"The nearest are {listed(f'{title} ({of:.3f})' for of, title in distances[:3])}.",
        all(of >= floor for of, _ in distances),
        stage,
    )


def _divergence(name: str, stage: str, games: Record) -> Claim:
    lost = [row["title"] for row in games.values() if any(score["diverged"] for score in row["seeds"])]
    return Claim(
        f"{name}: no game diverges.",
        "Every loss stays finite in every seed.",
        f"This is so for {counted(len(games), lost)}.",
        not lost,
        stage,
    )


def _collapse(stage: str, record: Record) -> Claim:
    plain, other = (averages(record["games"][name]["seeds"]) for name in ("non_saturating", "wgan"))
    total = record["modes"]
    return Claim(
        "Grid: the non-saturating game drops modes, and the penalised Wasserstein game keeps more.",
        f"Fewer than {total} against more of them, as is often reported (Metz et al., 2017; Gulrajani et al., 2017).",
        f"On average {captured(plain)} against {captured(other)} of {total} modes are captured.",
        bool(plain and other and plain["captured"] < total and other["captured"] > plain["captured"]),
        stage,
    )


def _packing(name: str, stage: str, total: int, ill: Mapping[str, float], packed: Scores) -> Claim:
    return Claim(
        f"{name}: a critic that judges packs of samples keeps more modes than one that judges each sample alone.",
        f"More than the {captured(ill)} of {total} modes that are captured without packs (Lin et al., 2018, PacGAN, "
        "section 4.1).",
        f"With {listed(f'{title} {captured(of)}' for title, of in packed.items())} are captured.",
        all(of and of["captured"] > ill["captured"] for of in packed.values()),
        stage,
    )


def _cures(name: str, stage: str, total: int, ill: Mapping[str, float], changes: Scores) -> Claim:
    more = [f"{title} ({captured(of)})" for title, of in changes.items() if of and of["captured"] > ill["captured"]]
    farther = [title for title, of in changes.items() if not of or of["w2"] >= ill["w2"]]
    return Claim(
        f"{name}: every change that was published as a cure keeps more modes of the game that loses them, an unrolled "
        "critic (Metz et al., 2017) among them.",
        f"More than the {captured(ill)} of {total} modes that it captures without a change.",
        f"More with {len(more)} of {len(changes)} changes: {listed(more)}. Not nearer by W2: {listed(farther)}.",
        len(more) == len(changes),
        stage,
    )


# Truncation


def truncation(record: Record) -> list[Claim]:
    """Make the claims on both ends of each curve of precision and recall."""
    return [_trade(name, rows[0], rows[-1]) for name, rows in record["generators"].items()]


def _trade(name: str, tight: Record, free: Record) -> Claim:
    return Claim(
        f"{spoken(name)}: truncated codes raise precision and lower recall.",
        "Samples nearer to the middle of what was learnt are better and less diverse (Brock et al., 2019, section "
        "3.1; Kynkäänniemi et al., 2019, section 4).",
        f"From no truncation to ψ = {tight['psi']:g}, precision goes from {free['precision']:.2f} to "
        f"{tight['precision']:.2f} and recall from {free['recall']:.2f} to {tight['recall']:.2f}.",
        tight["precision"] > free["precision"] and tight["recall"] < free["recall"],
        "truncation",
    )
