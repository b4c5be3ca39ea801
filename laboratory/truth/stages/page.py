"""Stage page: the study as one page and tables."""

from genbench.data.paths import Paths
from genbench.files.atomic import read_json, write_text
from genbench.find import find
from genbench.metrics import known_classes, surprise
from genbench.pipeline import params
from genbench.pipeline.stage import run
from genbench.report.frames import csv
from laboratory.truth import board, options, page as pages, paths, tables
from laboratory.truth.study import TEACHER, Study, shown


def main() -> None:
    """Write laboratory/truth/report/."""
    p, o = params.load(), options.load()
    of, rulers = Paths(p.dataset), o.measuring.rulers
    columns = {key: column for name in o.measuring.every for key, column in find("metrics", name).COLUMNS.items()}
    columns |= {"surprise": surprise.COLUMNS["surprise"]}
    columns |= {"known_class_tv": known_classes.COLUMNS["known_class_tv"]}
    drawn = [read_json(paths.draws(seed) / "record.json") for seed in o.spoilings.seeds]
    study = Study(
        dataset=p.dataset,
        options=o,
        columns=shown(columns),
        truths=board.truths(of, p.enabled, p.seeds),
        kinds=board.kinds(of, p.enabled, p.seeds[0]),
        measured={name: {row: read_json(paths.models(name, row)) for row in p.enabled} for name in rulers},
        calibration=[row for row in p.enabled if p.run(row).calibration],
        draws={TEACHER: [row for each in drawn for row in each["rows"]]}
        | {name: read_json(paths.spoilings(name)) for name in rulers},
        spoilt=[row for each in drawn for row in each["truths"]],
    )
    write_text(paths.REPORTS / "index.html", pages.page(study))
    for name, table in tables.every(study).items():
        write_text(paths.REPORTS / f"{name}.csv", csv(table, tables.DIGITS))


if __name__ == "__main__":
    run(main)
