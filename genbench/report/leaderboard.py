"""The leaderboard: the one source of rows for every table, picture and page.

A run's score is the mean over its finished seeds, never the best seed. A seed's number is the mean over the blocks of
images that it drew. Beside the mean stand two spreads: the standard error of the draw, d = √(Σ dᵢ²) / n with dᵢ that of
seed i, and the standard deviation between training seeds, √(s² − Σ dᵢ² / n) with s that of the seeds' numbers.
leaderboard.json, schema 3 (the types below are its documentation):

    schema, profile, dataset, seeds    which benchmark this is
    note         what readers should know first, a sentence; null for nothing
    environment  by package, the version that computed; `python` is the interpreter's minor one
    protocols    by extractor: how its numbers were made, and the floors of its metrics
    columns      one an extractor and metric, in the order of the table
    rows         trained runs, those of them that are told the class, then calibration rows; each by the first column,
                 best first, unfinished runs last
    best         by extractor and metric: the runs that are best among trained rows that finished every seed, more
                 than one where they print the same; in a column with ranks, all of rank 1. Rows that are told the
                 class have a best of their own. Tables of fewer than three seeds mark none
    likelihood   of bits per dimension: images, draws an image, and by kind the best trained runs; null without any
    kl           the same of the divergences from the distribution of the data, where that is known
    representations  how well classes are told from the features that models learnt; null without any
    reconstructions  what encoders and decoders make of real images, and the code vectors in use; null without any
    sweep        quality of runs against the network calls of their samplers; null without one
    human        what people said of the rows' images, and how metrics agree with it; null without answers
    test         by what rows are ranked (:mod:`genbench.report.ranks`); null where no rank is claimed
    conditional_test  the same of the rows that are told the class
    cites        keys of the works that dataset, extractors, metrics and test come from
    pairs        what is translated; null of a dataset without pairs
    published    numbers of papers that are of the rows' methods, each beside the row's own or with the reason why not
    references   by key, every work that a row, the whole or a published number cites

A floor is the metric between real images and as many independent ones, over random resplits. A number that does not
exist is null.
leaderboard.schema.json says all of this to programs. A schema grows by keys. Earlier documents lack the later ones
(notes, ranks, test, best weights, citations, published numbers, versions, families, conditional rows, divergences,
representations, reconstructions, sweeps, people's answers), and readers do without.
Documents of schema 2 are read by the names of this one (:mod:`genbench.report.schema_2`).

Imports nothing that is slow, so that a table in the terminal appears at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import (
    Any,
    Literal,
    NamedTuple,
    NotRequired,  # pydantic asks for it below Python 3.12
)

from typing_extensions import TypedDict

SCHEMA = 3
Kind = Literal["trained", "class-conditional", "calibration"]
SAID: dict[Kind, tuple[str, str]] = {  # of a group's rows, a subject and what is true of them
    "trained": ("", ""),
    "class-conditional": ("Class-conditional rows", "are told the class; they are ranked among themselves."),
    "calibration": ("The calibration rows", "show what the numbers mean."),
}
COMPETING: tuple[Kind, ...] = ("trained", "class-conditional")  # kinds that are ranked, each by itself
SEEDS = 3  # fewer training seeds say nothing of a spread between them


class TeacherSummary(TypedDict):
    """A known distribution that images were drawn from. weights: SHA-256. entropy, error: in bits per dimension."""

    name: str
    weights: str
    entropy: float
    error: float


class DatasetSummary(TypedDict):
    """Images that were modelled. shape: (C, H, W). classes: their names. levels: per channel. counts: by split.

    teacher: null where the distribution of the images is not known.
    """

    name: str
    shape: list[int]
    classes: list[str]
    levels: int
    counts: dict[str, int]
    teacher: NotRequired[TeacherSummary | None]


class PairsSummary(TypedDict):
    """Pairs that are translated. pairing: what makes sources of targets, "" where the dataset has both.

    shape: (C, H, W) of a source. paired: of the training data. attribution: what must be said wherever the images are
    shown, "" where nothing must.
    """

    pairing: str
    shape: list[int]
    paired: bool
    attribution: str


class Floor(TypedDict):
    """A metric between real images and held-out real images, n each, over `resplits` random resplits."""

    mean: float
    sd: float
    low: float
    high: float
    resplits: int
    n: int


class ScoreProtocol(TypedDict):
    """Protocol by which the numbers of one extractor were made.

    name: as headings show it. weights: SHA-256, "" where there are none. options: {metric: {option: value}}.
    floors: by a metric's key.
    """

    extractor: str
    name: str
    weights: str
    resize: str
    reference: str
    n_real: int
    n_fake: int
    options: dict[str, dict[str, Any]]
    floors: dict[str, Floor]


class Heading(TypedDict):
    """One column. heading: label and extractor. low, high: null where unbounded. decimals: digits to print.

    weights: those that it judges, final or best on the validation split.
    """

    extractor: str
    metric: str
    label: str
    heading: str
    better: Literal["lower", "higher", "none"]
    low: float | None
    high: float | None
    fails: str
    headline: bool
    decimals: int
    weights: NotRequired[Literal["final", "best"]]


class Score(TypedDict):
    """Score of a row over n finished seeds.

    mean: null unless each seed has the number. draw: standard error that the draw of images gives the mean, null where
    a cell drew one block. sd: standard deviation between training seeds, without the draw's part; null below three.
    """

    mean: float | None
    draw: NotRequired[float | None]
    sd: float | None
    n: int


class Divergence(TypedDict):
    """Step at which training stopped making sense, and the reason."""

    step: int
    reason: str


class BitsPerDimension(TypedDict):
    """Bits per dimension of the test images, mean and sd over finished seeds. kind, method: of the number."""

    kind: Literal["exact", "lower bound", "estimate"]
    method: str
    mean: float
    sd: float | None


class KnownDivergence(TypedDict):
    """KL(p‖q) of the known distribution p of the data from the model's q in bits per dimension, over finished seeds.

    kind: of the number. mean, sd: over seeds. error: the mean of the seeds' standard errors, each over the same images.
    """

    kind: Literal["exact", "upper bound", "estimate"]
    mean: float
    error: float
    sd: float | None


class LikelihoodSummary(TypedDict):
    """Facts that all likelihoods, or all divergences, share. n: images. draws: an image. best: trained runs by kind."""

    n: int
    draws: int
    best: dict[str, list[str]]


class Accuracies(TypedDict):
    """Shares of test images whose class two classifiers of features tell: a linear probe, and nearest neighbours."""

    probe: float
    neighbours: float


class Baseline(Accuracies):
    """Accuracies of features that no model of the board learnt. size: numbers an image."""

    size: int


class FeatureScores(Accuracies):
    """Scores of features. mig: the mutual information gap of codes and measured attributes, None where no encoder's."""

    mig: NotRequired[float | None]


