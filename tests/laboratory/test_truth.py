"""The study of truth: orders and spoilings whose answers are known, by tiny teachers whose images can be listed."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import kendalltau

from genbench.data.features import FeatureProtocol, Features
from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.data.teachers import autoregressive
from genbench.errors import InputError
from genbench.files.atomic import write_json
from genbench.files.section import read
from genbench.metrics import Column, fid, kid, known_classes, precision_recall, surprise
from genbench.report.frames import csv
from laboratory.truth import board, claims, draws, measure, options, orders, page, paths, sight, spoilt, tables
from laboratory.truth.options import SpoilingOptions
from laboratory.truth.study import TEACHER, Study, shown
from tests.support.clone import Clone
from tests.support.teachers import every_image, tiny
from tests.support.wrong_params import assert_refused

LOWER, HIGHER, NONE = (Column(label="x", better=better) for better in ("lower", "higher", "none"))


def table(*means: float, spread: float = 0.01, seeds: int = 5) -> dict[str, list[float]]:
    """Rows a, b, c … of these means, with the same spread over seeds."""
    off = np.linspace(-spread, spread, seeds)
    return {chr(97 + at): (mean + off).tolist() for at, mean in enumerate(means)}


# Orders


def test_numbers_are_turned_so_that_larger_is_worse() -> None:
    values = {"a": [0.2], "b": [0.9]}
    assert orders.turned(values, "x", LOWER) == values
    assert orders.turned(values, "x", HIGHER) == {"a": [-0.2], "b": [-0.9]}
    turned = orders.turned(values, "copying", NONE)
    assert [turned[run][0] for run in "ab"] == pytest.approx([0.3, 0.4])


def test_agreement_of_orders_that_are_known() -> None:
    truth = table(1, 2, 3, 4, 5, 6)
    same = orders.agreement(table(10, 20, 30, 40, 50, 60), truth, 500)
    assert same == pytest.approx((1, 1, 1, 6))
    reverse = orders.agreement(table(6, 5, 4, 3, 2, 1), truth, 500)
    assert reverse == pytest.approx((-1, -1, -1, 6))
    one = orders.agreement(table(2, 1, 3, 4, 5, 6), truth, 500)
    assert one is not None
    assert one.tau == pytest.approx(13 / 15)
    assert one.low < one.tau < one.high
    assert one.high == pytest.approx(1)
    assert orders.agreement(table(1, 2), truth, 500) is None
    assert orders.agreement({run: [1.0] for run in "abcdef"}, truth, 500) is None


def test_resampled_tau_is_that_of_the_table_with_rows_repeated() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, 8).astype(float), rng.normal(size=8)
    counts = rng.multinomial(8, np.full(8, 1 / 8), size=20)
    found = orders.taus(x, y, counts)
    for tau, count in zip(found, counts, strict=True):
        rows = np.repeat(np.arange(8), count)
        assert tau == pytest.approx(kendalltau(x[rows], y[rows]).statistic)
    assert math.isnan(orders.taus(x, y, np.array([[8, 0, 0, 0, 0, 0, 0, 0]]))[0])


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """τ of two normal numbers of correlation ρ is 2/π arcsin ρ."""
    rng, inside, rho = np.random.default_rng(1), 0, 0.7
    for _ in range(200):
        x, noise = rng.normal(size=(2, 20))
        low, high = orders.interval(x, rho * x + math.sqrt(1 - rho**2) * noise, 200)
        inside += low <= 2 / math.pi * math.asin(rho) <= high
    assert 0.87 <= inside / 200 <= 0.99


def test_number_of_images_from_which_the_order_holds() -> None:
    settled = table(1, 2, 3, 4, 5)
    by_count = {500: table(5, 4, 3, 2, 1), 2000: settled, 5000: settled}
    early = orders.settled(by_count, 0.9)
    assert early is not None
    assert early[0] == 2000
    assert early[1] == pytest.approx({500: -1, 2000: 1, 5000: 1})
    late = orders.settled({500: settled, 2000: table(5, 4, 3, 2, 1), 5000: settled}, 0.9)
    assert late is not None
    assert late[0] == 5000
    assert orders.settled({500: settled, 5000: {"a": [1.0], "b": [2.0]}}, 0.9) is None


def test_pairs_that_are_wrong_beyond_the_noise() -> None:
    truth = table(0.1, 0.2, 0.6, 0.605)
    found = orders.pairs(table(5, 1, 9, 2), truth)
    assert found.apart == 5  # the truth does not tell c from d
    assert [pair[:2] for pair in found.wrong] == [("a", "d"), ("a", "b")]
    assert found.wrong[0].gap == pytest.approx(0.505)
    assert orders.pairs(table(5, 1, 9, 2, spread=50), truth) == (0, [])
    assert orders.pairs({run: [1.0, 1.0] for run in "ab"}, table(1, 2)) == (0, [])


# Spoilings


OWN = SpoilingOptions(
    seeds=[0, 1],
    spoilt=2,
    images=3000,
    strengths={"dropped_classes": [1], "copies": [2, 10], "cold": [1.25], "noise": [0.25]},
)


def exact(p: np.ndarray, q: np.ndarray) -> dict[str, float]:
    """Sum the divergences of two distributions over all images of four pixels."""
    m = (p + q) / 2
    js = (p @ np.log2(p / m) + np.where(q > 0, q, 0) @ np.log2(np.where(q > 0, q, 1) / m)) / 2
    kl = p @ np.log2(p / q) / 4 if (q > 0).all() else math.inf
    return {"kl": float(kl), "js": float(js), "tv": float(np.abs(p - q).sum() / 2)}


@pytest.mark.parametrize("kind", ["dropped_classes", "noise"])
def test_truth_of_spoilt_draws_is_the_sum_over_all_images(kind: str) -> None:
    teacher, every = tiny("autoregressive"), every_image()
    rng = np.random.default_rng(0)
    own = spoilt.fresh(teacher, 8000, rng)
    q = spoilt.SPOILT[kind](teacher, own, {"dropped_classes": 2, "noise": 0.25}[kind], rng)
    joint = teacher.log_joint(every)
    of_q = np.exp(q.log_q(every, joint))
    assert of_q.sum() == pytest.approx(1)
    frequencies = np.zeros(81)
    for image in q.images.pixels:
        frequencies[(every == image).all(axis=(1, 2, 3)).argmax()] += 1
    np.testing.assert_allclose(frequencies / len(q.images), of_q, atol=0.02)
    found = spoilt.truth(teacher, own, q, 8000)
    for key, value in exact(np.exp(logsumexp(joint, axis=1)), of_q).items():
        assert abs((found[key] or 0) - value) < 4 * (found[f"{key}_se"] or 0), key


def test_truth_of_copies_is_the_sum_over_all_images() -> None:
    teacher, every = tiny("autoregressive"), every_image()
    own = spoilt.fresh(teacher, 60, np.random.default_rng(0))
    found = spoilt.truth_of_copies(teacher, own, 60, 10)
    q = np.zeros(81)
    for image in own.images.pixels[spoilt.places("copies", 10, 60)]:
        q[(every == image).all(axis=(1, 2, 3)).argmax()] += 1 / 60
    expected = exact(np.exp(teacher.log_probability(every)), q)
    assert expected["kl"] == math.inf
    assert found["kl"] is None
    assert found["js"] == pytest.approx(expected["js"])
    assert found["tv"] == pytest.approx(expected["tv"])


def test_another_temperature_is_exact_and_warmer_images_surprise_more() -> None:
    teacher = autoregressive.load()
    own = spoilt.fresh(teacher, 60, np.random.default_rng(0))
    same = spoilt.tempered(1.0).log_probability(own.images.pixels)
    np.testing.assert_allclose(same, teacher.log_probability(own.images.pixels))
    surprises = []
    for kind in ("cold", "hot"):
        q = spoilt.SPOILT[kind](teacher, own, 1.5, np.random.default_rng(1))
        found = spoilt.truth(teacher, own, q, 60)
        assert (found["kl"] or 0) > 0
        surprises.append(found["surprise"] or 0)
    assert surprises[0] < -0.1 < 0.1 < surprises[1]


def test_copies_repeat_the_first_images() -> None:
    assert spoilt.places("copies", 10, 40).tolist() == [0, 1, 2, 3] * 10
    assert spoilt.places("noise", 0.25, 3).tolist() == [0, 1, 2]
    teacher = tiny("autoregressive")
    own = spoilt.fresh(teacher, 20, np.random.default_rng(0))
    with pytest.raises(InputError, match=r"dropped_classes: expected fewer than 3, got 3"):
        spoilt.dropped_classes(teacher, own, 3, np.random.default_rng(0))


def test_draws_of_a_seed(tmp_path: Path) -> None:
    """A mixture has no temperature; the second seed is fresh alone where one is spoilt."""
    teacher = tiny("mixture")
    own = OWN.model_copy(update={"images": 30, "spoilt": 1})
    record = draws.draw(teacher, own, [20, 40], 0, tmp_path / "0")
    cases = [(row["kind"], row["strength"], row["n"]) for row in record["rows"]]
    kinds = [("", 0), ("dropped_classes", 1), ("copies", 2), ("copies", 10), ("noise", 0.25)]
    assert cases == [(*case, n) for case in kinds for n in (20, 40)]
    assert [row["n"] for row in record["truths"]] == [None, 20, 40, 20, 40, None]
    again = draws.draw(teacher, own, [20, 40], 0, tmp_path / "again")
    assert json.dumps(again) == json.dumps(record)  # the tiny teacher's entropy, hence surprise, is NaN
    assert len(draws.draw(teacher, own, [20, 40], 1, tmp_path / "1")["rows"]) == 2
    fresh, copied = (draws.images(tmp_path / "0", *case) for case in (("", 0.0), ("copies", 2.0)))
    np.testing.assert_array_equal(fresh.pixels, copied.pixels)
    noisy = draws.images(tmp_path / "0", "noise", 0.25)
    assert (noisy.pixels == fresh.pixels).all(axis=(1, 2, 3)).mean() == pytest.approx(0.75, abs=0.2)


def test_strengths_in_order_and_spoilings_that_are_not_seen() -> None:
    def row(kind: str, strength: float, repeat: int, value: float) -> dict[str, Any]:
        return {"kind": kind, "strength": strength, "repeat": repeat, "metrics": {"x": value}}

    measured = [row("", 0.0, at, value) for at, value in enumerate((1.0, 1.2, 1.4))]
    measured += [row("noise", s, 0, value) for s, value in ((0.1, 2.0), (0.2, 1.8), (0.3, 3.0))]
    measured += [row("hot", 1.25, 0, 1.1)]
    found = sight.responses(measured, {"x": LOWER, "y": LOWER}, ["noise", "hot", "cold"])
    assert {key: list(of) for key, of in found.items()} == {"x": ["noise", "hot"]}
    assert sight.ordered(found["x"], "x", LOWER) == (5, 7)
    assert sight.ordered(found["x"], "x", HIGHER) == (2, 7)
    assert sight.unseen(found["x"]) == ["hot"]


def test_truths_are_averaged_and_infinity_stays() -> None:
    case = {"kind": "noise", "strength": 0.1, "n": None}
    rows = [{**case, "kl": 1.0, "kl_se": 0.3, "js": None}, {**case, "kl": 3.0, "kl_se": 0.4, "js": None}]
    (mean,) = sight.averaged(rows)
    assert mean == {**case, "kl": 2.0, "kl_se": pytest.approx(0.25), "js": None}


# The board


def test_truths_of_the_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    of = Paths("known_digits")
    for run, kind in (("a", "exact"), ("b", "upper bound"), ("gan", None), ("lost", None)):
        for seed in (0, 1):
            numbers = {"js_bound": 0.1 + seed, "surprise": -0.2}
            lost = run == "lost" and seed == 1
            record = {"diverged": {"step": 3} if lost else None, "metrics": {} if lost else numbers}
            write_json(of.metrics(run, seed, "pixels"), record)
            kl = {"value": 0.5, "kind": kind} if kind else None
            write_json(of.likelihood(run, seed), {"kl": kl} if kind else None)
    found = board.truths(of, ["a", "b", "gan", "lost"], [0, 1])
    assert found["js_bound"] == dict.fromkeys(["a", "b", "gan"], [0.1, 1.1])
    assert found["surprise"]["a"] == [0.2, 0.2]
    assert (list(found["kl"]), list(found["kl_all"])) == (["a"], ["a", "b"])
    assert "tv_bound" not in found
    assert board.kinds(of, ["a", "b", "gan"], 0) == {"a": "exact", "b": "upper bound"}
    with pytest.raises(InputError, match=r"no such file; `genbench repro` scores run 'c', seed 0"):
        board.truths(of, ["c"], [0])
    for seed in (0, 1):
        write_json(of.metrics("a", seed, "pixels"), {"diverged": None, "metrics": {"fid": 1.0}})
    with pytest.raises(InputError, match=r"no run has js_bound.*`genbench use known`, then `genbench repro`, give it"):
        board.truths(of, ["a"], [0, 1])


def test_a_dataset_without_a_teacher_is_told_what_to_do() -> None:
    board.require_known("known_digits")
    with pytest.raises(InputError, match=r"known_digits.*params.yaml has digits; `genbench use known`, then"):
        board.require_known("digits")


def test_samples_at_several_numbers(tmp_path: Path) -> None:
    teacher = tiny("autoregressive")

    def pixels(images: Images) -> Features:
        vectors = images.pixels.reshape(len(images), -1).astype(np.float32) / 255
        return Features(vectors, labels=images.labels, protocol=FeatureProtocol(extractor="pixels"))

    own = options.load().measuring
    few = {"counts": [20, 60], "metrics": {"fid": {}, "inception_score": {"splits": 1}, "memorisation": {}}}
    own = own.model_copy(update={**few, "slow": own.slow.model_copy(update={"counts": [20], "metrics": {"kid": {}}})})
    rng = np.random.default_rng(0)
    real, other = (teacher.sample(60, rng) for _ in range(2))
    sides = measure.Sides({n: pixels(real[:n]) for n in own.counts}, pixels(other), pixels(other))
    teacher.sample(80, rng).save(tmp_path / "0/final")
    Images(np.empty((0, 1, 2, 2), np.uint8), np.empty(0, np.int64)).save(tmp_path / "1/final")
    found = measure.of_run(tmp_path, [0, 1], sides, pixels, own)
    assert {n: of.keys() & {"fid", "kid", "copying", "inception_score"} for n, of in found["0"].items()} == {
        "20": {"fid", "kid", "copying"},
        "60": {"fid", "copying"},
    }
    assert found["1"] == {}
    with pytest.raises(InputError, match=r"no samples of seed 2; `genbench repro` draws them"):
        measure.of_run(tmp_path, [2], sides, pixels, own)
    teacher.sample(30, rng).save(tmp_path / "3/final")
    with pytest.raises(InputError, match=r"30 samples, expected 60 \(measuring.counts\)"):
        measure.of_run(tmp_path, [3], sides, pixels, own)


# The page


def study(*, honest: bool) -> Study:
    """Make a board of six rows where the classifier's FID is the truth, or its reverse."""
    runs = ["pixelcnn", "gaussian_mixture", "c", "d", "e", "f"]
    truth = {run: (0.1 * at + 0.01 * np.arange(5)).tolist() for at, run in enumerate(runs, 1)}

    def scores(at: int, seed: int) -> dict[str, float]:
        true, other = at + 0.1 * seed, [3, 1, 5, 2, 6, 4][at - 1] + 0.1 * seed
        return {"fid": true if honest else 7 - true, "kid": true, "precision": -other, "recall": other}

    columns = {**fid.COLUMNS, **kid.COLUMNS, **precision_recall.COLUMNS}
    columns |= {"surprise": surprise.COLUMNS["surprise"], "known_class_tv": known_classes.COLUMNS["known_class_tv"]}
    by_run = {
        run: {str(seed): {str(n): scores(at, seed) for n in (500, 2000, 5000)} for seed in range(5)}
        for at, run in enumerate(runs, 1)
    }
    measured = [
        {"kind": kind, "strength": s, "n": n, "repeat": repeat, "metrics": {"surprise": x, "known_class_tv": y}}
        for n in (500, 2000, 5000)
        for repeat in range(3)
        for kind, s, x, y in (
            ("", 0.0, 0.01 * repeat, 0.01 * repeat),
            ("dropped_classes", 1.0, 0.01 if honest else 0.5, 0.3),
            ("copies", 10.0, 0.01, 0.1),
            ("noise", 0.1, 0.6, 0.01),
        )
    ]
    copies = [{**row, "metrics": {"recall": 0.9 if not row["kind"] else 0.2}} for row in measured]
    truths = {"kl": None, "kl_se": None, "js": 1.0, "js_se": 0.0, "tv": 1.0, "tv_se": 0.0}
    truths |= {"surprise": 0.0, "surprise_se": 0.1, "known_class_tv": 0.2, "known_class_tv_se": 0.1}
    own = options.load()
    return Study(
        dataset="known_digits",
        options=own.model_copy(update={"orders": own.orders.model_copy(update={"resamples": 100})}),
        columns=shown(columns),
        truths={"js_bound": truth, "kl_all": {run: truth[run] for run in runs[:4]}},
        kinds={"pixelcnn": "exact", "gaussian_mixture": "upper bound"},
        measured={"classifier": by_run, "pixels": by_run},
        calibration=["gaussian_mixture"],
        draws={TEACHER: measured, "classifier": copies},
        spoilt=[{"kind": "copies", "strength": 10.0, "n": 500, **truths}],
    )


