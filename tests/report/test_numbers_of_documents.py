"""Numbers in README and docs/ are those of committed reports, files and constants, and no number is left unchecked.

A sentence with numbers stands in SAID, with what its numbers are; what no committed file has stands in ELSEWHERE, with
the reason. After a run that moves a number, the failure prints the sentence to write.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Callable
from functools import cache
from math import comb, log
from typing import Any, NamedTuple

import pytest
from safetensors.numpy import load_file
from scipy.stats import kendalltau, ttest_ind

from genbench.engine.operations import COUNTED
from genbench.files.section import read as read_yaml
from genbench.report import leaderboard, ranks
from genbench.report.compare.noise import difference
from genbench.report.leaderboard import Leaderboard, Row, Score, trained
from genbench.report.stored import parse
from laboratory.tuning.apply import tuned
from tests.support.bad_inputs import corpus
from tests.support.clone import ROOT

WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
)
EMOJI, FASHION, KNOWN, MIXTURE, MNIST = (
    f"reports/published/{name}"
    for name in ("translation_emoji", "fashion_mnist", "known", "known_mixture", "mnist_binary")
)
CLOTHES = "gaussian_mixture_fashion"
TRUTH, BALANCE = (f"laboratory/{name}/report" for name in ("truth", "balance"))


@cache
def board(folder: str) -> Leaderboard:
    path = f"{folder}/leaderboard.json"
    return parse((ROOT / path).read_text(encoding="utf-8"), path)


def row(folder: str, run: str) -> Row:
    return next(row for row in board(folder)["rows"] if row["run"] == run)


def score(folder: str, run: str, metric: str = "fid", extractor: str = "") -> Score:
    """A row's score, of the first extractor if none is named."""
    return row(folder, run)["scores"][extractor or next(iter(board(folder)["protocols"]))][metric]


def mean(folder: str, run: str, metric: str = "fid", extractor: str = "") -> float:
    found = score(folder, run, metric, extractor)["mean"]
    assert found is not None
    return found


def drawn(folder: str, run: str) -> tuple[float, float]:
    """A row's FID, and the error of its draw."""
    error = score(folder, run)["draw"]
    assert error is not None
    return mean(folder, run), error


def competing(folder: str) -> list[str]:
    """Runs that are trained and not told the class, in the order of the table."""
    return [row["run"] for row in trained(board(folder)) if not row.get("conditional")]


def floor(folder: str, extractor: str = "classifier") -> float:
    """FID of other real images."""
    return board(folder)["protocols"][extractor]["floors"]["fid"]["mean"]


def seeds(folder: str, run: str, extractor: str = "classifier") -> list[float]:
    """A row's FID by seed."""
    values = [cell["scores"][extractor]["fid"] for cell in row(folder, run)["cells"]]
    assert None not in values
    return [value for value in values if value is not None]


def better_than_mixture(extractor: str) -> str:
    """How many trained rows of Fashion-MNIST have a lower mean FID than the mixture."""
    least = mean(FASHION, CLOTHES, extractor=extractor)
    return WORDS[sum(mean(FASHION, run, extractor=extractor) < least for run in competing(FASHION))]


def beside_mixture() -> tuple[Any, ...]:
    """The best trained row of Fashion-MNIST and the mixture, with the interval of Welch's t of their difference."""
    runs = competing(FASHION)
    found = difference(seeds(FASHION, runs[0]), seeds(FASHION, CLOTHES))
    assert found
    counts = WORDS[len(board(FASHION)["seeds"])], WORDS[len(runs)]
    better = better_than_mixture("classifier")
    return runs[0], mean(FASHION, runs[0]), better, mean(FASHION, CLOTHES), found.value, found.low, found.high, *counts


def by_ruler(ruler: str) -> tuple[Any, ...]:
    """How many rows a ruler has before the mixture, its first row, and the place of the classifier's first row."""
    runs = competing(FASHION)
    found = {run: mean(FASHION, run, extractor=ruler) for run in runs}
    first, place = min(runs, key=lambda run: found[run]), sum(value <= found[runs[0]] for value in found.values())
    return better_than_mixture(ruler), first, found[first], runs[0], place


def agreement(*rulers: str) -> float:
    """Kendall's τ of the orders in which two rulers have the trained rows of Fashion-MNIST."""
    orders = ([mean(FASHION, run, extractor=ruler) for run in competing(FASHION)] for ruler in rulers)
    return float(kendalltau(*orders).statistic)


