"""The charts of the page: the pairs of quantities that are drawn against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, stdev

from scipy.stats import kendalltau

from genbench.report import likelihood
from genbench.report.costs import Cost, duration, rounded
from genbench.report.leaderboard import (
    Heading,
    Leaderboard,
    Row,
    best_first,
    has_ranks,
    headline,
    of_kind,
    other_rulers,
    rank,
    score,
    trained,
)
from genbench.report.points import Measure, Scatter, Value, Values, scatter
from genbench.report.printed import full

Costs = Mapping[str, Sequence[Cost]]  # by run, one for each seed


def scatters(board: Leaderboard, costs: Costs) -> list[Scatter]:
    """Make all charts that have numbers, for the final weights."""
    column = headline(board)[0]
    charts = [_precision_recall(board, column["extractor"])]
    if column["better"] == "lower" and column["low"] == 0.0:
        quality = _quality(board, column)
        charts += [_against_likelihood(board, quality), _against_training(board, quality, costs)]
        charts += [_against_sampling(board, quality, costs)]
    charts += [_rank_against_training(board, column, costs), *_agreement(board, column)]
    return [chart for chart in charts if chart]


def _precision_recall(board: Leaderboard, extractor: str) -> Scatter | None:
    columns = {column["metric"]: column for column in board["columns"] if column["extractor"] == extractor}
    if not {"precision", "recall"} <= columns.keys():
        return None
    recall, precision = (
        Measure(columns[key]["label"], _scores(board, columns[key]), "higher") for key in ("recall", "precision")
    )
    caption = (
        "Precision is the share of samples that lie among real images. Recall is the share of real images that lie "
        "among samples."
    )
    return scatter("Precision against recall", caption, board["rows"], recall, precision)


def _quality(board: Leaderboard, column: Heading) -> Measure:
    return Measure(column["heading"], _scores(board, column, positive=True), "lower", logarithmic=True)


def _against_likelihood(board: Leaderboard, quality: Measure) -> Scatter | None:
    kinds = likelihood.KINDS_OF_BITS
    bits = {
        row["run"]: Value(
            known["mean"], known["sd"] or 0.0, f"{likelihood.LIKELIHOOD.text(row)} bits/dim ({kinds[known['kind']]})"
        )
        for row in board["rows"]
        if (known := row["likelihood"])
    }
    caption = (
        "Runs on the left predict test images better, and samples of runs further down look more like them. Some bits "
        "are exact, others are an upper bound or an estimate, so the line is no strict order; the title of a point "
        "names the kind."
    )
    x = Measure(likelihood.LIKELIHOOD.heading, bits, "lower")
    return scatter("Quality against likelihood", caption, board["rows"], x, quality)


def _against_training(board: Leaderboard, quality: Measure, costs: Costs) -> Scatter | None:
    caption = "Training time is the wall clock of one seed on the machine that made this page."
    return scatter("Quality against training time", caption, board["rows"], _training(costs), quality)


def _against_sampling(board: Leaderboard, quality: Measure, costs: Costs) -> Scatter | None:
    rates = _measured(costs, lambda cost: cost.images_per_second, lambda mean: f"{rounded(mean)} samples per second")
    x = Measure("samples per second", rates, "higher", logarithmic=True)
    caption = "The rate is that at which a trained model draws images on the machine that made this page."
    return scatter("Quality against cost of sampling", caption, trained(board), x, quality)


def _rank_against_training(board: Leaderboard, column: Heading, costs: Costs) -> Scatter | None:
    ranks = Measure(_rank_name(board, column), _ranks(board, column), "lower", whole=True)
    caption = "Each point has the rank of a run and its training time; rank 1 is on top."
    return scatter("Rank against training time", caption, _ranked_together(board), _training(costs), ranks)


def _agreement(board: Leaderboard, column: Heading) -> list[Scatter | None]:
    """Compare the first column's order of runs with that of the same metric under every other extractor."""
    return [_agree(board, column, other) for other in other_rulers(board, column)]


def _agree(board: Leaderboard, column: Heading, other: Heading) -> Scatter | None:
    orders = [_order(board, column), _order(board, other)]
    shared = [run for run in orders[0] if run in orders[1]]
    if len(shared) < 3:
        return None
    tau = kendalltau(*([order[run].mean for run in shared] for order in orders)).statistic
    names = [board["protocols"][each["extractor"]]["name"] for each in (column, other)]
    caption = (
        f"Each run has a rank by mean {column['label']} under each of two extractors, which agree on the line. "
        f"Kendall's τ is {tau:.2f} (1 for the same order, 0 for unrelated orders)."
    )
    x, y = (Measure(f"rank, {name}", values, "lower", whole=True) for name, values in zip(names, orders, strict=True))
    title = f"Rank agreement: {names[1]} against {names[0]}"
    return scatter(title, caption, _ranked_together(board), x, y, diagonal=True)


def _training(costs: Costs) -> Measure:
    def seconds(cost: Cost) -> float | None:
        return cost.train_seconds if cost.steps_per_second else None  # a calibration row trains nothing

    values = _measured(costs, seconds, lambda mean: f"{duration(mean)} of training")
    return Measure("seconds of training", values, "lower", logarithmic=True)


def _measured(costs: Costs, of: Callable[[Cost], float | None], words: Callable[[float], str]) -> dict[str, Value]:
    """Give a value by run, over the seeds where it is known; 0 comes from a coarse clock and fits on no axis."""
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


def _ranked_together(board: Leaderboard) -> list[Row]:
    """Select the trained rows that are not told the class."""
    return of_kind(board["rows"], "trained")


def _rank_name(board: Leaderboard, column: Heading) -> str:
    return f"rank in {column['label']}" if has_ranks(board, column) else f"rank by mean {column['label']}"


def _ranks(board: Leaderboard, column: Heading) -> Values:
    """Give the ranks of the test, or else those by mean."""
    if not has_ranks(board, column):
        return _order(board, column)
    claimed = {row["run"]: rank(row, column) for row in _ranked_together(board)}
    return {run: Value(known, 0.0, f"rank {known}") for run, known in claimed.items() if known is not None}


def _order(board: Leaderboard, column: Heading) -> dict[str, Value]:
    """Rank runs by their means, ties in the order of the table."""
    rows = best_first(_ranked_together(board), column)
    return {row["run"]: Value(index, 0.0, f"rank {index} by {column['heading']}") for index, row in enumerate(rows, 1)}