def test_hypotheses_follow_the_numbers() -> None:
    good, bad = ({c.claim: c for c in claims.hypotheses(study(honest=honest))} for honest in (True, False))
    one_sided = "FID orders models like the JS bound better than precision, recall, density or coverage alone."
    assert (good[one_sided].holds, bad[one_sided].holds) == (True, False)
    assert good[one_sided].measured.startswith("τ of FID is 1.00 [1.00, 1.00]; of precision 0.33 [")
    mixture = "FID puts a mixture before a better density."
    assert (good[mixture].holds, bad[mixture].holds) == (False, True)
    sees = "Surprise alone misses dropped classes and copies; other numbers see them."
    assert (good[sees].holds, bad[sees].holds) == (True, False)
    assert "copies are seen by recall" in good[sees].measured
    assert good["FID and KID order models at N = 500 as at N = 5000."].holds
    assert not good["Metrics agree less with the truth under pixels than under the classifier."].holds
    assert not good["KL and the JS bound disagree on the order of models with a likelihood."].holds
    assert len(good) == 6  # there is no Inception Score here


def test_finding_page_and_tables() -> None:
    made = study(honest=True)
    assert page.finding(made).startswith(
        "Of 4 numbers under 2 rulers at N = 5000 images, FID under the ruler classifier orders the 6 rows most like "
        "the bound of the Jensen–Shannon divergence from the truth (τ = 1.00 [1.00, 1.00]), and recall under the ruler "
    )
    assert made.pairs("classifier", "fid") == (15, [])
    text = page.page(made)
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(re.findall(r' id="([^"]+)"', text))
    assert "∞" in text
    assert "0 of 15" in text
    found = tables.every(made)
    assert csv(found["orders"], tables.DIGITS).splitlines()[1] == "classifier,500,fid,js_bound,all,6,1,1,1"
    assert csv(found["spoiling_truths"], tables.DIGITS).splitlines()[1].startswith("copies,10,500,inf,inf,1,")
    assert csv(found["truths"], tables.DIGITS).splitlines()[1].startswith("pixelcnn,exact,0,0.1")
    assert len(found["models"]) == 2 * 6 * 3 * 4


