"""What the page says, each sentence from the numbers that it stands beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from laboratory.metrics.agreement import Correlation
from laboratory.metrics.sample_size import by_count
from laboratory.metrics.verdicts import Response

#: By distortion: its name in a heading, and what its strength counts.
KINDS = {
    "noise": ("noise", "sd, grey levels"),
    "blur": ("blur", "sd, sides"),
    "jpeg": ("JPEG", "100 − quality"),
    "shift": ("shift", "sides"),
    "contrast": ("contrast", "share lost"),
    "dropped_classes": ("dropped classes", "classes"),
    "dropped_modes": ("dropped modes", "share of a class"),
    "repeats": ("repeats", "times each"),
    "copies": ("training copies", "share"),
    "swapped_noise": ("noise swapped in", "share"),
}

Responses = Mapping[str, Mapping[str, Response]]  # key of a number, then kind


def lead(responses: Responses, labels: Mapping[str, str], ruler: str) -> str:
    """How many distortions the best-known metrics see."""
    parts = []
    for key in ("fid", "inception_score", "kid"):
        if key in responses:
            mine = responses[key]
            praised = [KINDS[kind][0] for kind, one in mine.items() if one.overall == "better"]
            text = f"{labels[key]} sees {sum(one.overall == 'worse' for one in mine.values())} of {len(mine)}"
            parts.append(text + (f" and praises {listed(praised)}" if praised else ""))
    return f"Of the ways to spoil them below, under {spoken(ruler)}, {'; '.join(parts)}."


def misses(mine: Mapping[str, Response]) -> str:
    """What one metric does not see at the strongest, and what it praises."""
    missed, praised = ([KINDS[k][0] for k, one in mine.items() if one.overall == v] for v in ("same", "better"))
    parts = [f"Misses {listed(missed)}."] if missed else []
    parts += [f"Praises {listed(praised)}."] if praised else []
    return " ".join(parts) or "Sees them all."


def sample_sizes(found: Mapping[str, Any], spoilt: str) -> list[str]:
    """What few images do to FID, and what FID∞ and KID make of it."""
    sentences = []
    real, worse = (by_count(found["images"], model, "fid") for model in ("real", "spoilt"))
    few, many = min(real), max(real)
    order = "more than" if real[few].mean() > worse[many].mean() else "less than"
    sentences.append(
        f"Real images against other real images score an FID of {real[few].mean():.3g} at N = {few} and "
        f"{real[many].mean():.3g} at N = {many}. At N = {few} that is {order} what images with {spoilt} score at "
        f"N = {many} ({worse[many].mean():.3g})."
    )
    truth = found["truth"]["spoilt"]
    twins = {key: by_count(found["twins"], "spoilt", key) for key in ("fid", "fid_infinity", "kid")}
    for n in (min(twins["fid"]), max(twins["fid"])):
        off = {key: values[n].mean() / truth[key] - 1 for key, values in twins.items() if n in values}
        names = {"fid": "FID", "fid_infinity": "FID∞", "kid": "KID"}
        texts = listed([f"{names[key]} by {value:+.0%}" for key, value in off.items()])
        refused = (
            "" if "fid_infinity" in off else f"; FID∞ is refused, for {found['dimensions']} dimensions are too many"
        )
        sentences.append(f"Between Gaussians of known distance, at N = {n} the mean is off: {texts}{refused}.")
    return sentences


def seeds(by_ruler: Mapping[str, Mapping[str, float]], pairs: Sequence[Correlation]) -> str:
    """How far the same network trained from other seeds agrees with itself."""
    kendall = [pair.kendall for pair in pairs]
    flipped = max(pair.flipped for pair in pairs)
    of = pairs[0].runs * (pairs[0].runs - 1) // 2
    return (
        f"Kendall's τ between {len(by_ruler)} classifiers that differ in their seed is {min(kendall):.2f} to "
        f"{max(kendall):.2f}; up to {flipped} of {of} pairs of models change places."
    )


def others(pairs: Sequence[Correlation]) -> str:
    """The pair of extractors that agrees least."""
    worst = min(pairs, key=lambda pair: pair.kendall)
    return (
        f"Over all extractors τ is {np.mean([pair.kendall for pair in pairs]):.2f} on average, least between "
        f"{spoken(worst.one)} and {spoken(worst.other)} ({worst.kendall:.2f})."
    )


def range_of(by_ruler: Mapping[str, Mapping[str, float]], run: str, label: str) -> str:
    """How far one run's value moves with the ruler alone."""
    values = [one[run] for one in by_ruler.values() if run in one]
    return f"{label} of the very same images of {run} is {min(values):.3g} to {max(values):.3g} over those classifiers."


def spoken(ruler: str) -> str:
    """A ruler in words."""
    return "the " + ruler.replace("_", " ")


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
