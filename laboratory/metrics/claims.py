"""The claims of the three studies of metrics, and what their records say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np
from scipy.stats import ttest_1samp

from genbench.metrics import Column
from laboratory.claims import Claim, listed, number, share, spoken
from laboratory.metrics.agreement import Correlation, correlations
from laboratory.metrics.distort import NAMES
from laboratory.metrics.sample_size import by_count
from laboratory.metrics.verdicts import Response, Verdict

Responses = Mapping[str, Mapping[str, Response]]  # key of a number, then kind of a distortion

LEVEL = 0.01  # chance of a false alarm in a test of the claim that there is no bias
MEMORISATION = {"copying", "authenticity_gap"}  # keys of numbers that compare with the training images
VERBS: Mapping[Verdict, str] = {"same": "misses", "better": "praises"}
MOVED = 0.01  # relative difference from which on a number is said to have moved
NAMED = 3  # metrics that the finding names at most


def finding(
    distorted: Mapping[str, Responses],
    columns: Mapping[str, Column],
    orders: Mapping[str, Mapping[str, Mapping[str, float]]],
    seeds: Sequence[str],
) -> str:
    """Say what metrics see under the first ruler, and how far rulers agree on the first order, in a sentence each.

    orders: {label of a metric: {ruler: {run: rank}}}. seeds: the rulers that differ in their seed alone.
    """
    first = next(((ruler, of) for ruler, of in distorted.items() if of), None)
    sight = [_seen(*first, columns)] if first else []
    agreement = _agreed(*next(iter(orders.items())), seeds) if orders else []
    return " ".join([*sight, *agreement]) or "Nothing was measured."


def _seen(ruler: str, responses: Responses, columns: Mapping[str, Column]) -> str:
    every = list(next(iter(responses.values())))
    seers = {kind: [key for key, of in responses.items() if of[kind].overall == "worse"] for kind in every}
    whole = sum(all(key in seen for seen in seers.values()) for key in responses)
    text = (
        f"Under the {spoken(ruler)}, {share(whole, len(responses))} numbers see all {len(every)} ways in which real "
        "images were spoilt"
    )
    if whole == len(responses):
        return f"{text}."
    hardest = min(every, key=lambda kind: len(seers[kind]))
    few = seers[hardest] if len(seers[hardest]) <= NAMED else []
    named = f": {listed(columns[key].label for key in few)}" if few else ""
    return f"{text}; the fewest, {len(seers[hardest]) or 'none'}, see {NAMES[hardest][0]}{named}."


def _agreed(label: str, ranks: Mapping[str, Mapping[str, float]], seeds: Sequence[str]) -> list[str]:
    same = {ruler: of for ruler, of in ranks.items() if ruler in seeds}
    other = {ruler: of for ruler, of in ranks.items() if ruler not in seeds[1:]}
    groups = ((other, "extractors"), (same, "classifiers that differ in their seed alone"))
    texts = [f"{_taus(of)} between {len(of)} {name}" for of, name in groups if len(of) > 1]
    runs = len(next(iter(ranks.values())))
    return [f"Kendall's τ of two orders of {runs} models by {label} is {' and '.join(texts)}."] if texts else []


def _taus(ranks: Mapping[str, Mapping[str, float]]) -> str:
    taus = [pair.kendall for pair in correlations(ranks)]
    ends = dict.fromkeys(number(end, ".2f") for end in (min(taus), max(taus)))
    return " to ".join(ends)


# Spoilt images


def distortions(responses: Responses, columns: Mapping[str, Column], ruler: str) -> list[Claim]:
    """Make the claims on spoilt images under one ruler, of the metrics that were measured."""
    claims = [_fid(responses["fid"], ruler)] if "fid" in responses else []
    claims += [_kid(responses, ruler)] if {"fid", "kid"} <= responses.keys() else []
    claims += [_inception_score(responses["inception_score"], ruler)] if "inception_score" in responses else []
    pair = {"precision", "recall"} <= responses.keys() and {"noise", "dropped_classes"} <= responses["recall"].keys()
    claims += [_precision_and_recall(responses, ruler)] if pair else []
    copied = any("copies" in by_kind for by_kind in responses.values())
    return [*claims, _copies(responses, columns, ruler)] if copied else claims


def kinds(by_kind: Mapping[str, Response], verdict: Verdict) -> list[str]:
    """Name the distortions of which a metric has one verdict: "worse" is seen, "same" missed, "better" praised."""
    return [NAMES[kind][0] for kind, response in by_kind.items() if response.overall == verdict]


def _sight(by_kind: Mapping[str, Response]) -> str:
    text = f"It sees {len(kinds(by_kind, 'worse'))} of {len(by_kind)}"
    for verdict, verb in VERBS.items():
        names = kinds(by_kind, verdict)
        text += f"; it {verb} {listed(names)}" if names else ""
    return f"{text}."


def _fid(by_kind: Mapping[str, Response], ruler: str) -> Claim:
    return Claim(
        "FID sees every way in which images are spoilt.",
        "It rises with each disturbance (Heusel et al., 2017, figure 3).",
        _sight(by_kind),
        len(kinds(by_kind, "worse")) == len(by_kind),
        f"distortions@{ruler}",
    )


def _kid(responses: Responses, ruler: str) -> Claim:
    fid, kid = (kinds(responses[key], "worse") for key in ("fid", "kid"))
    return Claim(
        "KID sees what FID sees.",
        "The same distortions: both compare moments of the same features (Bińkowski et al., 2018).",
        _sight(responses["kid"]),
        fid == kid,
        f"distortions@{ruler}",
    )


def _inception_score(by_kind: Mapping[str, Response], ruler: str) -> Claim:
    blind = [kind for kind in ("dropped_modes", "copies") if kind in by_kind]
    return Claim(
        "The Inception Score is blind to modes that are missing within a class and to copies of training images.",
        "It never looks at real images (Barratt, Sharma, 2018).",
        _sight(by_kind),
        all(by_kind[kind].overall != "worse" for kind in blind),
        f"distortions@{ruler}",
    )


def _precision_and_recall(responses: Responses, ruler: str) -> Claim:
    sees = {
        (key, kind): responses[key][kind].overall == "worse"
        for key in ("precision", "recall")
        for kind in ("noise", "dropped_classes")
    }
    return Claim(
        "Precision sees bad images and recall sees missing ones.",
        "Precision sees noise and recall does not; recall sees dropped classes and precision does not (Kynkäänniemi "
        "et al., 2019).",
        f"Precision sees {listed(kinds(responses['precision'], 'worse'))}; recall sees "
        f"{listed(kinds(responses['recall'], 'worse'))}.",
        sees == {(key, kind): (key == "precision") == (kind == "noise") for key, kind in sees},
        f"distortions@{ruler}",
    )


def _copies(responses: Responses, columns: Mapping[str, Column], ruler: str) -> Claim:
    seen = [key for key, by_kind in responses.items() if "copies" in by_kind and by_kind["copies"].overall == "worse"]
    return Claim(
        "Only a comparison with the training images sees that samples are copies of them.",
        "Copying and authenticity see copies (Meehan et al., 2020; Alaa et al., 2022), and no other metric does.",
        f"Copies are seen by {listed(columns[key].label for key in seen)}.",
        bool(seen) and set(seen) <= MEMORISATION,
        f"distortions@{ruler}",
    )


# Few images


def sample_sizes(record: Mapping[str, Any], spoilt: str, ruler: str) -> list[Claim]:
    """Make the claims on the number of images under one ruler; spoilt: the name of the distortion."""
    real, worse = (by_count(record["images"], model, "fid") for model in ("real", "spoilt"))
    few, many = min(real), max(real)
    twins = {key: by_count(record["twins"], "spoilt", key) for key in ("fid", "fid_infinity", "kid")}
    truth, stage = record["truth"]["spoilt"], f"sample_size@{ruler}"
    return [
        Claim(
            "FID of few images is too high.",
            f"FID of real images against real ones is higher at N = {few} than at N = {many} (Bińkowski et al., 2018; "
            "Chong, Forsyth, 2020).",
            f"{real[few].mean():.3g} at N = {few}, {real[many].mean():.3g} at N = {many}.",
            bool(real[few].mean() > real[many].mean()),
            stage,
        ),
        Claim(
            "FIDs of different numbers of images do not compare.",
            f"Real images at N = {few} score worse than images with {spoilt} at N = {many}.",
            f"{real[few].mean():.3g} against {worse[many].mean():.3g}.",
            bool(real[few].mean() > worse[many].mean()),
            stage,
        ),
        _bias_of_fid(twins["fid"], truth["fid"], stage),
        _bias_of_kid(twins["kid"], truth["kid"], stage),
        _bias_of_fid_infinity(twins, truth, record["dimensions"], stage),
    ]


def _off(values: Mapping[int, np.ndarray], truth: float) -> dict[int, float]:
    """Return the relative difference of the mean from the truth, at the least and at the largest number."""
    return {n: float(values[n].mean() / truth - 1) for n in (min(values), max(values))}


def _offs(off: Mapping[int, float]) -> str:
    return listed(f"{number(value, '+.0%' if abs(value) > 0.1 else '+.1%')} at N = {n}" for n, value in off.items())


def _bias_of_fid(values: Mapping[int, np.ndarray], truth: float, stage: str) -> Claim:
    off = _off(values, truth)
    return Claim(
        "Between Gaussians of known distance, FID is biased upwards, and less so for more samples.",
        "The bias is above 0 and falls as N grows (Chong, Forsyth, 2020).",
        f"The mean is off by {_offs(off)}.",
        off[min(off)] > off[max(off)] > 0,
        stage,
    )


def _bias_of_kid(values: Mapping[int, np.ndarray], truth: float, stage: str) -> Claim:
    least = min(float(ttest_1samp(of, truth).pvalue) for of in values.values())
    return Claim(
        "Between Gaussians of known distance, KID has no bias.",
        f"Student's test of the mean does not reject the truth at any N, at a level of {LEVEL:g} over all (Bińkowski "
        "et al., 2018).",
        f"The mean is off by {_offs(_off(values, truth))}; the least of {len(values)} p-values is {least:.2g}.",
        least * len(values) > LEVEL,
        stage,
    )


def _bias_of_fid_infinity(
    twins: Mapping[str, Mapping[int, np.ndarray]], truth: Mapping[str, float], dimensions: int, stage: str
) -> Claim:
    values, most = twins["fid_infinity"], max(twins["fid"])
    fewest = min(twins["fid"])
    refused = f" It is refused at N = {fewest}, which is too few for {dimensions} dimensions."
    fid = abs(twins["fid"][most].mean() / truth["fid"] - 1)
    return Claim(
        "Between Gaussians of known distance, FID∞ takes away most of the bias of FID.",
        f"At N = {most} it is off by less than half of the {fid:.0%} of FID (Chong, Forsyth, 2020).",
        (f"The mean is off by {_offs(_off(values, truth['fid_infinity']))}." if values else "It is refused at every N.")
        + ("" if fewest in values or not values else refused),
        most in values and bool(abs(values[most].mean() / truth["fid_infinity"] - 1) < fid / 2),
        stage,
    )


# Other rulers


def agreement(
    label: str, values: Mapping[str, Mapping[str, float]], seeds: Sequence[str], best: str | None = None
) -> list[Claim]:
    """Make the claims on the order of models by one metric.

    values: {ruler: {run: number}}, the same runs under all rulers. seeds: the rulers that differ in their seed alone.
    best: the run whose number under those is compared, where the metric rests on the classifier's own probabilities.
    """
    same = {ruler: of for ruler, of in values.items() if ruler in seeds}
    other = {ruler: of for ruler, of in values.items() if ruler not in seeds[1:]}
    claims = [_seeds(label, correlations(same), len(same), min(same))] if len(same) > 1 else []
    claims += [_rulers(label, correlations(other))] if len(other) > 1 else []
    return [*claims, _moves(label, same, best)] if best and len(same) > 1 else claims


def _seeds(label: str, pairs: Sequence[Correlation], rulers: int, stage: str) -> Claim:
    kendall, flipped = [pair.kendall for pair in pairs], max(pair.flipped for pair in pairs)
    of = pairs[0].runs * (pairs[0].runs - 1) // 2
    return Claim(
        f"{_capitalised(label)}: classifiers that differ in their seed alone put the models in one order.",
        "Kendall's τ is 1 and no pair of models changes places.",
        f"τ between {rulers} classifiers is {number(min(kendall), '.2f')} to {number(max(kendall), '.2f')}; up to "
        f"{flipped} of {of} pairs of models change places.",
        flipped == 0,
        f"agreement@{stage}",
    )


def _rulers(label: str, pairs: Sequence[Correlation]) -> Claim:
    worst = min(pairs, key=lambda pair: pair.kendall)
    return Claim(
        f"{_capitalised(label)}: all extractors put the models in one order.",
        "Kendall's τ is 1 and no pair of models changes places.",
        f"τ is {number(fmean(pair.kendall for pair in pairs), '.2f')} on average, and least between "
        f"{spoken(worst.first)} and {spoken(worst.second)} ({number(worst.kendall, '.2f')}).",
        all(pair.flipped == 0 for pair in pairs),
        f"agreement@{worst.second}",
    )


def _capitalised(label: str) -> str:
    return label[:1].upper() + label[1:]


def _moves(label: str, same: Mapping[str, Mapping[str, float]], run: str) -> Claim:
    values = [of[run] for of in same.values()]
    return Claim(
        f"{label}: the number of the very same images depends on the seed of the classifier.",
        f"It moves by {MOVED:.0%} or more between networks of one kind (Barratt, Sharma, 2018).",
        f"Of {run} it is {min(values):.3g} to {max(values):.3g}.",
        max(values) / min(values) - 1 >= MOVED,
        f"agreement@{min(same)}",
    )