class Representation(FeatureScores):
    """Scores of the features that a run's models learnt, means over its n finished seeds.

    of: the part that they are from. size: numbers an image. untrained: of the same network with random weights.
    path_length: perceptual path lengths in the spaces of codes that the model has, by space, z or w.
    """

    of: Literal["own", "encoder", "critic", "denoiser"]
    size: int
    n: int
    untrained: FeatureScores
    path_length: NotRequired[dict[str, float]]


class Representations(TypedDict):
    """Features of all runs that have some. n_train, n_reference: images to learn from and to test on. k: neighbours.

    baselines: by name. rows: by run.
    """

    n_train: int
    n_reference: int
    k: int
    baselines: dict[str, Baseline]
    rows: dict[str, Representation]


class CodeBook(TypedDict):
    """Use of `size` code vectors by the images. use: share of them that the images use, 0 to 1.

    perplexity: exp of the entropy of the shares of places that each has, 1 to size.
    """

    size: int
    use: float
    perplexity: float


class Reconstruction(TypedDict):
    """Scores of the reconstructions of a run's models, means over its n finished seeds.

    fid: against the images that they are of. mse: mean squared error of a pixel from 0 to 1. codes: null where codes
    are not quantised.
    """

    fid: float
    mse: float
    codes: CodeBook | None
    n: int


class Reconstructions(TypedDict):
    """Runs whose models have an encoder and a decoder. extractor: that of FID. images: as many as were reconstructed.

    rows: by run.
    """

    extractor: str
    images: int
    rows: dict[str, Reconstruction]


class SweepPoint(TypedDict):
    """A number of steps of a sampler, and the calls of the network an image that they were counted to make.

    scores: by metric, over finished seeds.
    """

    steps: int
    calls: int
    scores: dict[str, Score]


class Sweep(TypedDict):
    """Runs that were sampled anew with several numbers of steps, n_fake images each. rows: by run, fewest steps first.

    extractor: the one of the scores, whose columns say what they are.
    """

    extractor: str
    n_real: int
    n_fake: int
    rows: dict[str, list[SweepPoint]]


class HumanScore(TypedDict):
    """Number with its interval at 95 % over n participants; low, high: null with a single one."""

    mean: float
    low: float | None
    high: float | None
    n: int


class HumanShares(HumanScore):
    """Share of wrong answers in percent, and its parts of generated and of real images."""

    generated: float
    real: float


class HumanScores(TypedDict):
    """Scores of a row by people. infinity: HYPE-infinity. time: HYPE-time, in milliseconds. Null without answers."""

    infinity: HumanShares | None
    time: HumanScore | None