def steps(folder: str) -> tuple[int, int]:
    """The fewest and the most steps of a trained row."""
    found = [step for run in competing(folder) if (step := row(folder, run)["cells"][0]["steps"]) is not None]
    return min(found), max(found)


def kl(run: str) -> float:
    found = row(KNOWN, run).get("kl")
    assert found
    return found["mean"]


def table(folder: str, name: str, **keys: str) -> dict[str, str]:
    """The first line of a report's CSV with these values."""
    with (ROOT / folder / name).open(encoding="utf-8") as file:
        return next(line for line in csv.DictReader(file) if all(line[key] == keys[key] for key in keys))


def tau(ruler: str, metric: str) -> tuple[float, ...]:
    """Kendall's τ of a metric with the bound of JS over all rows, and its interval."""
    line = table(TRUTH, "orders.csv", ruler=ruler, n="5000", metric=metric, truth="js_bound", rows="all")
    return float(line["tau"]), float(line["low"]), float(line["high"])


def wrong(metric: str) -> tuple[int, int]:
    line = table(TRUTH, "pairs.csv", ruler="classifier", n="5000", metric=metric)
    return int(line["told_apart"]), int(line["wrong"])


def picked(path: str, pattern: str) -> tuple[str, ...]:
    """The groups of a pattern in a report's text, without tags."""
    text = " ".join(re.sub(r"<[^>]*>", " ", (ROOT / path).read_text(encoding="utf-8")).split())
    found = re.search(pattern, text)
    assert found, f"{path}: no {pattern}"
    return found.groups()


def measured(name: str, pattern: str) -> tuple[float, ...]:
    """The numbers that a pattern has in the report of a benchmark."""
    return tuple(float(number) for number in picked(f"reports/benchmarks/{name}.md", pattern))


def untuned(folder: str) -> list[str]:
    """Of the runs that compete, those that have the options of every board."""
    return [run for run in competing(folder) if "_tuned" not in run]


def of_known() -> tuple[Any, ...]:
    mixtures = mean(KNOWN, "categorical_mixture"), mean(KNOWN, "gaussian_mixture")
    rows = untuned(KNOWN)
    return *mixtures, WORDS[sum(mean(KNOWN, run) < min(mixtures) for run in rows)], WORDS[len(rows)]


def both(run: str) -> tuple[str, str]:
    """The row of a run with its default options on `known`, and that with those that were searched there."""
    return run, tuned(run, board(KNOWN)["dataset"]["name"])


def of_search() -> tuple[Any, ...]:
    """The bound of JS by default options and by those that were searched, where Welch's test tells them apart."""
    better, worse, alike = ("nsgan", "wgan_gp", "vae"), ("r3gan", "realnvp"), ("ddpm", "pixelcnn", "vqvae")
    assert {both(run)[1] for run in better + worse + alike} == {*competing(KNOWN)} - {*untuned(KNOWN)}
    for run in better + worse + alike:
        before, after = (
            [cell["scores"]["pixels"]["js_bound"] for cell in row(KNOWN, name)["cells"]] for name in both(run)
        )
        test = ttest_ind(after, before, equal_var=False)
        assert (test.pvalue > 0.05) == (run in alike), run
        assert run in alike or (test.statistic < 0) == (run in better), run
    moved = (mean(KNOWN, name, "js_bound", "pixels") for run in better + worse for name in both(run))
    return WORDS[len(better + worse + alike)], WORDS[len(better)], *moved


def searched_kid() -> tuple[float, ...]:
    """Millionths of KID under random convolutions, which the search minimised, of r3gan before and after."""
    lines = (
        table(TRUTH, "models.csv", ruler="random_conv", run=name, n="5000", metric="kid") for name in both("r3gan")
    )
    return tuple(1e6 * float(line["mean"]) for line in lines)


def different_ranks() -> tuple[Any, ...]:
    """How many ranks the rows of `known` have there and on digits_all, and how many images the latter scores."""
    rows = untuned(KNOWN)
    there, elsewhere = (
        len({row(folder, run)["ranks"]["classifier.fid"] for run in rows})
        for folder in (KNOWN, "reports/published/digits_all")
    )
    images = board("reports/published/digits_all")["protocols"]["classifier"]["n_real"]
    return WORDS[len(rows)], WORDS[there], images, WORDS[elsewhere]


