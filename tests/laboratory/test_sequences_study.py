"""The claims made of records written by hand, the page as a document that asks for nothing, and its pipeline."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from genbench.errors import InputError
from genbench.files.section import read
from genbench.report.frames import csv
from laboratory.claims import Claim
from laboratory.sequences import bounds, claims, figures, gradients, learning, options, page, paths, tables
from laboratory.sequences.options import Options
from tests.laboratory.test_likelihood_page import Document
from tests.support.clone import Clone

COUNTS = [1, 4, 16]


def row(*mean: float) -> dict[str, list[float]]:
    return {"mean": list(mean), "error": [0.1] * len(mean), "sd": [1.0] * len(mean)}


def space(**changes: Any) -> dict[str, Any]:
    """A space of log P(y) = −10 and four steps."""
    best = {"iwae": row(-14, -12, -11), "fivo": row(-14, -12, -10.5), "aesmc": row(-14, -12.2, -10.5)}
    made = {
        "steps": 4,
        "states": 2,
        "observed": 1,
        "truth": "Kalman's filter",
        "exact": -10.0,
        "proposals": {
            "prior": {"iwae": row(-40, -30, -20), "fivo": row(-40, -25, -12), "aesmc": row(-40, -24, -11)},
            "optimal": best,
        },
        "gaps": {"iwae": row(1, 3, 6, 10), "fivo": row(1, 1, 1.5, 2), "aesmc": row(1, 1, 1, 1)},
    }
    return {**made, **changes}


def record_of_bounds() -> dict[str, Any]:
    plain = space(truth="quadrature")
    del plain["proposals"]["optimal"]
    return {"counts": COUNTS, "followed": 4, "spaces": {"wide": space(), "vol_atile": plain}}


def record_of_gradients() -> dict[str, Any]:
    def estimate(*mean: float) -> dict[str, list[float]]:
        return {"mean": list(mean), "error": [0.1] * len(mean)}

    def of(variance: list[float], signal: list[float], bias: list[float] | None = None) -> dict[str, Any]:
        none = [None] * len(variance)
        return {"variance": variance, "signal": signal, "bias": bias or none, "apart": bias or none}

    return {
        "repeats": 100,
        "group": 2,
        "tiny": {
            "names": ["μ₁", "μ₂"],
            "bound": -5.0,
            "exact": [1.0, 2.0],
            "without": [-1.0, 2.0],
            "estimators": {"without": estimate(-1.1, 2.1), "score": estimate(1.2, 1.9), "baseline": estimate(1.1, 2.0)},
        },
        "spread": {
            "space": "wide",
            "counts": [2, 8],
            "estimators": {
                "without": of([4.0, 1.0], [2.0, 1.5], [1.0, 0.5]),
                "score": of([400.0, 1000.0], [2.0, 0.0]),
                "baseline": of([40.0, 50.0], [3.0, 2.0]),
                "iwae": of([4.0, 4.0], [2.0, 1.0]),
            },
        },
    }


def learned(gaps: dict[str, float], *, attainable: bool, own: bool = True) -> dict[str, Any]:
    """A space of log P(y) = −10 in which each objective ends so far below it, under its own bound or under all."""
    under = {
        by: {
            method: {"mean": -10 - (max(gap, gaps[method]) if own else gap), "error": 0.01, "sd": 0.1}
            for method in bounds.METHODS
        }
        for by, gap in {"prior": 9.0, **gaps}.items()
    }
    curves = {by: [-12.0, -10 - gap] for by, gap in gaps.items()}
    return {"exact": -10.0, "attainable": attainable, "curves": curves, "measured": under}


def record_of_learning() -> dict[str, Any]:
    chain = {"elbo": 0.01, "iwae": 0.02, "fivo": 0.5, "aesmc": 0.6, "aesmc_score": 0.9}
    wide = {"elbo": 3.0, "iwae": 2.0, "fivo": 1.0, "aesmc": 1.0, "aesmc_score": 1.5}
    spaces = {"chain": learned(chain, attainable=True), "wide": learned(wide, attainable=False)}
    return {"particles": 4, "group": 2, "looks": [10, 20], "spaces": spaces}


def verdicts(made: list[Claim]) -> list[bool]:
    return [claim.holds for claim in made]


def test_claims_on_bounds_follow_the_numbers() -> None:
    made = claims.bounds(record_of_bounds())
    assert verdicts(made) == [True] * 7
    assert made[0].measured == "This is so for 27 of 27 means."
    assert "10.000 (IWAE), 2.000 (FIVO) and 1.000 (AESMC, VSMC) for wide; 10.000" in made[3].measured
    assert "from 2.00 to 8.00 (wide) and from 2.00 to 8.00 (vol atile) nats" in made[4].measured

    other = record_of_bounds()
    wide = other["spaces"]["wide"]
    wide["proposals"]["prior"]["iwae"] = row(-39, -9, -20)
    wide["proposals"]["prior"]["fivo"] = row(-40, -25, -21)
    wide["proposals"]["optimal"]["fivo"] = row(-14, -12.9, -30)
    wide["gaps"]["fivo"] = row(1, 1, 1.5, 8)
    made = claims.bounds(other)
    assert verdicts(made) == [False] * 7
    assert "26 of 27, not for IWAE of wide (prior), N = 4 means" in made[0].measured
    assert "IWAE of wide (prior) from N = 4 to 16" in made[1].measured
    assert "8 of 9" not in made[6].measured
    del other["spaces"]["wide"]
    assert len(claims.bounds(other)) == 5  # no proposal looks at y_t


def test_claims_on_gradients_follow_the_numbers() -> None:
    made = claims.gradients(record_of_gradients())
    assert verdicts(made) == [True] * 5
    assert "the bias is in μ₁ (" in made[1].expected
    assert "Exactly, the mean is μ₁ −1.000 for 1.000; drawn means are within" in made[1].measured
    assert "multiplies the variance by 1,000, and by 50 with a baseline" in made[2].measured
    assert "1 of 3 and 0.5 of 2 from N = 2 to 8" in made[3].measured
    assert "from 1.00 at N = 2 to 0.50 at N = 8, by a factor of 0.50" in made[4].measured

    other = record_of_gradients()
    other["tiny"]["estimators"] |= {"score": {"mean": [1.4, 2.0], "error": [0.1, 0.1]}}
    other["tiny"]["estimators"] |= {"without": {"mean": [-1.0, 3.0], "error": [0.1, 0.1]}}
    rows = other["spread"]["estimators"]
    rows["without"]["variance"] = [50.0, 1.0]
    rows["iwae"]["signal"] = [1.0, 2.0]
    made = claims.gradients(other)
    assert verdicts(made) == [False] * 5
    assert "drawn means are not within" in made[1].measured


def test_claims_on_learning_follow_the_numbers() -> None:
    made = claims.learning(record_of_learning())
    assert verdicts(made) == [True] * 6
    assert "0.60 and 0.90 (chain) and 1.00 and 1.50 (wide)" in made[3].measured
    assert "0.020 (IWAE), 0.500 (FIVO) and 0.600 (AESMC, VSMC) for chain" in made[4].measured
    other = record_of_learning()
    other["spaces"] = {
        "chain": learned(dict.fromkeys(learning.OBJECTIVES, -0.5) | {"aesmc": 0.6}, attainable=True, own=False),
        "wide": learned(dict.fromkeys(learning.OBJECTIVES, 9.0), attainable=False),
    }
    made = claims.learning(other)
    assert verdicts(made) == [False] * 6
    assert made[2].measured == "This is so for 5 of 6, not for AESMC, VSMC of chain (by ELBO, by 1.10 nats)."
    del other["spaces"]["wide"]
    assert len(claims.learning(other)) == 5


def test_the_finding_follows_the_numbers() -> None:
    record, learnt = record_of_bounds(), record_of_learning()
    assert claims.finding(record, learnt) == (
        "On 2 sequences, with N particles from the prior, IWAE, which never resamples, is 30 nats below log P(y) at "
        "N = 1 and 10 at N = 16, where AESMC and VSMC, which resample at every step, are 1.00 below. With a proposal "
        "learned by each bound itself and N = 4, IWAE is 0.02 to 2.00 below, AESMC and VSMC 0.60 to 1.00."
    )
    record["spaces"]["wide"]["proposals"]["prior"]["iwae"] = row(-3010, -30, -14)
    record["spaces"]["wide"]["proposals"]["prior"]["aesmc"] = row(-40, -24, -9.75)
    del learnt["spaces"]["wide"]
    found = claims.finding(record, learnt)
    assert "is 30 to 3,000 nats below log P(y) at N = 1 and 4.00 to 10 at N = 16" in found
    assert "are −0.25 to 1.00 below" in found
    assert "IWAE is 0.02 below, AESMC and VSMC 0.60." in found
    del record["spaces"]["vol_atile"]
    assert claims.finding(record, learnt).startswith("On 1 sequence, with")


def studies() -> page.Studies:
    return page.Studies(bounds=record_of_bounds(), gradients=record_of_gradients(), learning=record_of_learning())


def test_the_page_is_whole_and_asks_for_nothing() -> None:
    text = page.page(studies(), options.load())
    document = Document(text)
    assert all(address.startswith("data:") for address in document.fetched)
    assert {link.removeprefix("#") for link in document.links} <= set(document.ids)
    assert len(document.ids) == len(set(document.ids))
    assert not document.silent
    finding = claims.finding(record_of_bounds(), record_of_learning())
    assert f'<p class="finding">{escape(finding)}</p>' in text
    assert "vol atile, 4 steps of 2 hidden numbers, 1 seen, log P(y) = −10.000 by quadrature." in " ".join(text.split())
    for made in page.claims_of(studies()).values():
        for claim in made:
            assert str(escape(claim.measured)) in text


def test_gaps_within_chance_are_left_out_of_charts() -> None:
    record = record_of_bounds()
    record["spaces"]["wide"]["proposals"]["prior"]["fivo"] = row(-40, -12, -9.95)
    chart = figures.gaps(record, "wide", "prior")
    points = {one.name: " ".join(one.lines).split() for one in chart.series}
    assert (len(points["IWAE"]), len(points["FIVO"])) == (3, 2)
    assert figures.ratio(record_of_gradients()["spread"]["estimators"]["score"]) == [0.1, None]


def test_tables_hold_every_number() -> None:
    lines = csv(tables.bounds(record_of_bounds()), tables.DIGITS).splitlines()
    assert len(lines) == 1 + 27
    assert "wide,optimal,aesmc,4,-10,-12.2,0.1,1" in lines
    text = csv(tables.gradients(record_of_gradients()), tables.DIGITS)
    assert "tiny,exact,μ₁,1," in text
    assert 'spread,without,"bias, N = 8",0.5,' in text
    assert 'spread,iwae,"bias' not in text
    assert "chain,fivo,iwae,-10,-10.5,0.01,0.1" in csv(tables.learning(record_of_learning()), tables.DIGITS)


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("bounds", "counts"), [1, 4, 2], r"bounds\.counts: should rise"),
        (("bounds", "followed"), 3, r"bounds\.followed: expected one of counts, got 3"),
        (("gradients", "space"), "lineer", r"unknown gradients\.space: space 'lineer'; did you mean 'linear'"),
        (("gradients", "counts"), [1, 2], r"gradients\.counts\.0.*greater than or equal to 2"),
        (("learning", "spaces"), ["wide"], r"unknown learning\.spaces: space 'wide'"),
        (("learning", "look"), 30, r"learning\.look: expected a divisor of 400, got 30"),
        (("spaces", "linear"), "linear_gauss", r"unknown spaces\.linear: space 'linear_gauss'"),
        (
            ("spaces", "linear"),
            {"name": "linear_gaussian", "steps": 2, "states": 1, "observed": 2, "alpha": 0.5},
            r"observed: expected at most the 1 states, got 2",
        ),
        (
            ("spaces", "volatility"),
            {"name": "stochastic_volatility", "steps": 2, "persistence": 1.0, "noise": 1.0, "scale": 1.0},
            r"spaces\.volatility\.persistence.*less than 1",
        ),
        (("learning", "partciles"), 1, r"unknown .*params.yaml: learning: option 'partciles'"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_params_that_are_wrong_are_refused_in_a_line(
    tmp_path: Path, keys: tuple[str, str], value: Any, message: str
) -> None:
    values = read(options.PARAMS)
    values[keys[0]][keys[1]] = value
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        options.load(path)
    assert "\n" not in str(caught.value)


def small() -> dict[str, Any]:
    """The study's params with every budget cut."""
    values: dict[str, Any] = read(options.PARAMS)
    for one in values["spaces"].values():
        one["steps"] = 3
    values["bounds"] |= {"counts": [1, 2, 4], "draws": 16, "followed": 4}
    values["gradients"] |= {"counts": [2, 4], "repeats": 8}
    values["gradients"]["tiny"] |= {"nodes": 4, "repeats": 8}
    values["learning"] |= {"steps": 4, "look": 2, "test": 8}
    return values


