"""The hypotheses of the study, written before any of its numbers were seen, and what its records say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import fmean

from laboratory.claims import Claim, counted, listed, number
from laboratory.metrics.verdicts import Response
from laboratory.truth import orders
from laboratory.truth.board import MAIN
from laboratory.truth.orders import Agreement
from laboratory.truth.study import TEACHER, Study

#: Rulers that hypotheses are about, by the names of params.yaml.
CLASSIFIER, PIXELS = "classifier", "pixels"
ONE_SIDED = ("precision", "recall", "density", "coverage")
USUAL = ("fid", "kid", "precision", "recall")  # beside the Inception Score
MIXTURES, DENSITY = ("gaussian_mixture", "categorical_mixture"), "pixelcnn"
SEE_COPIES = ("recall", "copying", "authenticity_gap")


def hypotheses(study: Study) -> list[Claim]:
    """Make the claims of which something was measured."""
    made = (_one_sided, _mixture, _inception_score, _surprise, _few, _pixels, _likelihood)
    return [claim for make in made for claim in make(study)]


def said(found: Agreement) -> str:
    """Write τ with its interval: "0.71 [0.42, 0.88]"."""
    tau, low, high = (number(round(value, 2) + 0.0, ".2f") for value in found[:3])  # without a minus of 0
    return f"{tau} [{low}, {high}]"


def _taus(study: Study, keys: tuple[str, ...]) -> dict[str, Agreement]:
    found = {key: study.agreement(CLASSIFIER, key) for key in keys}
    return {key: each for key, each in found.items() if each}


def _listed(study: Study, found: Mapping[str, Agreement]) -> str:
    return listed(f"{study.columns[key].label} {said(each)}" for key, each in found.items())


def _one_sided(study: Study) -> Iterator[Claim]:
    fid, others = study.agreement(CLASSIFIER, "fid"), _taus(study, ONE_SIDED)
    if fid and others:
        yield Claim(
            "FID orders models like the JS bound better than precision, recall, density or coverage alone.",
            "Its τ is above that of each: these see quality or variety, and a divergence is of both (Sajjadi et al., "
            "2018; Kynkäänniemi et al., 2019; Naeem et al., 2020).",
            f"τ of FID is {said(fid)}; of {_listed(study, others)}.",
            all(fid.tau > each.tau for each in others.values()),
            "models",
        )


def _mixture(study: Study) -> Iterator[Claim]:
    fid, kl = (orders.means(of) for of in (_fid(study), study.truths.get("kl_all", {})))
    known = [run for run in MIXTURES if run in fid and run in kl]
    if not known or DENSITY not in fid or DENSITY not in kl:
        return
    fooled = [run for run in known if fid[run] < fid[DENSITY] and kl[run] > kl[DENSITY]]
    said_of = [f"{run} {fid[run]:.3g} and {kl[run]:.3f} ({study.kinds.get(run, '')})" for run in [*known, DENSITY]]
    yield Claim(
        "FID puts a mixture before a better density.",
        f"A mixture has a lower FID than {DENSITY} and a higher KL (22 against 47.5, and 0.349 against 0.153 bits per "
        "dimension, in a trial of 10,000 images).",
        f"FID and KL are {listed(said_of)}.",
        bool(fooled),
        "models",
    )


def _fid(study: Study) -> Mapping[str, list[float]]:
    return {run: list(of) for run, of in study.rows.get(CLASSIFIER, {}).get(study.last, {}).get("fid", {}).items()}


def _inception_score(study: Study) -> Iterator[Claim]:
    score, others = study.agreement(CLASSIFIER, "inception_score"), _taus(study, USUAL)
    if score and others:
        yield Claim(
            "Of the usual numbers the Inception Score agrees least with the JS bound.",
            "Its τ is below those of FID, KID, precision and recall: it never looks at real images (Barratt, Sharma, "
            "2018).",
            f"τ is {said(score)}; of {_listed(study, others)}.",
            all(score.tau < each.tau for each in others.values()),
            "models",
        )


def _surprise(study: Study) -> Iterator[Claim]:
    known = study.responses.get(TEACHER, {}).get(study.last, {})
    blind = known.get("surprise", {})
    kinds = ("dropped_classes", "copies")
    if not all(kind in blind for kind in kinds):
        return
    missed = [kind for kind in kinds if blind[kind].overall != "worse"]
    classes = known["known_class_tv"]["dropped_classes"].overall == "worse"
    seeing = [study.columns[key].label for key in SEE_COPIES if _sees(study, key, "copies")]
    yield Claim(
        "Surprise alone misses dropped classes and copies; other numbers see them.",
        "It stays within the range of fresh draws, as it looks at each image alone; the exact total variation of "
        "classes sees dropped classes, and recall or a number of memorisation sees copies.",
        f"Surprise {_sight(blind['dropped_classes'])} dropped classes and {_sight(blind['copies'])} copies; class TV "
        f"{'sees' if classes else 'misses'} dropped classes; copies are seen by {listed(seeing)}.",
        len(missed) == len(kinds) and classes and bool(seeing),
        "draws",
    )


def _sees(study: Study, key: str, kind: str) -> bool:
    """Say whether a metric sees a spoiling under the classifier, at the largest number of images it is measured at."""
    found = [by_key[key] for _, by_key in sorted(study.responses.get(CLASSIFIER, {}).items()) if key in by_key]
    return bool(found) and kind in found[-1] and found[-1][kind].overall == "worse"


def _sight(response: Response) -> str:
    return "sees" if response.overall == "worse" else "misses"


def _few(study: Study) -> Iterator[Claim]:
    if CLASSIFIER not in study.rows:
        return
    found = {key: study.settled(CLASSIFIER, key) for key in ("fid", "kid")}
    least, alike = min(study.options.measuring.counts), study.options.orders.alike
    own = {key: each[1].get(least) for key, each in found.items() if each}
    taus = {key: tau for key, tau in own.items() if tau is not None}
    if taus and least < study.last:
        measured = listed(f"{study.columns[key].label} {number(tau, '.2f')}" for key, tau in taus.items())
        yield Claim(
            f"FID and KID order models at N = {least} as at N = {study.last}.",
            f"τ between the two orders is at least {alike:g}: KID has no bias (Bińkowski et al., 2018), and that of "
            "FID, of order 1/N, is much the same for all models (Chong, Forsyth, 2020, warn that it need not be).",
            f"τ between the two orders is of {measured}.",
            all(tau >= alike for tau in taus.values()),
            "models",
        )


def _pixels(study: Study) -> Iterator[Claim]:
    keys = [o.key for o in study.ranked() if o.ruler == PIXELS and study.agreement(CLASSIFIER, o.key)]
    taus = {ruler: {k: a.tau for k in keys if (a := study.agreement(ruler, k))} for ruler in (CLASSIFIER, PIXELS)}
    if keys:
        better = [study.columns[key].label for key in keys if taus[PIXELS][key] >= taus[CLASSIFIER][key]]
        means = {ruler: fmean(of.values()) for ruler, of in taus.items()}
        yield Claim(
            "Metrics agree less with the truth under pixels than under the classifier.",
            "The mean τ with the JS bound is lower: distances of pixels say little of what an image shows (Theis, van "
            "den Oord, Bethge, 2016, section 3.2).",
            f"The mean τ of the {len(keys)} metrics that both have is {number(means[PIXELS], '.2f')} under pixels and "
            f"{number(means[CLASSIFIER], '.2f')} under the classifier; it is lower under pixels for "
            f"{counted(len(keys), better)}.",
            means[PIXELS] < means[CLASSIFIER],
            "models",
        )


def _likelihood(study: Study) -> Iterator[Claim]:
    kl, js = study.truths.get("kl_all", {}), study.truths[MAIN]
    found = orders.agreement(kl, js, study.options.orders.resamples)
    if found:
        pairs = orders.pairs(kl, js)
        wrong = [f"{pair.better} before {pair.worse}" for pair in pairs.wrong[:3]]
        yield Claim(
            "KL and the JS bound disagree on the order of models with a likelihood.",
            "Some pairs stand in opposite order beyond the noise of seeds: likelihood and the look of samples are "
            "largely independent (Theis, van den Oord, Bethge, 2016).",
            f"τ of {found.rows} rows is {said(found)}; {len(pairs.wrong)} of the {pairs.apart} pairs that both tell "
            f"apart are in opposite order; the JS bound puts {listed(wrong)}.",
            bool(pairs.wrong),
            "page",
        )
