"""The claims made of records written by hand, the page's formulas, and the page as a file that asks for nothing."""

from __future__ import annotations

import json
import math
from csv import DictReader
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from genbench.errors import InputError
from genbench.files.section import read
from genbench.find import find, members
from genbench.report.axes import LogAxis
from genbench.report.frames import csv
from genbench.report.labels import LETTER
from laboratory.claims import Claim
from laboratory.divergences import catalogue, claims, figures, formula, options, page, paths, pictures, tables
from tests.support.clone import ROOT, Clone


def fit(mean: float, sd: float, *, bound: float = 0.1, value: float | None = 0.12) -> dict[str, Any]:
    return {"mean": mean, "sd": sd, "bound": {"value": bound, "error": 0.01}, "value": value, "diverged": None}


def univariate() -> dict[str, Any]:
    """Kullback-Leibler as it should be; Pearson off by 0.06, its bound above, and beaten under itself."""
    rows = {
        "kullback_leibler": {
            "title": "Kullback-Leibler",
            "module": "kullback_leibler",
            "optima": [{"mean": 1.01, "sd": 1.83110, "value": 0.28}, {"mean": -1.0, "sd": 0.3, "value": 0.9}],
            "fit": fit(1.02, 1.84),
        },
        "pearson": {
            "title": "Pearson χ²",
            "module": "pearson",
            "optima": [{"mean": 0.57, "sd": 1.93, "value": 0.65}],
            "fit": fit(0.63, 1.93, bound=0.2),
        },
    }
    optimum = {"kullback_leibler": {"kullback_leibler": 0.0, "pearson": 0.1}}
    optimum["pearson"] = {"kullback_leibler": 0.05, "pearson": 0.0}
    beaten = {"kullback_leibler": {"kullback_leibler": 0.001, "pearson": 0.01}}
    beaten["pearson"] = {"kullback_leibler": 0.04, "pearson": 0.03}
    target = {"weights": [0.33, 0.67], "means": [-1.0, 2.0], "sds": [0.255, 1.415]}
    return {"target": target, "divergences": rows, "cross": {"optimum": optimum, "fit": beaten}}


def estimate() -> dict[str, Any]:
    def one(value: float | None) -> dict[str, Any]:
        return {"value": value, "error": None if value is None else 0.01, "diverged": None}

    row = {
        "title": "Kullback-Leibler",
        "module": "kullback_leibler",
        "at_one": 0.0,
        "exact": [0.125, 2.0],
        "best": [one(0.124), one(1.2)],
        "trained": {"1": [one(0.12), one(1.0)], "8": [one(0.2), one(None)]},
    }
    return {"distances": [0.5, 2.0], "dimensions": [1, 8], "test": 100, "divergences": {"kullback_leibler": row}}


def dirac() -> dict[str, Any]:
    games = {
        "nothing": {"verdict": "circles", "eigenvalues": [[0.0, 0.5], [0.0, -0.5]]},
        "gradient_penalty": {"verdict": "never rests", "eigenvalues": None},
        "r1": {"verdict": "settles", "eigenvalues": [[-0.25, 0.433], [-0.25, -0.433]]},
    }
    path = {"places": [[1.0, 0.5], [0.5, -0.2], [0.1, 0.1]], "rate": -0.24, "last": 0.2}
    return {
        "weight": 0.5,
        "objectives": {"minimax": {"title": "minimax", "offset": 0.0, "games": games}},
        "paths": {"minimax": {"nothing": {**path, "rate": 0.0}, "r1": path}},
    }


def vanishing() -> dict[str, Any]:
    row = {"title": "Jensen-Shannon", "module": "jensen_shannon", "values": [0.4, math.log(4)], "slopes": [0.5, 1e-9]}
    critic = {"title": "minimax", "slopes": {"2": [-0.5, -1e-6]}, "shape": [0.0, 0.5, 1.0]}
    return {
        "sd": 0.25,
        "thetas": [0.5, 4.0],
        "exact": {"jensen_shannon": row},
        "wasserstein": {"values": [0.5, 4.0], "slopes": [1.0, 1.0]},
        "looks": [10, 100],
        "pictured": 2.0,
        "grid": [-1.0, 0.0, 1.0],
        "critics": {"minimax": critic},
    }


def score(seed: int, captured: int, w2: float) -> dict[str, Any]:
    return {"seed": seed, "diverged": None, "captured": captured, "quality": 0.5, "kl": 0.1, "w2": w2}


