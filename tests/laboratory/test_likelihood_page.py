"""The claims made of records written by hand, the page as a document that asks for nothing, and its pipeline."""

from __future__ import annotations

import json
import math
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from markupsafe import escape
from torch import Tensor

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.engine.options import TrainOptions
from genbench.errors import InputError
from genbench.files.atomic import write_json
from genbench.files.section import read
from genbench.models.bases.likelihood import Likelihood, LikelihoodModel
from genbench.report.frames import csv
from laboratory.claims import Claim
from laboratory.likelihood import claims, codes, detection, figures, options, page, paths, quality, tables
from laboratory.likelihood.options import AnomalyOptions
from tests.support.clone import Clone
from tests.support.wrong_params import assert_refused

LEVELS = 17


def estimator(mean: list[float], sd: list[float]) -> dict[str, list[float]]:
    return {"mean": mean, "sd": sd, "error": [0.1, 0.01, 0.001]}


def marginal() -> dict[str, Any]:
    return {
        "counts": [1, 16, 256],
        "images": 4,
        "repeats": 8,
        "draws": 2048,
        "dimensions": 64,
        "estimators": {
            "prior": estimator([-150.0, -120.0, -103.0], [20.0, 9.0, 2.0]),
            "iwae": estimator([-104.0, -102.0, -101.0], [3.0, 1.0, 0.25]),
            "elbo": estimator([-104.0, -104.0, -104.0], [3.0, 0.75, 0.2]),
        },
        "best": -100.5,
    }


def annealed() -> dict[str, Any]:
    def of(test: list[float], gap: list[float], noise: float) -> dict[str, Any]:
        def row(mean: list[float]) -> dict[str, list[float]]:
            return {"mean": mean, "error": [0.5, 0.2]}

        own = {"lower": row([-110.0, -100.0]), "upper": row([-95.0, -99.0]), "gap": row(gap)}
        return {"noise": noise, "test": row(test), "own": own, "iwae": None}

    vae = of([-105.0, -101.0], [15.0, 1.0], 0.5)
    vae["iwae"] = {"mean": -101.5, "more": 0.5, "error": 0.1}
    models = {"vae": vae, "gan": of([-160.0, -145.36], [20.0, -0.25], 0.35)}
    return {"steps": [20, 180], "chains": 8, "images": 12, "codes": 4096, "dimensions": 64, "models": models}


def cells() -> list[dict[str, Any]]:
    return [
        {"run": "pixelcnn", "kind": "exact", "bits": [1.9, 2.1], "fid": [100.0, 110.0]},
        {"run": "vae", "kind": "lower bound", "bits": [2.4], "fid": [90.0]},
        {"run": "noise<i>", "kind": "exact", "bits": [4.1], "fid": [1500.0]},
        {"run": "gan", "kind": None, "bits": [], "fid": [88.0]},
        {"run": "diverged", "kind": None, "bits": [], "fid": []},
    ]


def constructed() -> dict[str, Any]:
    def window(nats: float) -> dict[str, Any]:
        return {"nats": nats, "error": 0.5, "bandwidth": 0.2, "at_end": False, "samples": 300}

    return {
        "dimensions": 64,
        "levels": LEVELS,
        "extractor": "classifier",
        "runs": cells(),
        "mixture": {
            "base": {"bits": 2.4, "kind": "lower bound", "fid": 200.0},
            "mixture": {"bits": 2.5, "kind": "lower bound", "fid": 1400.0},
            "share": 0.01,
            "loss": 4.6,
            "bound": math.log(100),
            "sizes": {"1×8×8": 0.1038, "3×32×32": 0.0022},
        },
        "memoriser": [
            {"slip": 1e-6, "train": 0.15, "test": 9.6, "fid": 55.0},
            {"slip": 0.5, "train": 1.1, "test": 2.7, "fid": 730.0},
        ],
        "windows": {"centres of k-means": window(26.0), "training images": window(19.0), "samples": window(5.0)},
    }


def gaps() -> dict[str, Any]:
    return {
        "images": 3,
        "amortised": -106.0,
        "own": -105.0,
        "log_likelihood": -104.5,
        "gaps": {
            "amortisation": {"nats": 1.0, "error": 0.1, "each": [0.5, 1.5, 1.0]},
            "approximation": {"nats": 0.5, "error": 0.05, "each": [0.5, 0.4, 0.6]},
        },
        "posterior": {
            "chains": 4,
            "kept": 200,
            "acceptance": 0.7,
            "scale_reduction": 1.02,
            "correlation": 0.3,
            "gaussians": {
                "amortised": {"kl": {"nats": 2.5, "error": 0.2}, "shift": 0.6, "width": 0.8},
                "own": {"kl": {"nats": 0.75, "error": 0.1}, "shift": 0.1, "width": 0.9},
            },
        },
    }