class Tau(TypedDict):
    """Kendall's τ of two orders of `rows` rows, and its interval at 95 %."""

    tau: float
    low: float
    high: float
    rows: int


class Agreement(Tau):
    """Agreement of a metric's order of trained rows with that of a score by people; 1 is the same, better rows first.

    score: key of :class:`HumanScores`. metric: its heading.
    """

    score: Literal["infinity", "time"]
    metric: str


class HumanSummary(TypedDict):
    """People's answers. attentive, inattentive: participants who count, and who do not.

    outdated: by run, people whose answers are of other images than those of now, and do not count. best: by key of
    :class:`HumanScores`, the best trained runs. approximations: by heading and run, numbers that take the place of
    people elsewhere.
    """

    attentive: int
    inattentive: int
    outdated: dict[str, int]
    best: dict[str, list[str]]
    approximations: dict[str, dict[str, float]]
    agreements: list[Agreement]


class RankTest(TypedDict):
    """Test by which rows are ranked. detectable, freedom, untested: by column_key, of the columns that have ranks.

    level: of all pairs of rows in a column together. seeds: a row. detectable: the ratio of two rows' geometric means
    from which on they are told apart. untested: by run, why a trained row is not in the test. sentence: all in words.
    """

    name: str
    level: float
    seeds: int
    detectable: dict[str, float]
    freedom: dict[str, int]
    untested: dict[str, dict[str, str]]
    sentence: str


class Reference(TypedDict):
    """A work. booktitle, journal, howpublished: where it appeared, "" where that does not apply."""

    authors: list[str]
    title: str
    year: int
    booktitle: str
    journal: str
    howpublished: str
    arxiv: str
    doi: str


class Published(TypedDict):
    """A number of a paper. run: the row whose method it is, "" where there is none. source: a key of `references`.

    protocol: how it was made, null or "" where that is not on record. own: the row's number. reasons: why the two are
    not comparable, none where they are. differences: what is then not the same. decimals: digits to print.
    """

    run: str
    method: str
    metric: str
    value: float
    sd: float | None
    decimals: int
    source: str
    where: str
    protocol: dict[str, str | int | None]
    own: float | None
    reasons: list[str]
    differences: list[str]


class SeedResult(TypedDict):
    """One seed of a run. scores: by extractor and metric, null where missing or diverged. draws: their standard errors.

    operations: floating-point operations of the training. sample_operations, network_calls: of drawing one image.
    best_step: that of the best weights, null for a model that is not asked on the validation split. decay: of the
    averaged weights at the last step, null for a model without training. kl: null where the distribution of the data is
    not known, or the model has no likelihood.
    """

    seed: int
    diverged: Divergence | None
    best_step: NotRequired[int | None]
    scores: dict[str, dict[str, float | None]]
    draws: NotRequired[dict[str, dict[str, float | None]]]
    steps: int | None
    operations: NotRequired[float | None]
    sample_operations: NotRequired[float | None]
    network_calls: NotRequired[int | None]
    images_seen: int | None
    decay: NotRequired[float | None]
    parameters: int | None
    bits_per_dimension: float | None
    kl: NotRequired[float | None]


class Row(TypedDict):
    """One run. options: its entry in the catalogue. scores: by extractor and metric, over cells that finished.

    conditional: True for a trained model whose images are drawn with a class each, which tables keep apart. family: the
    kind of model, by which the page filters rows. ranks: by column_key, 1 + the number of rows that are
    significantly better, only where a rank is claimed. cites: keys of works. notes: what a reader should know of the
    run, a sentence each: where its options come from, where its bound is unsafe.
    """

    run: str
    model: str
    family: NotRequired[str]
    calibration: bool
    conditional: NotRequired[bool]
    options: dict[str, Any]
    scores: dict[str, dict[str, Score]]
    ranks: NotRequired[dict[str, int]]
    likelihood: BitsPerDimension | None
    kl: NotRequired[KnownDivergence | None]
    human: NotRequired[HumanScores | None]
    cites: NotRequired[list[str]]
    notes: list[str]
    cells: list[SeedResult]


class Leaderboard(TypedDict):
    """The whole document; see the module."""

    schema: int
    profile: str
    note: NotRequired[str | None]
    dataset: DatasetSummary
    seeds: list[int]
    environment: NotRequired[dict[str, str]]
    protocols: dict[str, ScoreProtocol]
    columns: list[Heading]
    rows: list[Row]
    best: dict[str, dict[str, list[str]]]
    likelihood: LikelihoodSummary | None
    kl: NotRequired[LikelihoodSummary | None]
    representations: NotRequired[Representations | None]
    reconstructions: NotRequired[Reconstructions | None]
    sweep: NotRequired[Sweep | None]
    human: NotRequired[HumanSummary | None]
    test: NotRequired[RankTest | None]
    conditional_test: NotRequired[RankTest | None]
    cites: NotRequired[list[str]]
    references: NotRequired[dict[str, Reference]]
    published: NotRequired[list[Published]]
    pairs: NotRequired[PairsSummary | None]


