"""Stage page: all studies as one page and tables."""

from genbench.files.atomic import read_json, write_text
from genbench.pipeline.stage import run
from genbench.report.frames import csv
from laboratory.sequences import options, page as pages, paths, tables


def main() -> None:
    """Write laboratory/sequences/report/."""
    o = options.load()
    studies = pages.Studies(**{study: read_json(paths.record(study)) for study in ("bounds", "gradients", "learning")})
    made = {
        "bounds": tables.bounds(studies.bounds),
        "gradients": tables.gradients(studies.gradients),
        "learning": tables.learning(studies.learning),
    }
    write_text(paths.REPORTS / "index.html", pages.page(studies, o))
    for name, table in made.items():
        write_text(paths.REPORTS / f"{name}.csv", csv(table, tables.DIGITS))


if __name__ == "__main__":
    run(main)
