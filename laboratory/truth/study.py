"""The records of the study, put together: what metrics say of rows and of spoilt draws, and the truths about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from genbench.metrics import Column
from laboratory.metrics.verdicts import MIDDLE
from laboratory.truth import orders, sight
from laboratory.truth.board import MAIN, Values
from laboratory.truth.measure import Scores
from laboratory.truth.options import Options
from laboratory.truth.orders import Agreement, Pairs
from laboratory.truth.sight import Responses
from laboratory.truth.spoilt import Row

#: Numbers that repeat others or belong to them.
ASIDE = ("classes", "class_tv", "classifier_p", "inception_score_single")
#: The ruler of numbers that are made with the known distribution itself.
TEACHER = "teacher"

Measured = Mapping[str, Mapping[str, Mapping[str, Scores]]]  # by ruler, run, and seed as text
ByCount = Mapping[int, Mapping[str, Values]]  # by number of images, then key; turned so that larger is worse


def shown(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Select the numbers that can be better or worse, in their order."""
    return {k: c for k, c in columns.items() if k not in ASIDE and (c.better != "none" or k in MIDDLE)}


class Order(NamedTuple):
    """Agreement of a metric with a truth. trained: over the trained rows alone, without calibration rows."""

    ruler: str
    n: int
    key: str
    truth: str
    trained: bool
    found: Agreement


@dataclass(frozen=True)
class Study:
    """Everything that the page is made of.

    columns: of the metrics, by key. truths: by key. kinds: of KL, by run. measured: numbers of the rows. calibration:
    the rows that are not trained. draws: rows of spoilt draws by ruler, with `TEACHER`. spoilt: the truth about those.
    """

    dataset: str
    options: Options
    columns: Mapping[str, Column]
    truths: Mapping[str, Values]
    kinds: Mapping[str, str]
    measured: Measured
    calibration: Collection[str]
    draws: Mapping[str, Sequence[Row]]
    spoilt: Sequence[Row]

    @cached_property
    def last(self) -> int:
        """The largest number of images."""
        return max(self.options.measuring.counts)

    @cached_property
    def rows(self) -> dict[str, ByCount]:
        """The turned numbers of all rows of which every seed has one, by ruler, number of images and key."""
        return {ruler: self._by_count(by_run) for ruler, by_run in self.measured.items()}

    def _by_count(self, by_run: Mapping[str, Mapping[str, Scores]]) -> dict[int, dict[str, Values]]:
        found: dict[int, dict[str, Values]] = {}
        for n in self.options.measuring.counts:
            by_key = {key: _whole(by_run, str(n), key) for key in self.columns}
            found[n] = {key: orders.turned(of, key, self.columns[key]) for key, of in by_key.items() if of}
        return found

    @cached_property
    def orders(self) -> list[Order]:
        """The agreements of every metric with every truth by ruler and number of images, of all and of trained rows."""
        return list(self._orders())

    def _orders(self) -> Iterator[Order]:
        for ruler, by_count in self.rows.items():
            for n, by_key in by_count.items():
                for key, values in by_key.items():
                    for truth, of in self.truths.items():
                        for trained in (False, True):
                            kept = {run: v for run, v in of.items() if not (trained and run in self.calibration)}
                            found = orders.agreement(values, kept, self.options.orders.resamples)
                            if found:
                                yield Order(ruler, n, key, truth, trained, found)

    @cached_property
    def _found(self) -> dict[tuple[Any, ...], Agreement]:
        return {each[:5]: each.found for each in self.orders}

    def agreement(
        self, ruler: str, key: str, truth: str = MAIN, n: int | None = None, *, trained: bool = False
    ) -> Agreement | None:
        """Look an agreement up; n: None for the largest number of images."""
        return self._found.get((ruler, self.last if n is None else n, key, truth, trained))

    def ranked(self) -> list[Order]:
        """List the agreements with the main truth at the largest number of images, over all rows, the best first."""
        mine = [o for o in self.orders if (o.n, o.truth, o.trained) == (self.last, MAIN, False)]
        return sorted(mine, key=lambda order: -order.found.tau)

    def largest(self, ruler: str, key: str) -> int | None:
        """Find the largest number of images that a metric was measured at under a ruler."""
        return max((n for n, by_key in self.rows.get(ruler, {}).items() if key in by_key), default=None)

    def settled(self, ruler: str, key: str) -> tuple[int, dict[int, float]] | None:
        """See :func:`orders.settled`; of the trained and calibration rows together."""
        by_count = {n: by_key[key] for n, by_key in self.rows[ruler].items() if key in by_key}
        return orders.settled(by_count, self.options.orders.alike) if by_count else None

    def pairs(self, ruler: str, key: str) -> Pairs | None:
        """Count the pairs of rows that a metric gets wrong at its largest number of images, by the main truth."""
        n = self.largest(ruler, key)
        return None if n is None else orders.pairs(self.rows[ruler][n][key], self.truths[MAIN])

    @cached_property
    def responses(self) -> dict[str, dict[int, Responses]]:
        """The responses to spoilings, by ruler and number of images."""
        kinds = list(self.options.spoilings.strengths)
        return {
            ruler: {
                n: sight.responses([row for row in rows if row["n"] == n], self.columns, kinds)
                for n in self.options.measuring.counts
            }
            for ruler, rows in self.draws.items()
        }


def _whole(by_run: Mapping[str, Mapping[str, Scores]], n: str, key: str) -> Values:
    """Select the runs of which every seed has a number."""
    found = {}
    for run, seeds in by_run.items():
        values = [scores[n][key] for scores in seeds.values() if key in scores.get(n, {})]
        if seeds and len(values) == len(seeds):
            found[run] = values
    return found