# Options


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("measuring", "rulers"), ["inception"], r"unknown measuring\.rulers: ruler 'inception'"),
        (("measuring", "metrics"), {"fids": {}}, r"unknown measuring: metric 'fids'"),
        (("measuring", "metrics"), {"surprise": {}}, r"measuring: surprise is a truth; expected metrics"),
        (("measuring", "metrics"), {"kid": {"k": 3}}, r"measuring: kid.*'k'"),
        (("measuring", "counts"), [500], r"slow\.counts: expected some of \[500\], got \[2000\]"),
        (("spoilings", "spoilt"), 6, r"spoilt: expected at most the 5 seeds, got 6"),
        (("spoilings", "strengths"), {"nois": [0.1]}, r"unknown spoilings\.strengths: kind 'nois'"),
        (("spoilings", "strengths"), {"noise": [0.2, 0.1]}, r"strengths\.noise: expected numbers that rise"),
        (("orders", "resamples"), 1, r"orders\.resamples: .*greater than or equal to 100"),
        (("rulers", "pixels"), {"extractor": "pixel"}, r"unknown rulers\.pixels: extractor 'pixel'"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_params_that_are_wrong_are_refused_in_a_line(
    tmp_path: Path, keys: tuple[str, str], value: Any, message: str
) -> None:
    assert_refused(options.load, options.PARAMS, tmp_path, keys, value, message)


def small() -> dict[str, Any]:
    """The study's params with few images."""
    values = read(options.PARAMS)
    values["rulers"] = {"pixels": {"extractor": "pixels", "pixels": None}}
    values["measuring"] = {
        "rulers": ["pixels"],
        "counts": [40, 80],
        "train": 80,
        "metrics": {"fid": {}},
        "slow": {"counts": [40], "metrics": {"kid": {}}},
    }
    values["spoilings"] |= {"seeds": [0, 1], "spoilt": 2, "images": 40, "strengths": {"noise": [0.25]}}
    values["orders"] |= {"resamples": 100}
    return values


@pytest.mark.soak
def test_the_pipeline_runs_beside_the_benchmark(base: Clone, tmp_path: Path) -> None:
    project = base.copy(tmp_path / "copy")
    laboratory, pipeline, params = project.laboratory, "truth/dvc.yaml", project.path / options.PARAMS
    refused = laboratory.attempt("dvc", "repro", pipeline)
    assert refused.returncode != 0
    assert "params.yaml has digits; `genbench use known`" in refused.stderr
    assert "Traceback" not in refused.stderr

    runs = ["held_out", "pixel_histogram", "pca_gaussian"]
    sizes = {"train": 100, "validation": 20, "reference": 80, "held_out": 80}
    truths: dict[str, Any] = {"surprise": {}, "known_classes": {}, "divergence_bounds": {}}
    project.add_profile(
        "truth",
        dataset="known_digits",
        enabled=runs,
        seeds=[0, 1],
        extractors=["pixels"],
        data={"split": sizes},
        sampling={"blocks": 1, "batch": 80},
        metrics=truths,
    )
    project.run("genbench", "use", "truth")
    project.repro()
    params.write_text(json.dumps(small()), encoding="utf-8")
    stages = ["fingerprint", "ruler@pixels", "spoilings@pixels", "draws@0", "draws@1", "page"]
    stages += [f"models@pixels-{run}" for run in runs]
    assert laboratory.repro(pipeline) == {f"{pipeline}:{stage}" for stage in stages}
    text = (project.path / paths.REPORTS / "index.html").read_text(encoding="utf-8")
    assert "Which metric tells the truth?" in text
    assert "pca_gaussian" in text
    assert laboratory.repro(pipeline) == {f"{pipeline}:fingerprint"}