def grid() -> dict[str, Any]:
    lost = {"seed": 1, "diverged": {"step": 50, "reason": "loss of critic is nan"}}
    games = {
        "non_saturating": {"title": "non saturating", "seeds": [score(0, 20, 0.5), score(1, 22, 0.6)]},
        "wgan": {"title": "<wgan>", "seeds": [score(0, 25, 0.2), lost]},
    }
    cures = {
        "nothing": {"title": "nothing", "seeds": [score(0, 20, 0.5), score(1, 22, 0.6)]},
        "unrolled critic": {"title": "unrolled critic", "seeds": [score(0, 19, 0.7), score(1, 20, 0.6)]},
    }
    return {"modes": 25, "floor": [score(0, 25, 0.1)], "games": games, "cures": cures}


def truncation() -> dict[str, Any]:
    def row(psi: float | None, precision: float, recall: float) -> dict[str, Any]:
        return {"psi": psi, "precision": precision, "recall": recall, "precision_se": 0.01, "recall_se": 0.01}

    rows = {"nsgan": [row(0.5, 0.9, 0.2), row(None, 0.7, 0.6)], "vae": [row(0.5, 0.6, 0.2), row(None, 0.7, 0.1)]}
    return {"psis": [0.5, None], "images": 10, "k": 3, "floor": row(None, 0.9, 0.9), "generators": rows}


def studies() -> page.Studies:
    points = np.random.default_rng(0).uniform(-1, 1, (50, 2)).astype(np.float16)
    drawn = {
        f"{part}/{label}/{step}": points for part in ("games", "cures") for label in grid()[part] for step in (5, 10)
    }
    images = {
        f"{name}/{psi}": np.zeros((16, 1, 8, 8), np.uint8) for name in ("nsgan", "vae") for psi in ("0.5", "None")
    }
    return page.Studies(
        univariate=univariate(),
        estimate=estimate(),
        dirac=dirac(),
        vanishing=vanishing(),
        modes={"grid": (grid(), {"target": points, **drawn})},
        truncation=(truncation(), images),
    )


def verdicts(made: list[Claim]) -> list[bool]:
    return [claim.holds for claim in made]


def test_claims_on_fits_follow_the_numbers() -> None:
    made = claims.univariate(univariate())
    assert verdicts(made) == [True, True, False, False, False]
    assert "1 of 2, not for Pearson χ² (off by 0.06)" in made[2].measured
    assert "1 of 2, not for Pearson χ²." in made[3].measured
    assert "1 of 2, not for Pearson χ² (by Kullback-Leibler, by 0.02)" in made[4].measured
    assert claims.moments(univariate()["target"]) == pytest.approx((1.01, 1.8311), abs=1e-4)


def test_claims_on_perfect_fits_hold_and_fail_one_by_one_as_each_is_spoilt() -> None:
    record = univariate()
    rows = record["divergences"]
    rows["reverse_kullback_leibler"] = {
        **rows.pop("pearson"),
        "title": "Reverse Kullback-Leibler",
        "optima": [{"mean": 1.58, "sd": 1.63, "value": 0.25}, {"mean": -0.955, "sd": 0.317, "value": 0.99}],
        "fit": fit(1.58, 1.63),
    }
    for part in ("optimum", "fit"):
        record["cross"][part] = {
            of: {by: float(of != by) for by in rows} for of in ("kullback_leibler", "reverse_kullback_leibler")
        }
    made = claims.univariate(record)
    assert verdicts(made) == [True] * 6
    assert "(μ = −0.955, σ = 0.317, D = 0.990)" in made[1].measured
    rows["kullback_leibler"]["optima"][0]["mean"] = 1.02
    rows["reverse_kullback_leibler"]["optima"].pop()
    record["cross"]["optimum"]["kullback_leibler"]["reverse_kullback_leibler"] = -1e-6
    assert verdicts(claims.univariate(record)) == [False, False, False, True, True, True]


def test_the_finding_follows_the_numbers() -> None:
    fits, games = univariate(), dirac()
    assert claims.finding(fits, games) == (
        "A game that sees samples alone comes within 0.05 of the mean and the standard deviation of the best Gaussian "
        "under 1 of 2 divergences; under Pearson χ² it ends farthest off, by 0.06. In the Dirac-GAN, none of 1 "
        "objectives settle at the solution without a penalty, and all 1 with R1."
    )
    fits["divergences"]["kullback_leibler"]["fit"]["diverged"] = {"step": 7, "reason": "loss of critic is inf"}
    fits["divergences"]["pearson"]["fit"] = fit(0.58, 1.93)
    games["objectives"]["wgan"] = {"games": games["objectives"]["minimax"]["games"] | {"r1": {"verdict": "circles"}}}
    assert "under 1 of 2 divergences; under Kullback-Leibler it diverges." in claims.finding(fits, games)
    assert "none of 2 objectives settle at the solution without a penalty, and 1 of 2 with R1" in claims.finding(
        fits, games
    )


