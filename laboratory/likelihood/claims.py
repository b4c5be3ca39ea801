"""The claims of the studies on likelihood, and what their records say of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from scipy.stats import spearmanr

from laboratory.claims import Claim, counted, listed, number, spoken
from laboratory.likelihood.codes import USED
from laboratory.likelihood.figures import ESTIMATORS, MODELS, SETS
from laboratory.likelihood.tables import scored

Record = Mapping[str, Any]

ERRORS = 3.0  # standard errors by which a mean may be off by chance
#: Largest difference between the means of two estimators of one gradient, in their standard errors: 1 on average if
#: they are equal.
APART = 1.25
GAUSSIANS = {"amortised": "the encoder's", "own": "each image's own"}
SEEN = 0.99  # area under the curve from which on a set is told apart without doubt


def finding(record: Record) -> str:
    """Say how alike likelihood and FID order runs, and what noise does to either, in a sentence each.

    record: of the study quality_vs_likelihood.
    """
    runs, mixed = scored(record), record["mixture"]
    before, after = mixed["base"], mixed["mixture"]
    kinds = listed(dict.fromkeys(run["kind"] for run in runs))
    orders = (
        f"Over the {len(runs)} of {len(record['runs'])} runs that have a likelihood ({kinds}), Spearman's ρ of bits "
        f"per dimension and FID is {number(_rank(runs), '.2f')}, where 1 is the same order. "
    )
    return (
        f"{orders if len(runs) > 2 else ''}"
        f"Replacing {1 - mixed['share']:.0%} of a model's samples by noise takes its FID from {before['fid']:.0f} to "
        f"{after['fid']:.0f} and its bits per dimension from {before['bits']:.2f} to {after['bits']:.2f}."
    )


def _rank(runs: Sequence[Record]) -> float:
    """Return Spearman's ρ of bits and FID."""
    return float(spearmanr([run["bits"] for run in runs], [run["fid"] for run in runs]).statistic)


# How probable is an image?


def marginal(record: Record) -> list[Claim]:
    """Make the claims on estimates of log P from few and many codes."""
    return [_rise(record), _worth_of_codes(record), _spread(record), _bound(record)]


def _rise(record: Record) -> Claim:
    counts, rows = record["counts"], record["estimators"]
    steps = [(name, at) for name in ("prior", "iwae") for at in range(len(counts) - 1)]
    falls = [
        f"{ESTIMATORS[name]} from k = {counts[at]} to {counts[at + 1]}"
        for name, at in steps
        if rows[name]["mean"][at + 1] < rows[name]["mean"][at] - ERRORS * math.hypot(*rows[name]["error"][at : at + 2])
    ]
    return Claim(
        "An estimate of log P rises with the number k of codes.",
        f"Each is a lower bound that more codes raise, up to {ERRORS:g} standard errors (Burda, Grosse, "
        "Salakhutdinov, 2016, theorem 1).",
        f"Of the steps in k, of IWAE and of {ESTIMATORS['prior']}, it rises in {counted(len(steps), falls)}.",
        not falls,
        "marginal",
    )


def _worth_of_codes(record: Record) -> Claim:
    counts, iwae, prior = record["counts"], record["estimators"]["iwae"]["mean"], record["estimators"]["prior"]["mean"]
    enough = next((count for count, mean in zip(counts, iwae, strict=True) if mean >= prior[-1]), None)
    reached = f"reach as much, fewer by a factor of {counts[-1] / enough:.0f}" if enough else "reach as much"
    return Claim(
        "Codes of the encoder are worth many of the prior.",
        "Fewer codes of the encoder give the same estimate (Burda et al., 2016, section 3).",
        f"{counts[-1]} codes of the prior are {record['best'] - prior[-1]:.2f} nats an image below {record['draws']} "
        f"codes of the encoder; {enough or 'no number'} of the encoder's {reached}.",
        enough is not None and enough < counts[-1],
        "marginal",
    )


def _spread(record: Record) -> Claim:
    prior, iwae = (record["estimators"][name]["sd"][-1] for name in ("prior", "iwae"))
    return Claim(
        "IWAE varies less than an estimate from codes of the prior.",
        "Importance weights are more even, the nearer the proposal is to the posterior (Burda et al., 2016).",
        f"One image's estimate from {record['counts'][-1]} codes has a standard deviation of {iwae:.2g} nats by IWAE "
        f"and {prior:.2g} by codes of the prior.",
        iwae < prior,
        "marginal",
    )