def inference() -> dict[str, Any]:
    variances = {"score": 1000.0, "score, baseline": 20.0, "reparameterised": 2.0, "path": 1.0}
    regularised = gaps() | {"input_noise": 0.3, "log_likelihood": -104.0}
    regularised["gaps"]["amortisation"]["nats"] = 0.25
    return {
        "gap": gaps(),
        "regularised": regularised,
        "gradients": {
            "batch": 2,
            "codes": 4,
            "repeats": 512,
            "norm": 1.0,
            "estimators": {
                name: {"variance": value, "apart": None if name == "path" else 1.0} for name, value in variances.items()
            },
        },
    }


def anomaly() -> dict[str, Any]:
    sets = [which for which in figures.SETS if which != "own"]
    simple = {"held_out": 0.35, "black": 0.0}
    areas = {which: simple.get(which, 1.0) for which in sets}
    ranges = {which: [1.0, 2.0, 3.0, 4.0, 5.0] for which in figures.SETS}
    rows = {
        "pixelcnn": {"kind": "exact", "auroc": areas, "quantiles": ranges},
        "critic": {"kind": "critic", "auroc": {**areas, "black": 0.2}, "quantiles": ranges},
    }
    return {"label": 1, "counts": dict.fromkeys(figures.SETS, 6), "dimensions": 64, "detectors": rows}


def pictures() -> dict[str, Any]:
    return {
        "images": 10,
        "models": {
            "model": {"kl": [1.0, 0.001, 2.0], "error": 0.2, "noise": 0.5},
            "plane": {"kl": [2.0, 2.0], "error": 0.4, "noise": 0.5},
        },
        "halfway": {"images": 2.3, "code": 2.7, "pixels": 2.9, "pairs": 5},
    }


def rate() -> dict[str, Any]:
    def row(beta: float, bits: float, error: float, linear: float) -> dict[str, float]:
        return {"beta": beta, "bits": bits, "error": error, "linear": linear}

    few, many = (
        [row(4.0, 2.0, 0.5, 0.55), row(1.0, 4.0, 0.4, 0.45)],
        [row(4.0, 3.0, 0.45, 0.5), row(1.0, 9.0, 0.3, 0.4)],
    )
    return {"images": 10, "nothing": 0.7, "sizes": {"2": few, "5": many}}


def studies() -> page.Studies:
    digits = np.random.default_rng(0).integers(0, 256, (6, 1, 8, 8), dtype=np.uint8)
    grids = {
        "reconstructions": (2, 5),
        "reconstructions of two numbers": (2, 5),
        "interpolations": (3, 4),
        "traversal": (3, 4),
        "plane": (4, 4),
    }
    drawn = {name: np.zeros((*size, 1, 8, 8), np.uint8) for name, size in grids.items()}
    return page.Studies(
        marginal=marginal(),
        annealed=annealed(),
        quality=constructed(),
        inference=inference(),
        anomaly={"1": (anomaly(), dict.fromkeys(figures.SETS, digits))},
        pictures=(pictures(), drawn),
        rate=rate(),
    )


def verdicts(made: list[Claim]) -> list[bool]:
    return [claim.holds for claim in made]


def test_claims_on_estimates_follow_the_numbers() -> None:
    made = claims.marginal(marginal())
    assert verdicts(made) == [True, True, True, True]
    assert "256 codes of the prior are 2.50 nats an image below 2048 codes of the encoder" in made[1].measured
    assert "; 16 of the encoder's reach as much, fewer by a factor of 16." in made[1].measured
    assert "It stays 3.50 nats an image" in made[3].measured
    worse = marginal()
    worse["estimators"]["iwae"] = estimator([-104.0, -105.0, -106.0], [3.0, 1.0, 3.0])
    worse["estimators"]["elbo"] = estimator([-104.0, -104.0, -103.0], [3.0, 0.75, 0.2])
    made = claims.marginal(worse)
    assert verdicts(made) == [False, False, False, False]
    assert "it rises in 2 of 4, not for IWAE from k = 1 to 16 and IWAE from k = 16 to 256" in made[0].measured
    assert "no number of the encoder's" in made[1].measured