def test_a_study_without_a_part_has_a_finding_of_the_others() -> None:
    bare = {"objectives": {"minimax": {"games": {"nothing": {"verdict": "circles"}}}}}
    assert claims.finding(univariate(), bare).endswith("it ends farthest off, by 0.06.")
    assert claims.finding({"divergences": {}}, dirac()).startswith("In the Dirac-GAN, none of 1")


def test_claims_on_bounds_follow_the_numbers() -> None:
    made = claims.estimate(estimate())
    assert verdicts(made) == [False, False, True]
    assert "3 of 4, not for Kullback-Leibler (D = 8, δ = 0.5); 1 diverged or overflowed." in made[0].measured
    assert "73% in D = 1 and 160% in D = 8" in made[1].measured
    assert "Kullback-Leibler (60%)" in made[2].measured
    exact = estimate()
    row = exact["divergences"]["kullback_leibler"]
    for estimates in (row["best"], *row["trained"].values()):
        estimates[:] = [{"value": value, "error": 0.0, "diverged": None} for value in row["exact"]]
    assert verdicts(claims.estimate(exact)) == [True, True, False]


def test_claims_on_eigenvalues_follow_the_numbers() -> None:
    record = dirac()
    assert verdicts(claims.dirac(record)) == [True, True, False, True]  # 0.433 is √3/4 to three digits only
    games = record["objectives"]["minimax"]["games"]
    games["r1"]["eigenvalues"] = [[-0.25, math.sqrt(3) / 4], [-0.25, -math.sqrt(3) / 4]]
    assert verdicts(claims.dirac(record)) == [True] * 4
    games["nothing"]["verdict"], games["gradient_penalty"]["verdict"] = "settles", "circles"
    record["paths"]["minimax"]["r1"]["rate"] = -0.1
    made = claims.dirac(record)
    assert verdicts(made) == [False, False, True, False]
    assert made[1].measured == "Of 1 objectives, the verdict is “circles” for 1."


def test_claims_on_parted_supports_follow_the_numbers() -> None:
    record = vanishing()
    row: dict[str, Any] = {"title": "KL", "module": "kullback_leibler", "values": [2.0, 128.0], "slopes": [8.0, 64.0]}
    record["exact"]["kullback_leibler"] = row
    record["critics"] |= {
        name: {"title": name, "slopes": {"4": [1.0, last]}, "shape": None}
        for name, last in (("non-saturating", 1.0), ("f-GAN, Kullback-Leibler", 63.0), ("WGAN-GP", 1.2))
    }
    assert verdicts(claims.vanishing(record)) == [True] * 6
    record["exact"]["jensen_shannon"]["slopes"][-1] = 0.5
    row["slopes"][0] = 9.0
    for critic, last in zip(record["critics"].values(), (-0.5, 0.9, None, 64.0), strict=True):
        critic["slopes"] = {"4": [1.0, last]}
    made = claims.vanishing(record)
    assert verdicts(made) == [False] * 6
    assert "1 after 10 steps of the critic and an overflow after 100" in made[4].measured


def test_claims_on_modes_follow_the_numbers() -> None:
    record = grid()
    made = claims.modes({"grid": record})
    assert [claim.stage for claim in made] == ["modes@grid"] * len(made)
    assert verdicts(made) == [False, True, False, True, False]
    assert "1 of 2, not for non saturating (21.0)" in made[0].measured
    assert "1 of 2, not for <wgan>" in made[2].measured
    assert "21.0 against 25.0 of 25" in made[3].measured
    assert made[4].measured == "More with 0 of 1 changes: none. Not nearer by W2: unrolled critic."
    record["games"]["non_saturating"]["seeds"] = [score(0, 25, 0.05)]
    record["games"]["wgan"]["seeds"].pop()
    record["cures"]["unrolled critic"]["seeds"] = [score(0, 25, 0.2)]
    assert verdicts(claims.modes({"grid": record})) == [True, False, True, False, True]


