"""What the page says: each sentence is computed from a study's record, with whether it bears out what is expected."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from scipy.stats import spearmanr

from laboratory.divergences.words import ERRORS, Claim, listed
from laboratory.likelihood.codes import USED

Record = Mapping[str, Any]

#: By set of images: its name in a table.
SETS = {
    "own": "own",
    "held_out": "the left-out class",
    "inverted": "inverted",
    "blurred": "blurred",
    "dimmed": "dimmed",
    "shuffled": "shuffled pixels",
    "noise": "noise",
    "constant": "one grey",
    "black": "black",
}
#: By estimator of log P: its name in a legend.
ESTIMATORS = {"iwae": "IWAE", "elbo": "ELBO", "prior": "codes of the prior"}
#: Of the means of two estimators of one gradient, in their standard errors; 1 on average if they are equal.
APART = 1.25


def marginal(found: Record) -> list[Claim]:
    """On estimates of log P from few and many codes."""
    rows, counts, stage = found["estimators"], found["counts"], "marginal"
    prior, iwae, elbo = rows["prior"], rows["iwae"], rows["elbo"]
    falls = [
        f"{ESTIMATORS[name]} from k = {counts[at]} to {counts[at + 1]}"
        for name in ("prior", "iwae")
        for at in range(len(counts) - 1)
        if rows[name]["mean"][at + 1] < rows[name]["mean"][at] - ERRORS * _joint(rows[name]["error"][at : at + 2])
    ]
    enough = next((count for count, mean in zip(counts, iwae["mean"], strict=True) if mean >= prior["mean"][-1]), None)
    last = counts[-1]
    return [
        Claim(
            "On average each estimate is a lower bound that more codes raise: up to chance, none falls as k grows"
            + (f", but {listed(falls)}." if falls else "."),
            stage,
            not falls,
        ),
        Claim(
            f"With {last} codes of the prior the estimate is {found['best'] - prior['mean'][-1]:.2f} nats an image "
            f"below that of {found['draws']} codes of the encoder; as much is had from {enough or 'no number'} of "
            "the encoder's" + (f", fewer by a factor of {last / enough:.0f}." if enough else "."),
            stage,
            enough is not None and enough < last,
        ),
        Claim(
            f"One image's estimate from {last} codes has a standard deviation of {prior['sd'][-1]:.2g} nats by codes "
            f"of the prior and {iwae['sd'][-1]:.2g} by IWAE.",
            stage,
            iwae["sd"][-1] < prior["sd"][-1],
        ),
        Claim(
            f"The ELBO stays {found['best'] - elbo['mean'][-1]:.2f} nats an image "
            f"({(found['best'] - elbo['mean'][-1]) / found['dimensions'] / math.log(2):.3f} bits a dimension) below, "
            f"with k = {counts[0]} or {last}: only its standard deviation falls, from {elbo['sd'][0]:.2g} to "
            f"{elbo['sd'][-1]:.2g}.",
            stage,
            abs(elbo["mean"][-1] - elbo["mean"][0]) < ERRORS * _joint([elbo["error"][0], elbo["error"][-1]]) + 1e-9,
        ),
    ]


def _joint(errors: Sequence[float]) -> float:
    return math.sqrt(sum(error**2 for error in errors))


def scored(found: Record) -> list[dict[str, Any]]:
    """Runs that have both numbers, means over seeds."""
    return [
        {"run": row["run"], "kind": row["kind"], "bits": fmean(row["bits"]), "fid": fmean(row["fid"])}
        for row in found["runs"]
        if row["bits"] and row["fid"]
    ]


def quality(found: Record) -> list[Claim]:
    """On likelihood against FID."""
    stage, claims = "quality_vs_likelihood", []
    runs = scored(found)
    if len(runs) > 2:
        found_rank = float(spearmanr([one["bits"] for one in runs], [one["fid"] for one in runs]).statistic)
        claims.append(
            Claim(
                f"Of the benchmark's {len(found['runs'])} enabled runs {len(runs)} have a likelihood; Spearman's ρ of "
                f"their bits and their FID is {found_rank:.2f}, 1 being one order (kinds of number mixed).",
                stage,
            )
        )
    else:
        claims.append(
            Claim(
                f"Of the benchmark's {len(found['runs'])} enabled runs {len(runs)} have a likelihood: too few to "
                "compare their order by bits with that by FID.",
                stage,
            )
        )
    mixed = found["mixture"]
    base, worse, loss = mixed["base"], mixed["mixture"], mixed["loss"]
    others = [f"{bits:.4f} for {size}" for size, bits in list(mixed["sizes"].items())[1:]]
    claims.append(
        Claim(
            f"With {1 - mixed['share']:.0%} noise mixed in, FID goes from {base['fid']:.0f} to {worse['fid']:.0f} and "
            f"bits from {base['bits']:.3f} to {worse['bits']:.3f}: {loss:.3f} nats are lost, at most log "
            f"{1 / mixed['share']:g} = {mixed['bound']:.3f}, or {next(iter(mixed['sizes'].values())):.3f} bits a "
            f"dimension here and at most {listed(others)}.",
            stage,
            loss <= mixed["bound"] + 1e-3 and worse["fid"] > base["fid"],
        )
    )
    pure = found["memoriser"][0]
    most = min(found["memoriser"], key=lambda one: one["test"])
    claims.append(
        Claim(
            f"The memoriser's samples, with a slip in {pure['slip']:g} of pixels, have an FID of {pure['fid']:.0f}; "
            f"test images cost it {pure['test']:.2f} bits a dimension, where guessing evenly takes {_even(found):.2f}, "
            f"and training images {pure['train']:.2f}. Its best likelihood, {most['test']:.2f} bits with slips in "
            f"{most['slip']:g} of pixels, comes with an FID of {most['fid']:.0f}.",
            stage,
            pure["fid"] < base["fid"] and pure["test"] > base["bits"] and most["fid"] > pure["fid"],
        )
    )
    windows = found["windows"]
    order = sorted(windows, key=lambda name: -windows[name]["nats"])
    centres, real = windows["centres of k-means"]["nats"], windows["training images"]["nats"]
    claims.append(
        Claim(
            f"By Parzen windows (an estimate) on as many points each: {listed([_nats(n, windows[n]) for n in order])} "
            f"nats. Centres of k-means are {'above' if centres > real else 'below'} images of the data themselves.",
            stage,
            centres > real,
        )
    )
    return claims


def _nats(name: str, row: Record) -> str:
    return f"{name} {row['nats']:.1f} ± {row['error']:.1f}"


def _even(found: Record) -> float:
    return math.log2(found["levels"])


def inference(found: Record) -> list[Claim]:
    """On the two gaps and the noise of gradients."""
    gap, stage = found["gap"], "inference"
    amortisation, approximation = (gap["gaps"][name] for name in ("amortisation", "approximation"))
    whole = gap["log_likelihood"] - gap["amortised"]
    grads = found["gradients"]["estimators"]
    apart = {name: one["apart"] for name, one in grads.items() if one["apart"] is not None}
    times = grads["score"]["variance"] / grads["reparameterised"]["variance"]
    left = grads["score, baseline"]["variance"] / grads["reparameterised"]["variance"]
    return [
        Claim(
            f"A posterior fitted to each image raises the bound by {amortisation['nats']:.2f} ± "
            f"{amortisation['error']:.2f} nats: of the {whole:.2f} nats between the encoder's bound and log P "
            f"{amortisation['nats'] / whole:.0%} are the price of one encoder for all images, and the rest "
            f"({approximation['nats']:.2f} ± {approximation['error']:.2f}) of a posterior that is Gaussian with "
            "independent coordinates.",
            stage,
            amortisation["nats"] > 0 and approximation["nats"] > 0,
        ),
        Claim(
            "All estimates of the gradient have one mean: they are apart by "
            f"{listed(f'{value:.2f} ({name})' for name, value in apart.items())} standard errors, root mean square "
            "over coordinates.",
            stage,
            all(value < APART for value in apart.values()),
        ),
        Claim(
            f"The score-function gradient has {times:.0f} times the variance of the reparameterised one; with the "
            f"other codes as a baseline, {left:.0f} times.",
            stage,
            times > left > 1,
        ),
        Claim(
            "Without the part that moves log q directly, whose mean is 0, the variance is "
            f"{grads['path']['variance'] / grads['reparameterised']['variance']:.2f} times that of the reparameterised "
            "gradient: less, the nearer q is to the true posterior.",
            stage,
            grads["path"]["variance"] < grads["reparameterised"]["variance"],
        ),
    ]


def anomaly(found: Mapping[str, Record]) -> list[Claim]:
    """On areas under the curve; found: by the class that was left out."""
    claims = []
    for label, record in found.items():
        stage = f"anomaly@{label}"
        areas = {name: one["auroc"] for name, one in record["detectors"].items()}
        seen = [f"{spoken(name)} {of['held_out']:.2f}" for name, of in areas.items()]
        claims.append(
            Claim(f"Without the {label}: it is told from the other digits with an area of {listed(seen)}.", stage)
        )
        likely = {name: of for name, of in areas.items() if record["detectors"][name]["kind"] != "critic"}
        fooled = {
            name: [f"{SETS[which]} ({area:.2f})" for which, area in of.items() if area < 0.5]
            for name, of in likely.items()
        }
        told = [f"{spoken(name)} by {listed(sets)}" for name, sets in fooled.items() if sets]
        claims.append(
            Claim(
                "Fooled, as images that are simple and none of its own have the higher likelihood: "
                + ("; ".join(told) + "." if told else "no likelihood, by nothing that was tried."),
                stage,
                bool(told),
            )
        )
        noise = [name for name, of in likely.items() if of["noise"] > 0.99]
        claims.append(
            Claim(
                f"Noise, of which there is much to predict, is told by {len(noise)} of {len(likely)} likelihoods.",
                stage,
                len(noise) == len(likely),
            )
        )
    return claims


def pictures(found: Record) -> list[Claim]:
    """On what codes keep and what lies between them."""
    model, plane, half, stage = found["models"]["model"], found["models"]["plane"], found["halfway"], "pictures"
    used = sum(part > USED for part in model["kl"])
    return [
        Claim(
            f"Of {len(model['kl'])} coordinates {used} carry more than {USED:g} nats; together {sum(model['kl']):.1f} "
            f"nats an image. A pixel is put back to within {model['error']:.2f} (root mean square, of a range of 2); "
            f"with two numbers and {sum(plane['kl']):.1f} nats, {plane['error']:.2f}.",
            stage,
            model["error"] < plane["error"],
        ),
        Claim(
            f"Halfway between two images ({half['pairs']} pairs), the mean of their codes decodes to images of "
            f"{half['code']:.3f} bits a dimension and the mean of their pixels has {half['pixels']:.3f}; the images "
            f"themselves have {half['images']:.3f}.",
            stage,
            half["code"] < half["pixels"],
        ),
    ]


def spoken(name: str) -> str:
    """A name without its underscores."""
    return name.replace("_", " ")
