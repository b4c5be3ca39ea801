"""Stage page: all searches as one document, tables and a page."""

from genbench.files.atomic import write_json, write_text
from genbench.pipeline.stage import run
from laboratory.tuning.page import page
from laboratory.tuning.paths import FOUND, REPORTS, SEARCHES
from laboratory.tuning.results import comma_separated, gather, markdown
from laboratory.tuning.space import load


def main() -> None:
    """Write laboratory/tuning/report/."""
    results = gather(SEARCHES, load().runs)
    write_json(FOUND, results)
    write_text(REPORTS / "tuning.md", markdown(results))
    write_text(REPORTS / "tuning.csv", comma_separated(results))
    write_text(REPORTS / "index.html", page(results))


if __name__ == "__main__":
    run(main)
