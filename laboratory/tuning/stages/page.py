"""Stage page: all searches as one document, tables and a page."""

from genbench.files.atomic import read_json, write_json, write_text
from genbench.pipeline.stage import run
from genbench.report.frames import csv, markdown
from laboratory.tuning.page import page
from laboratory.tuning.paths import FAMILIES, FOUND, REPORTS, SEARCHES
from laboratory.tuning.results import budget, gains, gather, trials


def main() -> None:
    """Write laboratory/tuning/report/."""
    results = gather(SEARCHES, read_json(FAMILIES))
    write_json(FOUND, results)
    write_text(REPORTS / "tuning.md", f"# Fair tuning\n\n{budget(results)}\n\n{markdown(gains(results), 'llrrl')}\n")
    write_text(REPORTS / "tuning.csv", csv(trials(results)))
    write_text(REPORTS / "index.html", page(results))


if __name__ == "__main__":
    run(main)
