"""The study's numbers as tables, a row for each number."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean, pstdev
from typing import Any

import pandas as pd

from genbench.report.frames import frame
from laboratory.truth import sight
from laboratory.truth.study import Study

DIGITS = 6  # significant ones of a number in a CSV file
OF_SPOILT = ("kl", "js", "tv", "known_class_tv", "surprise")


def every(study: Study) -> dict[str, pd.DataFrame]:
    """Make all tables, by the name of their file."""
    return {
        "orders": orders(study),
        "models": models(study),
        "truths": truths(study),
        "pairs": pairs(study),
        "spoilings": spoilings(study),
        "spoiling_truths": spoiling_truths(study),
    }


def orders(study: Study) -> pd.DataFrame:
    """Tabulate τ with its interval by ruler, number of images, metric, truth and rows."""
    rows = [
        (o.ruler, o.n, o.key, o.truth, "trained" if o.trained else "all", o.found.rows, *o.found[:3])
        for o in study.orders
    ]
    return frame(["ruler", "n", "metric", "truth", "rows", "number", "tau", "low", "high"], rows)


def models(study: Study) -> pd.DataFrame:
    """Tabulate mean and standard deviation over seeds (n) by ruler, run, number of images and metric."""
    rows = []
    for ruler, by_run in study.measured.items():
        for run, seeds in by_run.items():
            for n in study.options.measuring.counts:
                for key in study.columns:
                    found = [of[str(n)][key] for of in seeds.values() if key in of.get(str(n), {})]
                    rows += [(ruler, run, n, key, len(found), fmean(found), pstdev(found))] if found else []
    return frame(["ruler", "run", "n", "metric", "seeds", "mean", "sd"], rows)


def truths(study: Study) -> pd.DataFrame:
    """Tabulate the truths by run and seed."""
    seeds = range(max(len(of) for by_run in study.truths.values() for of in by_run.values()))
    runs = dict.fromkeys(run for by_run in study.truths.values() for run in by_run)
    rows = [
        (
            run,
            study.kinds.get(run),
            at,
            *(by_run[run][at] if run in by_run else None for by_run in study.truths.values()),
        )
        for run in runs
        for at in seeds
    ]
    return frame(["run", "kl_kind", "place_of_seed", *study.truths], rows)


def pairs(study: Study) -> pd.DataFrame:
    """Tabulate the pairs of rows that metrics get wrong, the worst first, with the gap in the main truth."""
    rows = [
        (ruler, study.largest(ruler, key), key, found.apart, len(found.wrong), *pair)
        for ruler in study.rows
        for key in study.columns
        if (found := study.pairs(ruler, key))
        for pair in found.wrong
    ]
    return frame(["ruler", "n", "metric", "told_apart", "wrong", "better", "worse", "gap"], rows)


def spoilings(study: Study) -> pd.DataFrame:
    """Tabulate mean and range over draws by ruler, number of images, kind, strength and metric."""
    return frame(["ruler", "n", "metric", "kind", "strength", "mean", "low", "high"], _spoilings(study))


def _spoilings(study: Study) -> Iterator[tuple[Any, ...]]:
    for ruler, by_n in study.responses.items():
        for n, by_key in by_n.items():
            for key, by_kind in by_key.items():
                for kind, one in by_kind.items():
                    numbers = zip(one.strengths, one.means, one.low, one.high, strict=True)
                    yield from ((ruler, n, key, kind, *each) for each in numbers)


def spoiling_truths(study: Study) -> pd.DataFrame:
    """Tabulate the truth about spoilt draws, with standard errors."""
    columns = [name for key in OF_SPOILT for name in (key, f"{key}_se")]
    rows = [
        (row["kind"], row["strength"], row["n"], *("inf" if row[name] is None else row[name] for name in columns))
        for row in sight.averaged(study.spoilt)
    ]
    return frame(["kind", "strength", "n", *columns], rows)