def test_claims_on_annealing_follow_the_numbers() -> None:
    made = claims.annealed(annealed())
    assert verdicts(made) == [True] * 4
    assert made[0].measured == "This is so in 4 of 4."
    assert "15.00 to 1.00 ± 0.20 (VAE) and 20.00 to −0.25 ± 0.20 (GAN, seen through noise)" in made[1].measured
    assert "0.50 ± 0.10 nats an image more than IWAE" in made[2].measured
    assert (
        "the GAN has about −145.4 nats an image, the VAE about −101.0: the GAN's bits a dimension are more by 1.000"
        in made[3].measured
    )
    other = annealed()
    rows = other["models"]
    rows["gan"]["own"]["gap"]["mean"] = [-5.0, 20.0]
    rows["vae"]["iwae"]["more"] = -1.0
    rows["gan"]["test"]["mean"] = [-90.0, -90.0]
    made = claims.annealed(other)
    assert verdicts(made) == [False] * 4
    assert made[0].measured == "This is so in 3 of 4, not for GAN, seen through noise with 20."


def test_claims_on_quality_follow_the_numbers() -> None:
    made = claims.quality(constructed())
    assert verdicts(made) == [True] * 5
    assert "ρ = 0.50 over the 3 of 5 enabled runs" in made[0].measured
    assert "log 100 = 4.605" in made[1].expected
    assert "4.600 nats are lost" in made[1].measured
    assert "centres of k-means 26.0 ± 0.5, training images 19.0 ± 0.5 and samples 5.0 ± 0.5" in made[4].measured
    other = constructed()
    for row, fid in zip(other["runs"], (100.0, 200.0, 300.0), strict=False):
        row["fid"] = [fid]
    other["mixture"]["loss"] = 4.7
    other["memoriser"] = [{"slip": 0.1, "train": 1.0, "test": 2.0, "fid": 55.0}]
    other["windows"]["training images"]["nats"] = 30.0
    assert verdicts(claims.quality(other)) == [False] * 5
    other["runs"] = other["runs"][1:]
    assert len(claims.quality(other)) == 4  # two runs have an order of their own


def test_the_finding_follows_the_numbers() -> None:
    record = constructed()
    assert claims.finding(record) == (
        "Over the 3 of 5 runs that have a likelihood (exact and lower bound), Spearman's ρ of bits per dimension and "
        "FID is 0.50, where 1 is the same order. Replacing 99% of a model's samples by noise takes its FID from 200 to "
        "1400 and its bits per dimension from 2.40 to 2.50."
    )
    record["runs"][1]["fid"] = [2000.0]
    record["runs"][2]["fid"] = [50.0]
    record["mixture"]["mixture"]["fid"] = 1200.0
    assert "is −0.50, where" in claims.finding(record)
    assert "from 200 to 1200" in claims.finding(record)
    record["runs"] = record["runs"][1:]  # two runs have an order of their own
    assert claims.finding(record).startswith("Replacing 99% of a model's samples by noise")


def test_claims_on_inference_and_pictures_follow_the_numbers() -> None:
    record = inference()
    made = claims.inference(record)
    assert verdicts(made) == [True] * 7
    assert "the encoder costs 67% of the 1.50 between its bound and log P" in made[0].measured
    assert "2.50 ± 0.20 (the encoder's) and 0.75 ± 0.10 (each image's own); R̂ is at most 1.02" in made[1].measured
    assert "They are 0.90 times the posterior's, the encoder's 0.80 times; correlations are 0.30" in made[2].measured
    assert "the gap is 0.25 ± 0.10, without it 1.00 ± 0.10 nats an image" in made[3].measured
    assert "changes by +0.50" in made[3].measured
    assert "500 times the variance of the reparameterised one, and 10 times with" in made[5].measured
    record["gap"]["gaps"]["approximation"]["nats"] = -0.1
    record["gap"]["posterior"]["gaussians"]["own"] |= {"kl": {"nats": -1.0, "error": 0.1}, "width": 1.1}
    record["regularised"]["gaps"]["amortisation"]["nats"] = 1.5
    rows = record["gradients"]["estimators"]
    rows["score"] |= {"variance": 10.0, "apart": 2.0}
    rows["path"]["variance"] = 3.0
    assert verdicts(claims.inference(record)) == [False] * 7

    record = pictures()
    made = claims.pictures(record)
    assert verdicts(made) == [True, True]
    assert "with 3.0 against 4.0 nats an image; 2 of the 3 coordinates carry more than 0.01 nats" in made[0].measured
    record["models"]["plane"]["error"], record["halfway"]["pixels"] = 0.1, 2.5
    assert verdicts(claims.pictures(record)) == [False, False]