def _bound(record: Record) -> Claim:
    elbo, counts = record["estimators"]["elbo"], record["counts"]
    gap = record["best"] - elbo["mean"][-1]
    same = abs(elbo["mean"][-1] - elbo["mean"][0]) < ERRORS * math.hypot(elbo["error"][0], elbo["error"][-1]) + 1e-9
    return Claim(
        "More codes do not raise the ELBO, they only make it more certain.",
        f"It is a mean over codes: equal from k = {counts[0]} to {counts[-1]}, up to {ERRORS:g} standard errors.",
        f"It stays {gap:.2f} nats an image ({gap / record['dimensions'] / math.log(2):.3f} bits a dimension) below the "
        f"best estimate and moves by {abs(elbo['mean'][-1] - elbo['mean'][0]):.2f}; its standard deviation goes "
        f"from {elbo['sd'][0]:.2g} to {elbo['sd'][-1]:.2g}.",
        same and elbo["sd"][-1] < elbo["sd"][0],
        "marginal",
    )


# How probable is an image under anything with a decoder?


def annealed(record: Record) -> list[Claim]:
    """Make the claims on log P by annealed importance sampling."""
    return [_enclosed(record), _closed(record), _with_encoder(record["models"]["vae"]), _rival(record)]


def _enclosed(record: Record) -> Claim:
    gaps = {name: of["own"]["gap"] for name, of in record["models"].items()}
    crossed = [
        f"{MODELS[name]} with {steps}"
        for name, gap in gaps.items()
        for at, steps in enumerate(record["steps"])
        if gap["mean"][at] < -ERRORS * gap["error"][at]
    ]
    return Claim(
        "Walks from both sides enclose log P of images that the model drew.",
        f"The bound from above is not below the other, up to {ERRORS:g} standard errors (Grosse, Ghahramani, Adams, "
        "2015).",
        f"This is so in {counted(len(gaps) * len(record['steps']), crossed)}.",
        not crossed,
        "annealed",
    )


def _closed(record: Record) -> Claim:
    gaps = {name: of["own"]["gap"] for name, of in record["models"].items()}
    texts = [
        f"{number(gap['mean'][0], '.2f')} to {number(gap['mean'][-1], '.2f')} ± {gap['error'][-1]:.2f} ({MODELS[name]})"
        for name, gap in gaps.items()
    ]
    return Claim(
        "More distributions between prior and posterior close the gap.",
        "It tends to 0 as moves tend to follow the distributions (Neal, 2001).",
        f"From {record['steps'][0]} to {record['steps'][-1]} distributions it goes, in nats an image, from "
        f"{listed(texts)}.",
        all(gap["mean"][-1] < gap["mean"][0] for gap in gaps.values()),
        "annealed",
    )


def _with_encoder(of: Record) -> Claim:
    more, error = of["iwae"]["more"], of["iwae"]["error"]
    return Claim(
        "Where an encoder was trained for it, IWAE and annealing agree.",
        f"Both are lower bounds of one number in the mean, here within {ERRORS:g} standard errors and half a nat.",
        f"Annealing gives test images {number(more, '.2f')} ± {error:.2f} nats an image more than IWAE.",
        abs(more) < ERRORS * error + 0.5,
        "annealed",
    )


def _rival(record: Record) -> Claim:
    vae, gan = (record["models"][name]["test"]["mean"][-1] for name in ("vae", "gan"))
    noise, more = record["models"]["gan"]["noise"], (vae - gan) / record["dimensions"] / math.log(2)
    return Claim(
        "A GAN gives test images less probability than a VAE.",
        "So do those of Wu, Burda, Salakhutdinov, Grosse (2017), seen through Gaussian noise too.",
        f"Through noise of {noise:g} the GAN has about {number(gan, '.1f')} nats an image, the VAE about "
        f"{number(vae, '.1f')}: the GAN's bits a dimension are more by {number(more, '.3f')}.",
        gan < vae,
        "annealed",
    )


# Is a likely model one that draws good images?


def quality(record: Record) -> list[Claim]:
    """Make the claims on likelihood against FID."""
    claims = [_orders(record)] if len(scored(record)) > 2 else []
    return [*claims, _mixture(record), _memoriser(record), _slips(record), _windows(record)]


def _orders(record: Record) -> Claim:
    runs = scored(record)
    rank = _rank(runs)
    return Claim(
        "Likelihood does not put models in the order of FID.",
        "Spearman's ρ of bits and FID is below 1: the two measure different things (Theis, van den Oord, Bethge, "
        "2016, section 3).",
        f"ρ = {number(rank, '.2f')} over the {len(runs)} of {len(record['runs'])} enabled runs that have a likelihood, "
        "exact ones and bounds mixed.",
        rank < 1,
        "quality_vs_likelihood",
    )


