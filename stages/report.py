"""Stage report: the leaderboard of the enabled cells, as tables, pictures and a page, and the best run's weights."""

from genbench import environment, params
from genbench.find import find
from genbench.paths import REPORTS, Paths
from genbench.report.best import keep_best
from genbench.report.write import write_report
from genbench.stage import run


def main() -> None:
    """Write reports/ and data/<dataset>/best."""
    p = params.load()
    data = Paths(p.dataset).root
    board = write_report(
        data=data,
        reports=REPORTS,
        profile=p.profile,
        enabled=p.enabled,
        seeds=p.seeds,
        extractors=p.extractors,
        runs={
            name: {"model": one.train["model"], "train": one.train, "sample": one.sample, "note": one.note}
            for name, one in p.runs.items()
        },
        calibration={one.train["model"] for one in p.runs.values() if one.calibration},
        columns={key: column for name in p.metrics for key, column in find("metrics", name).COLUMNS.items()},
        environment=environment.load().computes,
    )
    keep_best(board, data)


if __name__ == "__main__":
    run(main, requires=("computes", "draws"))