def test_claims_on_anomalies_follow_the_numbers() -> None:
    record = anomaly()
    made = claims.anomaly({"1": record})
    assert verdicts(made) == [False, True, True]
    assert {claim.stage for claim in made} == {"anomaly@1"}
    assert made[0].measured == "0.35 (pixelcnn) and 0.35 (critic)."
    assert made[1].measured == "Fooled: pixelcnn by the left-out class (0.35) and black (0.00)."
    record["detectors"]["pixelcnn"]["auroc"] = dict.fromkeys(figures.SETS, 0.9)
    record["detectors"]["critic"]["auroc"] = dict.fromkeys(figures.SETS, 0.8)
    made = claims.anomaly({"1": record})
    assert verdicts(made) == [True, False, False]
    assert made[1].measured == "Fooled: none."


class Document(HTMLParser):
    """What a page would fetch, where it links to, and whether pictures say what they show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.silent: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if tag == "a" else []
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href") and tag != "a"]
        unsaid = (tag == "img" and not given.get("alt")) or (given.get("role") == "img" and not given.get("aria-label"))
        self.silent += [tag] if unsaid else []


def test_the_page_is_whole_and_asks_for_nothing() -> None:
    text = page.page(studies(), options.load(), "digits")
    document = Document(text)
    assert document.fetched
    assert all(address.startswith("data:") for address in document.fetched)
    assert {link.removeprefix("#") for link in document.links} <= set(document.ids)
    assert len(document.ids) == len(set(document.ids))
    assert not document.silent
    assert f'<p class="finding">{escape(claims.finding(constructed()))}</p>' in text
    assert "noise&lt;i&gt;" in text
    assert "noise<i>" not in text
    assert "≤ 2.400" in text
    for claim in (
        *claims.marginal(marginal()),
        *claims.annealed(annealed()),
        *claims.inference(inference()),
        *claims.pictures(pictures()),
        *claims.rate(rate()),
    ):
        assert str(escape(claim.measured)) in text


def test_claims_on_bits_follow_the_numbers() -> None:
    record = rate()
    assert verdicts(claims.rate(record)) == [True, True, True]
    assert "It is 0.300 at 9.0 bits against 0.400 at 4.0" in claims.rate(record)[1].measured
    record["sizes"]["5"][1] |= {"bits": 2.5, "error": 0.6}
    assert verdicts(claims.rate(record)) == [False, False, False]
    assert len(figures.rate(record).series) == 4


def test_charts_keep_what_is_far_below_out_of_sight() -> None:
    chart = figures.estimates(marginal())
    prior = next(one for one in chart.series if one.name == figures.ESTIMATORS["prior"])
    assert len(prior.dots) == 1
    assert chart.y.low < -103 < chart.y.high


def test_labels_do_not_lie_on_each_other() -> None:
    crowd = [(100.0, 100.0, "one"), (102.0, 101.0, "two"), (101.0, 99.0, "three"), (399.0, 100.0, "at the edge")]
    record = constructed()
    record["runs"] = [{"run": name, "kind": "exact", "bits": [x], "fid": [y]} for x, y, name in crowd]
    drawn = figures.plane(record)
    boxes = [
        (x - (figures.LETTER * len(name) if side == "end" else 0), y, figures.LETTER * len(name))
        for x, y, side, name in drawn.labels
    ]
    for i, (x, y, width) in enumerate(boxes):
        assert 0 <= x <= x + width <= drawn.chart.x.end
        for other, height, breadth in boxes[i + 1 :]:
            assert x + width <= other or other + breadth <= x or abs(y - height) >= figures.LINE


def test_tables_hold_every_number() -> None:
    assert csv(tables.marginal(marginal())).splitlines()[-1] == "best,2048,-100.5,,"
    rows = csv(tables.quality(constructed()), tables.DIGITS)
    assert "run,pixelcnn,exact,2,105,," in rows
    assert "window,training images,estimate,,,19,0.5" in rows
    assert "run,diverged,,,,," in rows
    rows = csv(tables.annealed(annealed()), tables.DIGITS)
    assert "gan,test,estimate,180,-145.36,0.2" in rows
    assert "vae,own,gap,20,15,0.5" in rows
    assert "vae,test,iwae,,-101.5," in rows
    rows = csv(tables.inference(inference()), tables.DIGITS)
    assert "kl,own,0.75,0.1" in rows
    assert "gap of the regularised,amortisation,0.25,0.1" in rows
    assert "width of the regularised,own,0.9," in rows
    assert "gradient,score,1000," in csv(tables.inference(inference()), tables.DIGITS)
    assert "1,critic,black,0.2" in csv(tables.anomaly({"1": anomaly()}))
    assert csv(tables.pictures(pictures())).count("\n") == 1 + 5
    assert csv(tables.rate(rate())).splitlines()[-1] == "5,1.0,9.0,0.3,0.4"


def test_cells_of_the_benchmark(tmp_path: Path) -> None:
    for seed, diverged in ((0, None), (1, {"step": 3})):
        metrics = {} if diverged else {"fid": 100.0}
        write_json(tmp_path / f"metrics/vae/{seed}-pixels.json", {"diverged": diverged, "metrics": metrics})
        likelihood = None if diverged else {"kind": "lower bound", "bits_per_dimension": 2.5}
        write_json(tmp_path / f"likelihood/vae/{seed}.json", likelihood)
    rows = quality.cells(tmp_path, ["vae"], [0, 1], "pixels")
    assert rows == [{"run": "vae", "kind": "lower bound", "bits": [2.5], "fid": [100.0]}]
    with pytest.raises(InputError, match=r"no such file; `make bench` scores run 'gan', seed 0"):
        quality.cells(tmp_path, ["gan"], [0], "pixels")


def images(n: int, seed: int = 0) -> Images:
    levels = np.round(np.arange(LEVELS) * 255 / (LEVELS - 1)).astype(np.uint8)
    rng = np.random.default_rng(seed)
    return Images(levels[rng.integers(LEVELS, size=(n, 1, 8, 8))], rng.integers(0, 3, n))


class Dark(LikelihoodModel):
    """The darker an image, the more probable."""

    def log_likelihood(self, images: Tensor, *, draws: int, rng: torch.Generator) -> Likelihood:
        return Likelihood(-images.flatten(1).sum(1), "exact", "darkness")

    def sample(self, n: int, *, rng: torch.Generator) -> Tensor:
        return torch.zeros(n, *self.shape)


DETECTION = AnomalyOptions(
    without=[1], draws=1, blur=0.1, dimmed=0.5, detectors={"pixel_histogram": {"model": "pixel_histogram"}}
)
ABOUT = About("digits", (1, 8, 8), ("0", "1", "2"), LEVELS, {})
SPLITS = {name: images(60, seed) for seed, name in enumerate(("train", "validation", "reference", "held_out"))}
BUDGET = TrainOptions(steps=2, batch=8, ema=0.9, log_every=1, grid_every=2)


def test_every_set_is_on_the_grey_levels_and_apart_from_what_was_seen() -> None:
    sets = detection.others(ABOUT, SPLITS, 1, DETECTION, 0)
    assert list(sets) == list(figures.SETS)
    levels = {round(k * 255 / (LEVELS - 1)) for k in range(LEVELS)}
    for name, pixels in sets.items():
        assert pixels.dtype == np.uint8, name
        assert set(np.unique(pixels).tolist()) <= levels, name
    assert len(sets["held_out"]) == sum((of.labels == 1).sum() for of in SPLITS.values())
    assert len(sets["own"]) == (SPLITS["reference"].labels != 1).sum()
    np.testing.assert_array_equal(np.sort(sets["shuffled"].reshape(-1, 64)), np.sort(sets["own"].reshape(-1, 64)))
    dark = Dark((1, 8, 8))
    scores = {name: detection.scores(dark, pixels, 1, 0) for name, pixels in sets.items()}
    assert scores["black"].max() < min(scores["own"].min(), scores["constant"].min())
    assert (scores["dimmed"] < scores["own"]).all()


def test_a_study_of_even_noise_finds_noise_to_be_its_own() -> None:
    record, some = detection.study(ABOUT, SPLITS, 1, DETECTION, BUDGET, 0)
    areas = record["detectors"]["pixel_histogram"]["auroc"]
    assert areas["noise"] == pytest.approx(0.5, abs=0.12)
    assert areas["held_out"] == pytest.approx(0.5, abs=0.12)
    assert set(some) == set(figures.SETS)
    with pytest.raises(InputError, match=r"anomaly\.without: expected the label of some images and not of all, got 7"):
        detection.study(ABOUT, SPLITS, 7, DETECTION, BUDGET, 0)
    held = DETECTION.model_copy(update={"detectors": {"copies": {"model": "memoriser"}}})
    with pytest.raises(InputError, match=r"expected models with a likelihood or a critic, got Memoriser"):
        detection.study(ABOUT, SPLITS, 1, held, BUDGET, 0)


def test_pictured_images_are_of_all_classes() -> None:
    one = images(60)
    assert one.labels[codes.distinct(one, 6)].tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("marginal", "counts"), [1, 3, 4], r"marginal\.counts: should rise, each a divisor of the last"),
        (("marginal", "model"), "vaes", r"unknown marginal\.model: model 'vaes'; did you mean 'vae'"),
        (("inference", "model"), "gan", r"inference\.model: expected a vae, gan is a gan"),
        (("annealed", "gan"), "vae", r"annealed\.gan: expected a gan, vae is a vae"),
        (("annealed", "model"), "gan", r"annealed\.model: expected a vae, gan is a gan"),
        (("annealed", "steps"), [20, 20], r"annealed\.steps: should rise"),
        (("annealed", "noise"), 0, r"annealed\.noise.*greater than 0"),
        (("inference", "regularised"), "vae", r"inference\.regularised: expected a denoising_vae, vae is a vae"),
        (("inference", "hmc"), {"chains": 1}, r"inference\.hmc"),
        (("pictures", "plane"), "vae", r"pictures\.plane: expected a vae of latent: 2, vae has 8"),
        (("quality", "share"), 1.5, r"quality\.share.*less than 1"),
        (("inference", "codes"), 1, r"inference\.codes.*greater than or equal to 2"),
        (("anomaly", "without"), [], r"anomaly\.without"),
        (("anomaly", "wihtout"), 1, r"unknown .*params.yaml: anomaly: option 'wihtout'"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_params_that_are_wrong_are_refused_in_a_line(
    tmp_path: Path, keys: tuple[str, str], value: Any, message: str
) -> None:
    assert_refused(options.load, options.PARAMS, tmp_path, keys, value, message)


def small() -> dict[str, Any]:
    """The study's params with every budget cut, for few images."""
    values = read(options.PARAMS)
    values["train"] |= {"steps": 2, "batch": 8, "log_every": 1, "grid_every": 2}
    values["marginal"] |= {"images": 2, "counts": [1, 4], "repeats": 2}
    values["quality"] |= {"draws": 1, "images": 20, "slips": [0.001, 0.5], "windows": 20, "bandwidths": [0.1, 0.3]}
    values["annealed"] |= {"images": 2, "chains": 2, "leapfrogs": 1, "tuning": 2, "steps": [1, 2], "codes": 4}
    values["inference"] |= {"images": 2, "steps": 2, "test": 4, "batch": 2, "repeats": 4, "codes": 2}
    values["inference"]["hmc"] = {"chains": 2, "burn": 1, "kept": 2, "leapfrogs": 1}
    histogram = {"pixel_histogram": {"model": "pixel_histogram"}}
    values["anomaly"] |= {"without": [1], "draws": 1, "detectors": histogram}
    values["rate"]["model"] |= {"steps": 2}
    values["pictures"] |= {"images": 4, "columns": 3, "traversal": [-1, 1], "side": 3}
    return values


@pytest.mark.soak
def test_the_pipeline_runs_beside_the_benchmark(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "copy")
    laboratory, pipeline, params = project.laboratory, "likelihood/dvc.yaml", project.path / options.PARAMS
    params.write_text(json.dumps(small()), encoding="utf-8")
    studies = ("marginal", "annealed", "quality_vs_likelihood", "inference", "anomaly@1", "pictures", "rate")
    models = tuple(f"model@{name}" for name in small()["models"])
    every = {f"{pipeline}:{stage}" for stage in ("fingerprint", *models, *studies, "page")}
    assert laboratory.repro(pipeline) == every
    text = (project.path / paths.REPORTS / "index.html").read_text(encoding="utf-8")
    assert "vae" in text
    assert laboratory.repro(pipeline) == {f"{pipeline}:fingerprint"}

    other = small()
    other["anomaly"]["dimmed"] = 0.25
    params.write_text(json.dumps(other), encoding="utf-8")
    assert laboratory.repro(pipeline) == {f"{pipeline}:{stage}" for stage in ("fingerprint", "anomaly@1", "page")}