def _mixture(record: Record) -> Claim:
    mixed = record["mixture"]
    base, worse = mixed["base"], mixed["mixture"]
    sizes = listed(f"{bits:.4f} for {size}" for size, bits in mixed["sizes"].items())
    return Claim(
        f"{1 - mixed['share']:.0%} noise spoils a model's samples and hardly lowers its likelihood.",
        f"FID rises, and at most log {1 / mixed['share']:g} = {mixed['bound']:.3f} nats are lost (Theis et al., 2016, "
        f"section 3.2); in bits a dimension, {sizes}.",
        f"FID goes from {base['fid']:.0f} to {worse['fid']:.0f}, bits a dimension from {base['bits']:.3f} to "
        f"{worse['bits']:.3f}; {mixed['loss']:.3f} nats are lost.",
        mixed["loss"] <= mixed["bound"] + 1e-3 and worse["fid"] > base["fid"],
        "quality_vs_likelihood",
    )


def _memoriser(record: Record) -> Claim:
    pure, base = record["memoriser"][0], record["mixture"]["base"]
    return Claim(
        "A memoriser draws good images and predicts test images badly.",
        f"FID is below the VAE's {base['fid']:.0f}, and bits a dimension are above its {base['bits']:.2f} (Theis et "
        "al., 2016, section 3.2).",
        f"With a slip in {pure['slip']:g} of pixels, FID is {pure['fid']:.0f}; test images cost {pure['test']:.2f} "
        f"bits a dimension, where guessing evenly takes {math.log2(record['levels']):.2f}, and training images "
        f"{pure['train']:.2f}.",
        pure["fid"] < base["fid"] and pure["test"] > base["bits"],
        "quality_vs_likelihood",
    )


def _slips(record: Record) -> Claim:
    pure, best = record["memoriser"][0], min(record["memoriser"], key=lambda row: row["test"])
    return Claim(
        "What makes the memoriser more likely makes its images worse.",
        f"FID at the best likelihood is above {pure['fid']:.0f}.",
        f"The best likelihood, {best['test']:.2f} bits a dimension with slips in {best['slip']:g} of pixels, comes "
        f"with an FID of {best['fid']:.0f}.",
        best["fid"] > pure["fid"],
        "quality_vs_likelihood",
    )


def _windows(record: Record) -> Claim:
    windows = record["windows"]
    order = sorted(windows, key=lambda name: -windows[name]["nats"])
    texts = [f"{name} {number(windows[name]['nats'], '.1f')} ± {windows[name]['error']:.1f}" for name in order]
    return Claim(
        "Parzen windows prefer the centres of k-means to images of the data themselves.",
        "The estimate is higher for the centres (Theis et al., 2016, table 1).",
        f"In nats, on as many points each: {listed(texts)}.",
        windows["centres of k-means"]["nats"] > windows["training images"]["nats"],
        "quality_vs_likelihood",
    )


# What the encoder and gradients cost


def inference(record: Record) -> list[Claim]:
    """Make the claims on the two gaps of the bound and on the noise of gradients."""
    estimators = record["gradients"]["estimators"]
    gap, other = record["gap"], record["regularised"]
    of_gaps = [_gaps(gap), _enclosing(gap), _narrow(gap["posterior"]), _regularised(gap, other)]
    return [*of_gaps, _means(estimators), _variances(estimators), _path(estimators)]


def _gaps(gap: Record) -> Claim:
    amortisation, approximation = (gap["gaps"][name] for name in ("amortisation", "approximation"))
    whole = gap["log_likelihood"] - gap["amortised"]
    return Claim(
        "One encoder for all images and a Gaussian with independent coordinates both lower the bound.",
        "The amortisation gap and the approximation gap are above 0 (Cremer, Li, Duvenaud, 2018).",
        f"{number(amortisation['nats'], '.2f')} ± {amortisation['error']:.2f} and "
        f"{number(approximation['nats'], '.2f')} ± {approximation['error']:.2f} nats an image; the encoder costs "
        f"{amortisation['nats'] / whole:.0%} of the {whole:.2f} between its bound and log P.",
        amortisation["nats"] > 0 and approximation["nats"] > 0,
        "inference",
    )