def test_studies_give_the_same_numbers_again_and_a_page_of_them() -> None:
    o = Options.parse(small(), "small:")
    made = [
        {
            "bounds": bounds.study(o.made(), o.bounds, o.seed),
            "gradients": gradients.study(o.made(), o.gradients, o.seed),
            "learning": learning.study(o.made(), o.learning, o.seed),
        }
        for _ in range(2)
    ]
    assert made[0] == made[1]
    other = bounds.study(o.made(), o.bounds, o.seed + 1)
    assert other["spaces"]["chain"]["exact"] != made[0]["bounds"]["spaces"]["chain"]["exact"]
    alone = deepcopy(small())
    del alone["spaces"]["linear"], alone["spaces"]["volatility"]
    alone["gradients"]["space"], alone["learning"]["spaces"] = "chain", ["chain"]
    chosen = Options.parse(alone, "small:")
    assert bounds.study(chosen.made(), o.bounds, o.seed)["spaces"]["chain"] == made[0]["bounds"]["spaces"]["chain"]
    records = json.loads(json.dumps(made[0], allow_nan=False))
    assert "</html>" in page.page(page.Studies(**records), o)


@pytest.mark.soak
def test_the_pipeline_runs_apart_from_the_benchmark(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "copy")
    laboratory, pipeline, params = project.laboratory, "sequences/dvc.yaml", project.path / options.PARAMS
    params.write_text(json.dumps(small()), encoding="utf-8")
    every = {f"{pipeline}:{stage}" for stage in ("fingerprint", "bounds", "gradients", "learning", "page")}
    assert laboratory.repro(pipeline) == every
    assert "</html>" in (project.path / paths.REPORTS / "index.html").read_text(encoding="utf-8")
    assert laboratory.repro(pipeline) == {f"{pipeline}:fingerprint"}

    other = small()
    other["learning"]["lr"] = 0.1
    params.write_text(json.dumps(other), encoding="utf-8")
    assert laboratory.repro(pipeline) == {f"{pipeline}:{stage}" for stage in ("fingerprint", "learning", "page")}
