"""Stage page: all searches as one document, tables and a page."""

from genbench.files.atomic import write_json, write_text
from genbench.pipeline.stage import run
from genbench.report.frames import csv, markdown
from laboratory.tuning.page import page
from laboratory.tuning.paths import FOUND, REPORTS, SEARCHES
from laboratory.tuning.results import budget, gains, gather, trials
from laboratory.tuning.space import load


def main() -> None:
    """Write laboratory/tuning/report/."""
    results = gather(SEARCHES, load().runs)
    write_json(FOUND, results)
    write_text(REPORTS / "tuning.md", f"# Fair tuning\n\n{budget(results)}\n\n{markdown(gains(results), 'lrrl')}\n")
    write_text(REPORTS / "tuning.csv", csv(trials(results)))
    write_text(REPORTS / "index.html", page(results))


if __name__ == "__main__":
    run(main)