def test_the_claim_on_packs_follows_the_numbers() -> None:
    record = grid()
    del record["cures"]["unrolled critic"]
    for count, captured in (("two", 23), ("three", 25)):
        title = f"packs of {count}"
        record["cures"][title] = {"title": title, "seeds": [score(0, captured, 0.4), score(1, captured, 0.4)]}
    made = claims.modes({"ring": record})[-1]
    assert made.holds
    assert made.expected.startswith("More than the 21.0 of 25 modes")
    assert made.measured == "With packs of two 23.0 and packs of three 25.0 are captured."
    record["cures"]["packs of two"]["seeds"] = [score(0, 21, 0.4)]
    assert not claims.modes({"ring": record})[-1].holds


def test_claims_on_truncation_follow_the_numbers() -> None:
    assert verdicts(claims.truncation(truncation())) == [True, False]


def test_a_diverged_fit_is_told_and_breaks_nothing() -> None:
    record = univariate()
    lost = {key: None for key in ("mean", "sd", "bound", "value")}
    record["divergences"]["pearson"]["fit"] = {**lost, "diverged": {"step": 7, "reason": "loss of critic is inf"}}
    del record["cross"]["fit"]["pearson"]
    assert "Pearson χ² (diverged)" in claims.univariate(record)[2].measured
    assert figures.plane(record).series[1].lines == []
    assert [name for name, _ in figures.names(figures.plane(record))] == ["Kullback-Leibler", "Pearson χ²"]
    assert "pearson,0.65" in csv(tables.divergences(record))


def test_the_names_of_all_optima_stand_in_the_frame_and_apart() -> None:
    references = catalogue.divergences()
    with (ROOT / "laboratory/divergences/report/divergences.csv").open(encoding="utf-8") as file:
        rows = {
            line["divergence"]: {
                "title": catalogue.title("divergences", references[line["divergence"]]),
                "optima": [{"mean": float(line["mean"]), "sd": float(line["sd"])}],
                "fit": {"diverged": True},
            }
            for line in DictReader(file)
        }
    chart = figures.plane({"divergences": rows})
    names = figures.names(chart)
    assert all(label.always for _, label in names)
    assert {"GAN, Jensen-Shannon", "α = −0.5", "weighted JS, π = 0.7"} < {name for name, _ in names}
    boxes = []
    for name, label in names:
        wide = LETTER * len(name)
        left = label.x - {"start": 0, "middle": wide / 2, "end": wide}[label.anchor]
        assert left >= 0 and left + wide <= chart.x.end + 12 and 0 < label.y < chart.y.start, name
        boxes.append((left, label.y - 12, left + wide, label.y + 3))
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


class Document(HTMLParser):
    """Collects what a page would fetch, its ids and links, and whether tags close in order."""

    VOID = frozenset({"meta", "link", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(value or "")
            elif key == "href" and tag == "a":
                self.links.append(value or "")
            elif key in ("src", "href"):
                self.fetched.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_asks_for_nothing() -> None:
    text = page.page(studies())
    document = Document(text)
    assert f'<p class="finding">{claims.finding(univariate(), dirac())}</p>' in text
    assert document.open == []
    assert all(address.startswith("data:") for address in document.fetched)
    assert "script" not in document.tags
    assert len(set(document.ids)) == len(document.ids)
    assert {link.removeprefix("#") for link in document.links} <= set(document.ids)
    assert len(document.links) >= 20  # each claim to the stage that made it
    assert "&lt;wgan&gt;" in text
    assert "seed 1 diverged at step 50: loss of critic is nan" in text
    assert page.page(studies()) == text


def test_every_divergence_states_its_formulas_and_they_are_typeset() -> None:
    for name, (title, stated) in page.formulas(members("divergences")).items():
        assert title
        for key in ("f(u)", "f*(t)", "g_f(v)"):
            assert stated[key], f"{name}: its docstring states no {key}"
            for one in stated[key]:
                ElementTree.fromstring(str(one).replace("&nbsp;", " "))


def test_a_formula_becomes_fractions_powers_and_roots() -> None:
    written = formula.typeset("−√u/(1 + e^(−v)) − t²/4")
    root = ElementTree.fromstring(written)
    assert len(root.findall(".//mfrac")) == 2
    assert len(root.findall(".//msqrt")) == 1
    assert len(root.findall(".//msup")) == 2
    assert "".join(root.itertext()) == "−u1+e−v−t24"


def test_formulas_are_those_of_the_docstring() -> None:
    stated = formula.stated(find("divergences", "squared_hellinger").__doc__ or "")
    assert stated == {"f(u)": ["(√u−1)²"], "f*(t)": ["t/(1−t)"], "g_f(v)": ["1 − e^(−v)"]}


def test_points_are_where_they_should_be() -> None:
    picture = figures.scatter(np.array([[-0.99, 0.99], [0.99, -0.99], [3.0, 0.0]]), side=10)
    rows, columns = np.nonzero(picture[..., 3])
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 0), (9, 9)]


