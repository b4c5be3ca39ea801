"""Stage page: all studies as one page and tables."""

from genbench.files.atomic import read_json, write_text
from genbench.pipeline.stage import run
from genbench.report.frames import csv
from laboratory.divergences import options, page as pages, paths, pictures, tables


def main() -> None:
    """Write laboratory/divergences/report/."""
    o = options.load()
    single = {study: read_json(paths.record(study)) for study in ("univariate", "estimate", "dirac", "vanishing")}
    modes = {
        target: (read_json(paths.record("modes", target)), pictures.load(paths.pictures("modes", target)))
        for target in o.modes.targets
    }
    digits = (read_json(paths.record("truncation", "digits")), pictures.load(paths.pictures("truncation", "digits")))
    studies = pages.Studies(**single, modes=modes, truncation=digits)
    write_text(paths.REPORTS / "index.html", pages.page(studies))
    write_text(paths.REPORTS / "divergences.csv", csv(tables.divergences(studies.univariate)))
    write_text(paths.REPORTS / "modes.csv", csv(tables.modes({target: of for target, (of, _) in modes.items()})))


if __name__ == "__main__":
    run(main)