def column_key(column: Heading) -> str:
    """Name a column as `ranks` and `test` do: "classifier.fid"."""
    return f"{column['extractor']}.{column['metric']}"


def score(row: Row, column: Heading) -> Score:
    """Give a row's number in a column."""
    return row["scores"][column["extractor"]][column["metric"]]


def best_first(rows: Sequence[Row], column: Heading) -> list[Row]:
    """Sort the rows that have a number in a column by it; equal ones stay as they are."""
    sign = -1 if column["better"] == "higher" else 1
    found = [(sign * mean, row) for row in rows if (mean := score(row, column)["mean"]) is not None]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def other_rulers(board: Leaderboard, column: Heading) -> list[Heading]:
    """List the columns of the same metric under every other extractor."""
    return [
        other
        for other in board["columns"]
        if other["metric"] == column["metric"] and other["extractor"] != column["extractor"]
    ]


def above_floor(board: Leaderboard, row: Row, column: Heading) -> float | None:
    """Compute a row's score less the column's floor; None without a score or a floor."""
    mean, floor = score(row, column)["mean"], board["protocols"][column["extractor"]]["floors"].get(column["metric"])
    return None if mean is None or floor is None else mean - floor["mean"]


def rank(row: Row, column: Heading) -> int | None:
    """Give a row's rank in a column, None where none is claimed."""
    return row.get("ranks", {}).get(column_key(column))


def has_ranks(board: Leaderboard, column: Heading) -> bool:
    """Return whether any row has a rank in a column."""
    return any(column_key(column) in test["detectable"] for test in tests(board))


def ties(board: Leaderboard, row: Row, column: Heading) -> int:
    """Count the other rows of its kind that have the same rank in a column."""
    ranks = [rank(other, column) for other in of_kind(board["rows"], kind(row))]
    return 0 if rank(row, column) is None else ranks.count(rank(row, column)) - 1


def rank_group(board: Leaderboard, row: Row, column: Heading) -> int:
    """Number the ranks that rows of its kind have in a column, best first from 0; -1 for a row without one."""
    ranks = {rank(other, column) for other in of_kind(board["rows"], kind(row))} - {None}
    mine = rank(row, column)
    return -1 if mine is None else sum(1 for other in ranks if other is not None and other < mine)


def marks_best(board: Leaderboard) -> bool:
    """Return whether tables mark the best rows: what is first by fewer seeds may be so by chance."""
    return len(board["seeds"]) >= SEEDS


def is_best(board: Leaderboard, row: Row, column: Heading) -> bool:
    """Return whether a row is marked as the best of a column."""
    return marks_best(board) and row["run"] in board["best"][column["extractor"]][column["metric"]]


def finished(row: Row) -> list[SeedResult]:
    """Select the cells whose training did not diverge."""
    return [cell for cell in row["cells"] if cell["diverged"] is None]


def headline(board: Leaderboard) -> list[Heading]:
    """Select the columns that a table shows by default; all of them where none is marked so."""
    return [column for column in board["columns"] if column["headline"]] or board["columns"]


def trained(board: Leaderboard) -> list[Row]:
    """Select the rows of models that were trained."""
    return [row for row in board["rows"] if not row["calibration"]]


class Group(NamedTuple):
    """Rows that stand together in a table, and are marked and ranked among themselves."""

    kind: Kind
    rows: list[Row]

    @property
    def sentence(self) -> str:
        """Words on the group; "" for the trained rows, which need none."""
        return " ".join(SAID[self.kind]).strip()


def kind(row: Row) -> Kind:
    """Return the kind of a row, by which tables group it."""
    if row["calibration"]:
        return "calibration"
    return "class-conditional" if row.get("conditional") else "trained"


def of_kind(rows: Sequence[Row], wanted: Kind) -> list[Row]:
    """Select the rows of one kind."""
    return [row for row in rows if kind(row) == wanted]


def groups(board: Leaderboard) -> list[Group]:
    """Group the rows as tables show them, in order; kinds without rows are left out, but for the first."""
    every = [Group(each, of_kind(board["rows"], each)) for each in SAID]
    return [group for group in every if group.rows or group.kind == "trained"]


def tests(board: Leaderboard) -> list[RankTest]:
    """Give the tests by which rows are ranked, that of class-conditional rows last."""
    return [test for test in (board.get("test"), board.get("conditional_test")) if test]


def calibration(board: Leaderboard) -> list[Row]:
    """Select the rows that show what the numbers mean: real images, noise, copies."""
    return [row for row in board["rows"] if row["calibration"]]