def _enclosing(gap: Record) -> Claim:
    rows = gap["posterior"]["gaussians"]
    texts = [
        f"{number(rows[n]['kl']['nats'], '.2f')} ± {rows[n]['kl']['error']:.2f} ({t})" for n, t in GAUSSIANS.items()
    ]
    return Claim(
        "Codes of the true posterior put log P on the other side of the bound.",
        "The mean of the log weights over them is log P and a divergence, which is not below 0, more.",
        f"By {gap['posterior']['chains']} chains of Hamiltonian Monte Carlo an image it is more by, in nats, "
        f"{listed(texts)}; R̂ is at most {gap['posterior']['scale_reduction']:.2f}.",
        all(row["kl"]["nats"] > -ERRORS * row["kl"]["error"] for row in rows.values()),
        "inference",
    )


def _narrow(posterior: Record) -> Claim:
    rows = posterior["gaussians"]
    return Claim(
        "The best Gaussian with independent coordinates is narrower than the posterior.",
        "Its standard deviations are smaller where coordinates are correlated (Turner, Sahani, 2011).",
        f"They are {rows['own']['width']:.2f} times the posterior's, the encoder's "
        f"{rows['amortised']['width']:.2f} times; correlations are {posterior['correlation']:.2f}, root mean square. "
        f"Means are {rows['own']['shift']:.2f} and {rows['amortised']['shift']:.2f} standard deviations off.",
        rows["own"]["width"] < 1,
        "inference",
    )


def _regularised(gap: Record, other: Record) -> Claim:
    plain, regular = (of["gaps"]["amortisation"] for of in (gap, other))
    more = other["log_likelihood"] - gap["log_likelihood"]
    return Claim(
        "An encoder that saw noise in training costs less on test images.",
        "Its amortisation gap is smaller (Shu, Bui, Zhao, Kochenderfer, Ermon, 2018).",
        f"With noise of {other['input_noise']:g} the gap is {number(regular['nats'], '.2f')} ± {regular['error']:.2f}, "
        f"without it {number(plain['nats'], '.2f')} ± {plain['error']:.2f} nats an image; log P of test images changes "
        f"by {number(more, '+.2f')}.",
        regular["nats"] < plain["nats"],
        "inference",
    )


def _means(estimators: Record) -> Claim:
    apart = {name: row["apart"] for name, row in estimators.items() if row["apart"] is not None}
    return Claim(
        "Every estimate of the gradient has the same mean.",
        f"Means are 1 standard error apart, root mean square over coordinates, if they are equal; here below {APART}.",
        f"{listed(f'{value:.2f} ({name})' for name, value in apart.items())}.",
        all(value < APART for value in apart.values()),
        "inference",
    )


def _variances(estimators: Record) -> Claim:
    bare, baseline, reparameterised = (
        estimators[name]["variance"] for name in ("score", "score, baseline", "reparameterised")
    )
    return Claim(
        "A baseline lowers the variance of the score-function gradient, and the reparameterised one has less still.",
        "The three are in this order (Kingma, Welling, 2014, section 2.2; Mnih, Gregor, 2014).",
        f"The score-function gradient has {bare / reparameterised:.0f} times the variance of the reparameterised one, "
        f"and {baseline / reparameterised:.0f} times with the other codes as a baseline.",
        bare > baseline > reparameterised,
        "inference",
    )


def _path(estimators: Record) -> Claim:
    times = estimators["path"]["variance"] / estimators["reparameterised"]["variance"]
    return Claim(
        "Without its part that moves log q directly, the gradient varies less.",
        "That part has the mean 0, and the rest tends to 0 as q tends to the posterior (Roeder, Wu, Duvenaud, 2017).",
        f"The variance is {times:.2f} times that of the reparameterised gradient.",
        times < 1,
        "inference",
    )


# Does a model know what it does not know?


def anomaly(records: Mapping[str, Record]) -> list[Claim]:
    """Make the claims on areas under the curve; records: by the class that was left out."""
    return [
        claim(label, record["detectors"])
        for label, record in records.items()
        for claim in (_new_class, _fooled, _noise)
    ]


def _new_class(label: str, detectors: Record) -> Claim:
    areas = {spoken(name): row["auroc"]["held_out"] for name, row in detectors.items()}
    return Claim(
        f"Without the {label}: every detector tells the class that it never saw.",
        "The area is above 1/2, which is chance.",
        f"{listed(f'{area:.2f} ({name})' for name, area in areas.items())}.",
        all(area > 0.5 for area in areas.values()),
        f"anomaly@{label}",
    )


def _likelihoods(detectors: Record) -> dict[str, Mapping[str, float]]:
    """Return the areas by set of each detector that is a likelihood, by its name."""
    return {spoken(name): row["auroc"] for name, row in detectors.items() if row["kind"] != "critic"}