def test_a_logarithmic_axis() -> None:
    axis = LogAxis(-2.0, 2.0, 0.0, 400.0)
    assert [axis.at(value) for value in (0.01, 1.0, 100.0)] == [0.0, 200.0, 400.0]
    assert axis.at(0.0) < 0
    assert [text for _, text in axis.ticks(4)] == ["0.01", "0.1", "1", "10", "100"]


def test_pictures_come_back_under_any_name(tmp_path: Path) -> None:
    arrays = {"games/fgan (alpha (alpha=0.3))/5": np.ones((3, 2), np.float16), "target": np.zeros((2, 2), np.float16)}
    pictures.save(tmp_path / "a.npz", arrays)
    pictures.save(tmp_path / "b.npz", arrays)
    loaded = pictures.load(tmp_path / "a.npz")
    assert list(loaded) == list(arrays)
    np.testing.assert_array_equal(loaded["target"], arrays["target"])
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    (tmp_path / "b.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match="b.npz"):
        pictures.load(tmp_path / "b.npz")


def test_tables_hold_every_number(tmp_path: Path) -> None:
    lines = csv(tables.modes({"grid": grid()})).splitlines()
    assert lines[0] == "target,part,game,seed,captured,quality,kl,w2,diverged"
    assert len(lines) == 1 + 8
    assert "grid,games,<wgan>" not in lines[3]
    assert "grid,games,wgan,1,,,,,loss of critic is nan" in lines


def test_params_that_are_wrong_are_refused_in_a_line(tmp_path: Path) -> None:
    values = read(options.PARAMS)
    values["dirac"]["weight"] = -1
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(InputError, match=r"dirac\.weight.*greater than 0"):
        options.load(path)
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="expected a mapping"):
        options.load(path)


def small() -> dict[str, Any]:
    """The study's params with every budget cut."""
    values = read(options.PARAMS)
    values["univariate"] |= {"starts": [3, 3], "steps": 2, "batch": 8, "test": 100}
    values["estimate"] |= {"steps": 2, "test": 100, "dimensions": [1], "distances": [0.5, 1.0]}
    values["modes"] |= {
        "targets": {"ring": values["modes"]["targets"]["ring"]},
        "cures_on": {"ring": "all"},
        "seeds": [0],
    }
    values["modes"] |= {"samples": 50, "transported": 20, "pictures": 1}
    values["modes"]["game"] |= {"steps": 2, "batch": 8}
    values["dirac"]["steps"] = 10
    values["vanishing"] |= {"thetas": [0.5, 1.0], "critics_at": [2.0], "looks": [1, 2], "test": 50}
    values["truncation"] |= {"images": 20, "pictured": 16, "psis": [0.5, None]}
    values["truncation"]["train"] |= {"steps": 2, "log_every": 2, "grid_every": 2}
    return values


@pytest.mark.pipeline
@pytest.mark.soak
def test_the_pipeline_runs_apart_from_the_benchmark(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "copy")
    laboratory, pipeline = project.laboratory, "divergences/dvc.yaml"
    (project.path / options.PARAMS).write_text(json.dumps(small()), encoding="utf-8")
    studies = ("univariate", "estimate", "dirac", "vanishing", "modes@ring", "truncation")
    every = {f"{pipeline}:{stage}" for stage in ("fingerprint", *studies, "page")}
    assert laboratory.repro(pipeline) == every
    text = (project.path / paths.REPORTS / "index.html").read_text(encoding="utf-8")
    assert "Kullback-Leibler" in text
    assert laboratory.repro(pipeline) == {f"{pipeline}:fingerprint"}

    # a new divergence is one file: every study of divergences takes it, and nothing of the benchmark runs again
    twice = (project.path / "genbench/adversarial/divergences/pearson.py").read_text(encoding="utf-8")
    (project.path / "genbench/adversarial/divergences/pearson_again.py").write_text(twice, encoding="utf-8")
    ran = laboratory.repro(pipeline)
    assert ran == every - {f"{pipeline}:truncation"}
    assert "pearson_again" in project.json(str(paths.record("univariate")))["divergences"]
    assert project.repro() == {"fingerprint"}