def of_both_worlds() -> tuple[Any, ...]:
    runs = [run for run in competing(MIXTURE) if run in untuned(KNOWN)]
    orders = [[mean(folder, run) for run in runs] for folder in (KNOWN, MIXTURE)]
    first = [run for run in untuned(KNOWN) if run in runs]
    assert (
        {*first[:6]} == {*competing(MIXTURE)[:6]} == {"nsgan", "pixelcnn", "ddpm", "flow_matching", "vqvae", "fgan_kl"}
    )
    assert competing(MIXTURE)[0] == first[0] == "fgan_kl"
    return WORDS[len(runs)], kendalltau(*orders).statistic


def entropy(folder: str) -> float:
    teacher = board(folder)["dataset"]["teacher"]
    assert teacher
    return teacher["entropy"]


def kilobytes(name: str) -> int:
    return round((ROOT / f"genbench/data/teachers/{name}.safetensors").stat().st_size / 1000)


def weights(teacher: str) -> dict[str, Any]:
    return load_file(ROOT / f"genbench/data/teachers/{teacher}.safetensors")


def option(run: str, key: str) -> Any:
    return read_yaml(ROOT / f"runs/{run}.yaml")["train"][key]


def profile(name: str) -> Any:
    return read_yaml(ROOT / f"profiles/{name}.yaml")


def operations(name: str) -> float:
    """Budget of a profile, in units of 10¹²."""
    return float(profile(name)["train"]["operations"]) / 1000


def emoji_floor() -> tuple[float, ...]:
    floor = board(EMOJI)["protocols"]["efficientnet_lite0"]["floors"]["fid"]
    assert mean(EMOJI, "truth") == pytest.approx(mean(EMOJI, "shuffled_truth"))
    return mean(EMOJI, "truth"), floor["mean"], floor["sd"]


def best_twins() -> tuple[float, int]:
    """The largest share of outputs whose target is found by features, without the rows that have the targets."""
    runs = [row["run"] for row in trained(board(EMOJI))]
    shares = {run: mean(EMOJI, run, "twin_retrieval") for run in runs}
    assert max(shares, key=lambda run: shares[run]) == "identity"
    return shares["identity"], board(EMOJI)["dataset"]["counts"]["held_out"]


def nats(*runs: str) -> tuple[float, ...]:
    """The nats an image of each run on MNIST as bits, and the published ones."""
    found = []
    for run in runs:
        bits = row(MNIST, run)["likelihood"]
        assert bits
        published = table("genbench/report/facts", "published.csv", run=run, dataset="mnist_bits")
        found += [bits["mean"] * log(2) * 28 * 28, float(published["value"])]
    return tuple(found)


def lowest_kl() -> float:
    rows = {run: kl(run) for run in competing(KNOWN) if row(KNOWN, run).get("kl")}
    assert min(rows, key=lambda run: rows[run]) == "pixelcnn" and min(rows.values()) > 0
    return rows["pixelcnn"]


def points_lost() -> tuple[str, ...]:
    """The least and the most points that samples of a conditional GAN cost on the rare classes."""
    gans = r"cgan_projection −([\d.]+) ± [\d.]+ points, acgan −([\d.]+) ± [\d.]+ points, biggan −([\d.]+) "
    lost = [round(float(number)) for number in picked(f"{BALANCE}/index.html", gans)]
    return str(min(lost)), str(max(lost))


def overhead() -> tuple[float, ...]:
    """Seconds a stage of `genbench repro`, at 150 and at 600 stages, which print the same."""
    first, second = (
        measured("pipeline", rf"`genbench repro`, first run \| {stages} \| {stages} \| [\d.]+ \| ([\d.]+) ")[0]
        for stages in (150, 600)
    )
    assert abs(first - second) < 0.02
    return (second,)


def known_statistics(images: int) -> tuple[float, ...]:
    """Seconds of FID against known statistics of 2,048 dimensions: genbench, torch-fidelity, pytorch-fid."""
    lines = (rf"\| 2048 \| {images} \| {name} \| ([\d.]+) " for name in ("genbench", "torch-fidelity", "pytorch-fid"))
    return measured("metrics", ".*?".join([r"real statistics known .*?", *lines]))


def python() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["requires-python"]).removeprefix(">=")


class Said(NamedTuple):
    """A sentence of a document, with a place for each of its numbers."""

    document: str
    sentence: str
    numbers: Callable[[], tuple[Any, ...]]


