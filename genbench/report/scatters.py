"""The charts of the page: which quantities of runs are drawn against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, stdev

from scipy.stats import kendalltau

from genbench.report import likelihood
from genbench.report.costs import Cost, duration, rounded
from genbench.report.leaderboard import Heading, Leaderboard, Row, has_ranks, headline, rank, score, trained
from genbench.report.points import Measure, Scatter, Value, Values, scatter
from genbench.report.printed import full

Costs = Mapping[str, Sequence[Cost]]  # by run, one a seed


def scatters(board: Leaderboard, costs: Costs) -> list[Scatter]:
    """All that there are numbers for, of the final weights."""
    column = headline(board)[0]
    found = [_precision_recall(board, column["extractor"])]
    if column["better"] == "lower" and column["low"] == 0.0:
        quality = _quality(board, column)
        found += [_against_likelihood(board, quality), _against_training(board, quality, costs)]
        found += [_against_sampling(board, quality, costs)]
    found += [_rank_against_training(board, column, costs), *_agreement(board, column)]
    return [one for one in found if one]


def _precision_recall(board: Leaderboard, extractor: str) -> Scatter | None:
    columns = {column["metric"]: column for column in board["columns"] if column["extractor"] == extractor}
    if not {"precision", "recall"} <= columns.keys():
        return None
    recall, precision = (
        Measure(columns[key]["label"], _scores(board, columns[key]), "higher") for key in ("recall", "precision")
    )
    caption = (
        "Precision: the share of samples that lie among real images. Recall: the share of real images that lie among "
        "samples."
    )
    return scatter("Precision against recall", caption, board["rows"], recall, precision)


def _quality(board: Leaderboard, column: Heading) -> Measure:
    return Measure(column["heading"], _scores(board, column, positive=True), "lower", logarithmic=True)


def _against_likelihood(board: Leaderboard, quality: Measure) -> Scatter | None:
    bits = {
        row["run"]: Value(said["mean"], said["sd"] or 0.0, f"{likelihood.text(row)} bits/dim ({said['kind']})")
        for row in board["rows"]
        if (said := row["likelihood"])
    }
    caption = (
        "Left predicts test images better, below looks more like them. Some bits are exact, others an upper bound or "
        "an estimate, so the line is no strict order: a point's title says which."
    )
    x = Measure(likelihood.HEADING, bits, "lower")
    return scatter("Quality against likelihood", caption, board["rows"], x, quality)


def _against_training(board: Leaderboard, quality: Measure, costs: Costs) -> Scatter | None:
    caption = "Wall clock a seed, on the machine that made this page."
    return scatter("Quality against training time", caption, board["rows"], _training(costs), quality)


def _against_sampling(board: Leaderboard, quality: Measure, costs: Costs) -> Scatter | None:
    images = board["protocols"][headline(board)[0]["extractor"]]["n_fake"]
    rates = _measured(
        costs, lambda cost: cost.images_per_second(images), lambda mean: f"{rounded(mean)} samples a second"
    )
    x = Measure("samples a second", rates, "higher", logarithmic=True)
    caption = "How fast a trained model draws images, on the machine that made this page."
    return scatter("Quality against cost of sampling", caption, trained(board), x, quality)


def _rank_against_training(board: Leaderboard, column: Heading, costs: Costs) -> Scatter | None:
    places = Measure(_placing(board, column), _places(board, column), "lower", whole=True)
    caption = "What more time buys: the first place is on top."
    return scatter("Rank against training time", caption, trained(board), _training(costs), places)


def _agreement(board: Leaderboard, column: Heading) -> list[Scatter | None]:
    """The first column's order of runs against that of the same metric under every other extractor."""
    others = [
        other
        for other in board["columns"]
        if other["metric"] == column["metric"] and other["extractor"] != column["extractor"]
    ]
    return [_agree(board, column, other) for other in others]


def _agree(board: Leaderboard, column: Heading, other: Heading) -> Scatter | None:
    one, two = _order(board, column), _order(board, other)
    shared = [run for run in one if run in two]
    if len(shared) < 3:
        return None
    tau = kendalltau([one[run].mean for run in shared], [two[run].mean for run in shared]).statistic
    names = [board["protocols"][each["extractor"]]["name"] for each in (column, other)]
    caption = (
        f"Each run's place by mean {column['label']} under two rulers: on the line they agree. Kendall's τ {tau:.2f} "
        "(1: the same order, 0: none in common)."
    )
    x, y = (
        Measure(f"place, {name}", values, "lower", whole=True) for name, values in zip(names, (one, two), strict=True)
    )
    title = f"Rank agreement: {names[1]} against {names[0]}"
    return scatter(title, caption, trained(board), x, y, diagonal=True)


def _training(costs: Costs) -> Measure:
    def seconds(cost: Cost) -> float | None:
        return cost.train_seconds if cost.steps_per_second else None  # a calibration row trains nothing

    values = _measured(costs, seconds, lambda mean: f"{duration(mean)} of training")
    return Measure("seconds of training", values, "lower", logarithmic=True)


def _measured(costs: Costs, of: Callable[[Cost], float | None], words: Callable[[float], str]) -> dict[str, Value]:
    """By run, of the seeds of which it is known; 0 says that a clock was too coarse, and fits on no axis."""
    known = {run: [value for cost in each if (value := of(cost))] for run, each in costs.items()}
    return {
        run: Value(fmean(each), stdev(each) if len(each) > 1 else 0.0, words(fmean(each)))
        for run, each in known.items()
        if each
    }


def _scores(board: Leaderboard, column: Heading, *, positive: bool = False) -> dict[str, Value]:
    return {
        row["run"]: Value(mean, score(row, column)["sd"] or 0.0, f"{column['label']} {full(row, column)}")
        for row in board["rows"]
        if (mean := score(row, column)["mean"]) is not None and (mean > 0 or not positive)
    }


def _placing(board: Leaderboard, column: Heading) -> str:
    return f"rank in {column['label']}" if has_ranks(board, column) else f"place by mean {column['label']}"


def _places(board: Leaderboard, column: Heading) -> Values:
    """The ranks that are claimed, else the order of means."""
    if not has_ranks(board, column):
        return _order(board, column)
    claimed = {row["run"]: rank(row, column) for row in trained(board)}
    return {run: Value(place, 0.0, f"rank {place}") for run, place in claimed.items() if place is not None}


def _order(board: Leaderboard, column: Heading) -> dict[str, Value]:
    """The places of trained runs by their means, ties in the order of the table."""
    sign = -1 if column["better"] == "higher" else 1

    def mean(row: Row) -> float:
        return sign * (score(row, column)["mean"] or 0.0)

    rows = sorted((row for row in trained(board) if score(row, column)["mean"] is not None), key=mean)
    return {row["run"]: Value(place, 0.0, f"place {place} by {column['heading']}") for place, row in enumerate(rows, 1)}
