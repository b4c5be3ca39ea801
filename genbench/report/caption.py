"""The caption of a leaderboard: its protocol in words, the same in every format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from genbench.report import further, ranks
from genbench.report.best_weights import of_best_weights
from genbench.report.leaderboard import (
    SEEDS,
    DatasetSummary,
    Heading,
    Leaderboard,
    PairsSummary,
    Row,
    ScoreProtocol,
    groups,
    headline,
    marks_best,
    tests,
    trained,
)
from genbench.report.printed import number
from genbench.text import MISSING

HASH = 12  # characters shown of a SHA-256
BEST_WEIGHTS = (
    "Columns of this name judge the weights that were best on the validation split: by likelihood where a model has "
    "one, else by a kernel discrepancy of pixels, and never by the extractor. The other columns judge the final "
    "weights."
)


def caption(board: Leaderboard) -> list[tuple[str, str]]:
    """Give (term, text) pairs: everything that must be equal before another number may be compared with these."""
    protocols = list(board["protocols"].values())
    pairs = [("Dataset", _dataset(board["dataset"]))]
    if of_pairs := board.get("pairs"):
        pairs += [("Pairs", _pairs(of_pairs, board["dataset"]))]
        pairs += [("Attribution", of_pairs["attribution"])] if of_pairs["attribution"] else []
    pairs += [(f"Features, {protocol['name']}", _features(protocol)) for protocol in protocols]
    pairs += [("Images", _images(protocols[0]))]
    pairs += [(f"Options, {protocol['name']}", _options(protocol)) for protocol in protocols]
    floors = [(f"Floor, {column['heading']}", _floor(board, column)) for column in board["columns"]]
    pairs += [(term, text) for term, text in floors if text]
    pairs += further.caption(board)
    pairs += (
        [("Tuning", _tuning(rows))] if (rows := [row for row in trained(board) if "tuned_on" in row["options"]]) else []
    )
    judged = any(of_best_weights(column["metric"]) for column in board["columns"])
    pairs += [("Best weights", BEST_WEIGHTS)] if judged else []
    pairs += [("Rows", _rows(board)), ("Ranks", ranks.sentence(board))]
    pairs += [("Versions", _versions(board["environment"]))] if "environment" in board else []
    return pairs


def lead(board: Leaderboard) -> str:
    """Introduce the table in two to four sentences."""
    seeds, rows = len(board["seeds"]), len(trained(board))
    rivals = "translation" if board.get("pairs") else "generative model"
    text = f"This table compares {rows} {rivals}{'s' * (rows != 1)}, each trained with {seeds} "
    text += f"seed{'s' * (seeds != 1)}, with real images that no model saw in training."
    text += " Scores of pairs compare each output with the true target of its source." if board.get("pairs") else ""
    for column in headline(board):
        if floor := board["protocols"][column["extractor"]]["floors"].get(column["metric"]):
            mean, sd = (number(floor[key], column["decimals"]) for key in ("mean", "sd"))
            return f"{text} Other real images score {mean} ± {sd} in {column['heading']}; this is the floor."
    return text


def failures(board: Leaderboard) -> list[tuple[str, str]]:
    """Give (label, sentence): the known failure of each metric."""
    known = {column["label"]: column["fails"] for column in board["columns"] if column["fails"]}
    return list((known | {other.heading: other.fails for other in further.shown(board)}).items())


def _dataset(dataset: DatasetSummary) -> str:
    channels, height, width = dataset["shape"]
    kind = "grey" if channels == 1 else "colour"
    counts = ", ".join(f"{split} {count}" for split, count in dataset["counts"].items())
    levels = f"{dataset['levels']} grey levels" + ("" if channels == 1 else " per channel")
    classes = f"{len(dataset['classes'])} classes"
    images = f"{dataset['name']}, {height}×{width} {kind} images, {levels}, {classes} ({counts})"
    if teacher := dataset.get("teacher"):
        entropy = f"{teacher['entropy']:.4f} ± {teacher['error']:.4f} bits/dim"
        images += f", drawn from the teacher {teacher['name']}, weights {teacher['weights'][:HASH]}, entropy {entropy}"
    return images


def _pairs(pairs: PairsSummary, dataset: DatasetSummary) -> str:
    channels, height, width = pairs["shape"]
    made = f"made of their targets by {pairs['pairing']}" if pairs["pairing"] else "of the dataset itself"
    apart = "" if pairs["paired"] else " Sources and targets of the training data are of different images."
    return (
        f"Sources are {made}, {height}×{width} {'grey' if channels == 1 else 'colour'} images.{apart} Each of the "
        f"{dataset['counts'].get('held_out', MISSING)} sources of the split held_out is translated once, and a score "
        "of pairs is the mean over them."
    )


def _features(protocol: ScoreProtocol) -> str:
    weights = f"weights {protocol['weights'][:HASH]}" if protocol["weights"] else "no weights"
    return f"extractor {protocol['extractor']}, {weights}, resize {protocol['resize']}"


def _images(protocol: ScoreProtocol) -> str:
    return (
        f"{protocol['n_real']} real images of the split {protocol['reference']}, which no model saw in training, are "
        f"compared with blocks of {protocol['n_fake']} images of each run and seed."
    )


def _options(protocol: ScoreProtocol) -> str:
    given = {metric: _values(options, protocol["n_fake"]) for metric, options in protocol["options"].items() if options}
    return "; ".join(f"{metric}: {values}" for metric, values in given.items()) or MISSING


def _values(options: Mapping[str, Any], n: int) -> str:
    """Print options as "k 3"; splits come with the number of images in each, because the score depends on it."""
    words = [f"{name} {value}" for name, value in options.items()]
    if isinstance(options.get("splits"), int) and options["splits"] > 0:
        words.append(f"{n // options['splits']} images per split")
    return ", ".join(words)


def _tuning(rows: Sequence[Row]) -> str:
    """Tell which rows have options that were searched for; earlier leaderboards do not say it."""
    tuned = [row["run"] for row in rows if row["options"]["tuned_on"]]
    if not tuned:
        return "The options of all trained rows are defaults, set by hand; no search chose them."
    others = " The options of the other trained rows are defaults, set by hand." if len(tuned) < len(rows) else ""
    return (
        f"The options of {', '.join(tuned)} were found by random search, the same for every run, scored on the split "
        f"validation of this dataset.{others}"
    )


def _versions(environment: Mapping[str, str]) -> str:
    names = {name: "Python" if name == "python" else name for name in sorted(environment)}
    return ", ".join(f"{names[name]} {environment[name]}" for name in names)


def _floor(board: Leaderboard, column: Heading) -> str:
    floor = board["protocols"][column["extractor"]]["floors"].get(column["metric"])
    if not floor:
        return ""
    mean, sd, low, high = (number(floor[key], column["decimals"]) for key in ("mean", "sd", "low", "high"))
    return (
        f"{mean} ± {sd} between real images and held-out real images, {floor['n']} each, over {floor['resplits']} "
        f"random resplits ({low} to {high}). − floor is a row's number less {mean}."
    )


def spreads(board: Leaderboard) -> str:
    """Say what the numbers are means over, and what the two spreads beside them are, as far as there are any."""
    numbers = ", ".join(str(seed) for seed in board["seeds"])
    text = (
        f"the mean over the training seeds {numbers}" if len(board["seeds"]) > 1 else f"that of training seed {numbers}"
    )
    scores = [cell for row in board["rows"] for metrics in row["scores"].values() for cell in metrics.values()]
    sentences = [f"Each number is {text}."]
    if any(cell.get("draw") is not None for cell in scores):
        over = "pairs, or over blocks" if board.get("pairs") else "blocks"
        sentences += [f"After ± stands the standard error that the draw of images gives it, by the spread over {over}."]
    if any(cell["sd"] is not None for cell in scores):
        sentences += ["In brackets stands the standard deviation between training seeds, without the draw's part."]
    return " ".join(sentences)


def _rows(board: Leaderboard) -> str:
    tied = ", and all runs that the test finds no run better than" if tests(board) else ""
    apart = "".join(f" {group.sentence}" for group in groups(board) if group.kind == "class-conditional")
    marked = f"The column's arrow marks the best trained run of those that finished every seed{tied}."
    if not marks_best(board):
        marked = f"No run is marked as the best, because fewer than {SEEDS} seeds say too little of chance."
    return f"{spreads(board)} {marked}{apart} {MISSING} stands for a number that does not exist."