ONE = r"[\d.]+"
CONV, DCGAN = r"\| conv, 8×8, width 24", r"\| DCGAN, 32×32, width 64"
#: Sentences are whole enough to be found once; spaces and line breaks in them are alike.
SAID = [
    Said(
        "README.md",
        "with {:g}·10¹² operations a row, {} is first of {} trained rows by FID of the classifier, with {:.1f}; other "
        "real images have {:.1f}.",
        lambda: (
            operations("fashion_mnist"),
            competing(FASHION)[0],
            WORDS[len(competing(FASHION))],
            mean(FASHION, competing(FASHION)[0]),
            floor(FASHION),
        ),
    ),
    Said(
        "README.md",
        "A mixture of Gaussians, which needs no network, has {3:.1f}: {2} of them do better, {0} by {4:.1f} "
        "[{5:.1f}, {6:.1f}] over {7} seeds.",
        beside_mixture,
    ),
    Said(
        "README.md",
        "By efficientnet_lite0, which learnt on ImageNet, {} do, {} is first with {:.1f}, and {} has place {}:",
        lambda: by_ruler("efficientnet_lite0"),
    ),
    Said(
        "docs/boards.md",
        "{:g}·10¹² operations, {:,} to {:,} steps of {} images.",
        lambda: (operations("fashion_mnist"), *steps(FASHION), profile("fashion_mnist")["train"]["batch"]),
    ),
    Said("docs/boards.md", "FID of the classifier {:.1f}", lambda: (floor(FASHION),)),
    Said(
        "docs/boards.md",
        "{0} leads with {1:.1f}, and {2} of {8} rows do better than the mixture of Gaussians, which has {3:.1f}; {0} "
        "is lower by {4:.1f} [{5:.1f}, {6:.1f}] (95 % interval of Welch's t over {7} seeds).",
        beside_mixture,
    ),
    Said(
        "docs/boards.md",
        "By efficientnet_lite0, which learnt on ImageNet, {} of them do, {} is first with {:.1f}, and {} has place {};",
        lambda: by_ruler("efficientnet_lite0"),
    ),
    Said(
        "docs/boards.md",
        "which learnt nothing, {} do, {} is first with {:.3f}, and {} has place {}.",
        lambda: by_ruler("random_conv"),
    ),
    Said(
        "docs/boards.md",
        "Kendall's τ of the classifier's order and that of efficientnet_lite0 is {:.2f}, of the latter and that of "
        "random convolutions {:.2f}.",
        lambda: (agreement("classifier", "efficientnet_lite0"), agreement("efficientnet_lite0", "random_conv")),
    ),
    Said(
        "docs/boards.md",
        "fgan_kl has FID {:.0f}, {:.0f} and {:.0f}.",
        lambda: tuple(seeds(FASHION, "fgan_kl")),
    ),
    Said("README.md", "has FID {:.1f} ± {:.1f}", lambda: drawn("reports", "gaussian_mixture")),
    Said(
        "README.md",
        "nearest is {}, with {:.1f} ± {:.1f},",
        lambda: (run := competing("reports")[0], *drawn("reports", run)),
    ),
    Said("README.md", "inception score, {:.2f},", lambda: (mean("reports", "cgan_projection", "inception_score"),)),
    Said("README.md", "the trained rows, {:.3f}:", lambda: (mean("reports", "cgan_projection", "recall"),)),
    Said("README.md", "Python ≥ {} and", lambda: (python(),)),
    Said("README.md", "same on {} rows", lambda: (WORDS[len(profile("quick")["enabled"])],)),
    Said("README.md", "from {} seeds on, with a test", lambda: (WORDS[ranks.SEEDS],)),
    Said(
        "docs/boards.md",
        "{} trained rows of all families, {} seeds; the default",
        lambda: (WORDS[len(trained(board("reports")))], WORDS[len(board("reports")["seeds"])]),
    ),
    Said("docs/boards.md", "| {} rows, in a minute", lambda: (WORDS[len(profile("quick")["enabled"])],)),
    Said("docs/boards.md", "catalogue, {} seeds", lambda: (WORDS[len(profile("digits_all")["seeds"])],)),
    Said("docs/boards.md", "(FID of efficientnet_lite0 {:.1f}, floor {:.1f} ± {:.1f})", emoji_floor),
    Said(
        "docs/boards.md",
        "With {:g}·10¹² operations",
        lambda: (operations("translation_emoji"),),
    ),
    Said(
        "docs/boards.md",
        "source has FID {:.1f}, the source itself {:.1f}, regression {:.1f}, pix2pix {:.1f} and CycleGAN, whose budget "
        "is {} steps, {:.1f} (standard deviation over seeds {:.1f})",
        lambda: (
            *(mean(EMOJI, run) for run in ("nearest_pair", "identity", "regression", "pix2pix")),
            row(EMOJI, "cyclegan")["cells"][0]["steps"],
            mean(EMOJI, "cyclegan"),
            score(EMOJI, "cyclegan")["sd"],
        ),
    ),
    Said(
        "docs/boards.md",
        "lower MAE ({:.3f} against pix2pix's {:.3f})",
        lambda: (mean(EMOJI, "regression", "mae", "pixels"), mean(EMOJI, "pix2pix", "mae", "pixels")),
    ),
    Said("docs/boards.md", "by features ({:.3f} of {})", best_twins),
    Said(
        "docs/boards.md",
        "a one-layer VAE has at most {:.1f} nats an image (published: {:.2f}), IWAE of 5 codes {:.1f} ({:.2f}), IWAE "
        "of 50 codes {:.1f} ({:.2f}). PixelCNN has exactly {:.1f} (a rerun elsewhere: {:.2f}), MADE {:.1f} ({:.2f})",
        lambda: nats("vae_bits", "iwae_5_bits", "iwae_50_bits", "pixelcnn_bits", "made_bits"),
    ),
    Said(
        "docs/boards.md",
        "{:,} steps of {} images, PixelCNN for {:,},",
        lambda: (
            *(profile("mnist_binary")["train"][key] for key in ("steps", "batch")),
            option("pixelcnn_bits", "steps"),
        ),
    ),
    Said("docs/known.md", "{} grey levels", lambda: (board(KNOWN)["dataset"]["levels"],)),
    Said("docs/known.md", "temperature ({:.2f})", lambda: (weights("autoregressive")["temperature"].item(),)),
    Said("docs/known.md", "1.756 ± 0.013 | {:.4f} |", lambda: (entropy(KNOWN),)),
    Said("docs/known.md", "{} templates", lambda: (len(weights("mixture")["templates"]),)),
    Said("docs/known.md", "2.290 | {:.4f} |", lambda: (entropy(MIXTURE),)),
    Said("docs/known.md", "{} and {} kB", lambda: (kilobytes("autoregressive"), kilobytes("mixture"))),
    Said(
        "docs/known.md",
        "with {} seeds and ranks. Numbers are of {:,} images",
        lambda: (WORDS[len(board(KNOWN)["seeds"])], board(KNOWN)["protocols"]["classifier"]["n_fake"]),
    ),
    Said("docs/known.md", "orders the {} rows most", lambda: (len(board(KNOWN)["rows"]),)),
    Said("docs/known.md", "(Kendall's τ {:.2f} [{:.2f}, {:.2f}])", lambda: tau("random_conv", "kid")),
    Said("docs/known.md", "FID under the classifier has {:.2f} [{:.2f}, {:.2f}]", lambda: tau("classifier", "fid")),
    Said(
        "docs/known.md",
        "precision {:.2f} and recall {:.2f}; Vendi under random convolutions has {:.2f}",
        lambda: (tau("classifier", "precision")[0], tau("classifier", "recall")[0], tau("random_conv", "vendi")[0]),
    ),
    Said(
        "docs/known.md",
        "Of {} pairs of rows that both tell apart over seeds, FID under the classifier has {}",
        lambda: wrong("fid"),
    ),
    Said("docs/known.md", "precision has {1} of {0}", lambda: wrong("precision")),
    Said(
        "docs/known.md",
        "at 500 images as at 5,000 (τ {}), and KID nearly so ({})",
        lambda: picked(f"{TRUTH}/index.html", r"between the two orders is of FID ([\d.]+) and KID ([\d.]+)\."),
    ),
    Said(
        "docs/known.md",
        "{} of {} pairs of models with a likelihood stand in opposite order",
        lambda: picked(f"{TRUTH}/index.html", r"(\d+) of the (\d+) pairs that both tell apart are in opposite order"),
    ),
    Said(
        "docs/known.md",
        "told the class, {:.3f} bits/dim, and FID {:.1f};",
        lambda: (lowest_kl(), mean(KNOWN, "pixelcnn")),
    ),
    Said(
        "docs/known.md",
        "nsgan has FID {:.1f}, the VQ-VAE FID {:.1f} and a KL of at most {:.3f}",
        lambda: (mean(KNOWN, "nsgan"), mean(KNOWN, "vqvae"), kl("vqvae")),
    ),
    Said(
        "docs/known.md",
        "mixture of categoricals has FID {:.1f}, the Gaussian one {:.1f}, and {} of the {} trained rows",
        of_known,
    ),
    Said(
        "docs/known.md",
        "These {} rows have {} different ranks in FID here. On the board digits_all, with {} images, they have {}.",
        different_ranks,
    ),
    Said(
        "docs/known.md",
        "orders the {} rows that both boards train much alike (Kendall's τ of means {:.2f})",
        of_both_worlds,
    ),
    Said(
        "docs/known.md",
        "better options for all {} runs. Over the seeds of the board, by the bound of the Jensen–Shannon divergence, "
        "they are better for {} (nsgan {:.3f} to {:.3f}, wgan_gp {:.3f} to {:.3f}, the VAE {:.3f} to {:.3f}), worse "
        "for r3gan ({:.3f} to {:.3f}) and realnvp ({:.3f} to {:.3f}),",
        of_search,
    ),
    Said("docs/known.md", "for r3gan, from {:.0f} to {:.0f} millionths", searched_kid),
    Said("docs/known.md", "published with its {} seeds", lambda: (WORDS[len(board(MIXTURE)["seeds"])],)),
    Said("docs/numbers.md", "({} full covariances)", lambda: (option("gaussian_mixture", "components"),)),
    Said("docs/numbers.md", "({} classes of ten)", lambda: (WORDS[option("mode_drop", "keep_classes")],)),
    Said(
        "docs/numbers.md", "a cell draws {} disjoint blocks", lambda: (WORDS[profile("digits")["sampling"]["blocks"]],)
    ),
    Said("docs/numbers.md", "from {} seeds on.", lambda: (WORDS[leaderboard.SEEDS],)),
    Said("docs/numbers.md", "averaged over {} steps", lambda: (COUNTED,)),
    Said("docs/numbers.md", "claimed from {} seeds on", lambda: (WORDS[ranks.SEEDS],)),
    Said("docs/numbers.md", "at a family-wise {:.0f} %", lambda: (100 * ranks.LEVEL,)),
    Said("docs/numbers.md", "Of the {} ways to deal ten cells", lambda: (comb(10, 5) // 2,)),
    Said("docs/laboratories.md", "cost {} to {} points", points_lost),
    Said(
        "docs/speed.md",
        "two cores: {:.2f}× a plain",
        lambda: measured("training", rf"{CONV} \| plain PyTorch \| {ONE} \| ({ONE}) "),
    ),
    Said(
        "docs/speed.md",
        "{:.2f}× on a DCGAN",
        lambda: measured("training", rf"{DCGAN} \| plain PyTorch \| {ONE} \| ({ONE}) "),
    ),
    Said(
        "docs/speed.md",
        "it reaches {:.0f} %",
        lambda: measured("training", rf"{DCGAN} \| \+{ONE}% .{{,40}}? {ONE} \| (\d+)%"),
    ),
    Said(
        "docs/speed.md",
        "{:.2f}× torch-mimicry's",
        lambda: measured("training", rf"DCGAN-32, width 32 \| torch-mimicry \| {ONE} \| ({ONE}) "),
    ),
    Said(
        "docs/speed.md", "cost {:.0f} % at most", lambda: (max(measured("training", ".*?".join([r"\+([\d.]+)%"] * 6))),)
    ),
    Said("docs/speed.md", "spends {:.2f} s a stage, at 150 stages as at 600", overhead),
    Said(
        "docs/speed.md",
        "after each stage, {:.1f} s and {:.1f} s",
        lambda: measured(
            "pipeline", r"--force.*?\| 150 \| 30 \| [\d.]+ \| ([\d.]+) .*?\| 600 \| 30 \| [\d.]+ \| ([\d.]+) "
        ),
    ),
    Said(
        "docs/speed.md",
        "10,000 small pictures in mixed formats in {:.1f} s and {:.0f} MB",
        lambda: measured("streaming", rf"after \| 10000 \| ({ONE}) \| {ONE} \| (\d+) "),
    ),
    Said(
        "docs/speed.md",
        "of 250 photographs takes {3:.1f} s instead of {2:.1f} s, alone {1:.1f} s and {0:.1f} s",
        lambda: measured("waiting", "".join(rf"\| {busy} \| [^|]* \| ({ONE}) .*?" for busy in (0, 0, 2, 2))),
    ),
    Said(
        "docs/human.md",
        "200 participants who never pause give {:.0f} answers a second, at a median of {:.0f} ms",
        lambda: measured("human", r"\| 200 \| 0 \| answer \| \d+ \| (\d+) \| (\d+) "),
    ),
    Said(
        "docs/human.md",
        "pause of a second an answer takes {:.0f} ms",
        lambda: measured("human", r"\| 200 \| 1 \| answer \| \d+ \| \d+ \| (\d+) "),
    ),
    Said(
        "docs/evaluate.md",
        "10,000 features of 2,048 dimensions takes {:.1f} s (torch-fidelity {:.1f} s, pytorch-fid {:.0f} s)",
        lambda: known_statistics(10000),
    ),
    Said("docs/evaluate.md", "of 1,000, {:.2f} s ({:.1f} s and {:.0f} s)", lambda: known_statistics(1000)),
    Said("docs/use.md", "Over {} bad inputs", lambda: (len(corpus()) // 100 * 100,)),
    Said(
        "docs/use.md",
        "is a metric (`dvc metrics show`): {:.4f} with",
        lambda: (
            json.loads((ROOT / "reports/extractors/classifier.json").read_text("utf-8"))["classifier"]["accuracy"],
        ),
    ),
]

#: Numbers that no committed file has, with where they come from.
ELSEWHERE = {
    "README.md": {
        "12 minutes 23 s on two cores": "a measurement of the command before it",
        "Apache-2.0": "a licence",
        "CC-BY 4.0": "a licence",
    },
    "docs/boards.md": {
        "8×8": "the images",
        "28×28": "the images",
        "32×32": "the images",
    },
    "docs/known.md": {
        "8 × 8": "the images",
        "1.756 ± 0.013": "the fit prints it; it takes minutes",
        "2.290": "the fit prints it; it takes minutes",
        "below 0: too typical": "a definition",
        "every KL is above 0": "tested with the lowest",
        "Welch's test at 5 %, each by itself": "tested with the bounds",
        "2 × 2 pixels": "a test",
        "sum to 1": "a test",
    },
    "docs/numbers.md": {
        "FID 16.95 and 53.98": "public benchmarks, which are not copied here",
        "a perfect model has 0": "a definition",
        "Tamhane's T2": "a name",
        "it tells 1 apart": "a long test: tests/report/test_null_pair.py",
        "14×14, 200 steps": "a long test: tests/models/test_other_images.py",
        "4.16 ± 0.04": "a long test: tests/models/test_other_images.py",
        "3.07 ± 0.02": "a long test: tests/models/test_other_images.py",
        "CIFAR-10": "a name",
    },
    "docs/laboratories.md": {},
    "docs/speed.md": {"32×32 pixels": "the images"},
}


def prose(document: str) -> str:
    """The text of a document on one line, with minus signs of one kind, without the README's table and code blocks."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for left_out in ("<!-- leaderboard.*?<!-- /leaderboard -->", "```.*?```"):
        text = re.sub(left_out, " ", text, flags=re.DOTALL)
    return " ".join(text.split())


def written(said: Said) -> str:
    """The sentence with the numbers that it must have."""
    return said.sentence.format(*said.numbers()).replace("-0.", "−0.")


@pytest.mark.parametrize("said", SAID, ids=lambda said: f"{said.document}: {said.sentence[:40]}")
def test_a_number_is_that_of_its_source(said: Said) -> None:
    assert written(said) in prose(said.document), f"{said.document}: write “{written(said)}”"


@pytest.mark.parametrize("document", ELSEWHERE)
def test_no_number_is_left_unchecked(document: str) -> None:
    text = prose(document)
    for part in [*(written(said) for said in SAID if said.document == document), *ELSEWHERE[document]]:
        assert part in prose(document), part
        text = text.replace(part, " ")
    plain = re.sub(r"`[^`]*`|\]\([^)]*\)", " ", text)
    assert re.findall(r".{0,30}\d.{0,20}", plain) == [], "put the sentence into SAID, or its source into ELSEWHERE"