def _fooled(label: str, detectors: Record) -> Claim:
    texts = []
    for name, areas in _likelihoods(detectors).items():
        sets = [f"{SETS[which]} ({area:.2f})" for which, area in areas.items() if area < 0.5]
        texts += [f"{name} by {listed(sets)}"] if sets else []
    return Claim(
        f"Without the {label}: likelihoods prefer some images of another kind to their own.",
        "Some area is below 1/2, as simple images have a higher likelihood (Nalisnick et al., 2019).",
        f"Fooled: {'; '.join(texts) or 'none'}.",
        bool(texts),
        f"anomaly@{label}",
    )


def _noise(label: str, detectors: Record) -> Claim:
    areas = {name: of["noise"] for name, of in _likelihoods(detectors).items()}
    missed = [f"{name} ({area:.2f})" for name, area in areas.items() if area <= SEEN]
    return Claim(
        f"Without the {label}: every likelihood tells noise.",
        f"The area is above {SEEN}, as noise is the least predictable of images.",
        f"This is so for {counted(len(areas), missed)}.",
        not missed,
        f"anomaly@{label}",
    )


# What codes mean


def pictures(record: Record) -> list[Claim]:
    """Make the claims on what codes keep and what lies between them."""
    return [_kept(record["models"]["model"], record["models"]["plane"]), _halfway(record["halfway"])]


def _kept(model: Record, plane: Record) -> Claim:
    used = sum(nats > USED for nats in model["kl"])
    return Claim(
        f"{len(model['kl'])} numbers keep more of an image than {len(plane['kl'])}.",
        "The error of a pixel is smaller.",
        f"It is {model['error']:.2f} against {plane['error']:.2f} (root mean square, of a range of 2), with "
        f"{sum(model['kl']):.1f} against {sum(plane['kl']):.1f} nats an image; {used} of the "
        f"{len(model['kl'])} coordinates carry more than {USED:g} nats.",
        model["error"] < plane["error"],
        "pictures",
    )


def _halfway(half: Record) -> Claim:
    return Claim(
        "The mean of two codes decodes to a likelier image than the mean of the two images.",
        "It costs fewer bits a dimension (after Bengio, Mesnil, Dauphin, Rifai, 2013).",
        f"{half['code']:.3f} against {half['pixels']:.3f} over {half['pairs']} pairs; the images themselves have "
        f"{half['images']:.3f}.",
        half["code"] < half["pixels"],
        "pictures",
    )


# What bits buy


def rate(record: Record) -> list[Claim]:
    """Make the claims on bits of codes against errors."""
    return [_weight(record["sizes"]), _numbers(record["sizes"]), _curved(record["sizes"])]


def _weight(sizes: Mapping[str, Any]) -> Claim:
    pairs = [
        (f"{size} numbers, β = {after['beta']:g}", before, after)
        for size, points in sizes.items()
        for before, after in pairwise(sorted(points, key=lambda row: -row["beta"]))
    ]
    missed = [
        name for name, before, after in pairs if after["bits"] <= before["bits"] or after["error"] >= before["error"]
    ]
    return Claim(
        "Cheaper bits buy less error.",
        "With a smaller β a VAE sends more bits and decodes with less error (Alemi et al., 2018).",
        f"Of the steps down in β this is so in {counted(len(pairs), missed)}.",
        not missed,
        "rate",
    )


def _numbers(sizes: Mapping[str, Any]) -> Claim:
    (few, least), (many, most) = (
        (size, min(sizes[size], key=lambda row: row["error"])) for size in (min(sizes, key=int), max(sizes, key=int))
    )
    return Claim(
        f"{many} numbers reach an error that {few} do not.",
        "The best error of the longer code is smaller: each number adds a dimension of images.",
        f"It is {most['error']:.3f} at {most['bits']:.1f} bits against {least['error']:.3f} at {least['bits']:.1f} "
        "(root mean square, of a range of 2).",
        most["error"] < least["error"],
        "rate",
    )


def _curved(sizes: Mapping[str, Any]) -> Claim:
    points = [(size, row) for size, rows in sizes.items() for row in rows]
    missed = [
        f"{size} numbers, β = {row['beta']:g} ({row['error']:.3f} against {row['linear']:.3f})"
        for size, row in points
        if row["error"] >= row["linear"]
    ]
    return Claim(
        "Networks make more of the same bits than a linear code does.",
        "The error is below that of reverse water-filling on as many principal components of a Gaussian.",
        f"This is so in {counted(len(points), missed)}.",
        not missed,
        "rate",
    )
