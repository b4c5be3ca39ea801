"""Stage report: the leaderboard of the enabled cells, as tables, pictures and a page, and the best run's weights."""

from typing import Any

from genbench.data.paths import CODE, REPORTS, Paths
from genbench.files.atomic import read_json
from genbench.find import find
from genbench.pipeline import environment, params
from genbench.pipeline.stage import run
from genbench.report.best import keep_best
from genbench.report.identity import identity
from genbench.report.write import write_report


def main() -> None:
    """Write reports/ and data/<dataset>/best."""
    p = params.load()
    data = Paths(p.dataset).root
    catalogue = read_json(CODE / "catalogue.json")
    runs = catalogue["runs"]
    board = write_report(
        data=data,
        reports=REPORTS,
        profile=p.profile,
        note=p.note,
        enabled=p.enabled,
        seeds=p.seeds,
        extractors=p.extractors,
        runs={name: _options(entry) for name, entry in runs.items()},
        calibration={name for name, entry in runs.items() if entry["calibration"]},
        columns={key: column for name in catalogue["metrics"] for key, column in find("metrics", name).COLUMNS.items()},
        environment=environment.load().computes,
        swept=p.sweep.runs,
        made=identity(),
    )
    keep_best(board, data)


def _options(entry: dict[str, Any]) -> dict[str, Any]:
    """Select what the page says of a run of the catalogue."""
    said = ("family", "train", "sample", "note", "tuned_on")
    return {"model": entry["train"]["model"], **{key: entry[key] for key in said}}


if __name__ == "__main__":
    run(main, requires=("computes", "draws"))
