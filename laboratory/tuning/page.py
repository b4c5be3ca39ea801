"""Stage page: all searches as one document, tables and a page."""

from genbench.files import write_json, write_text
from genbench.laboratory.tuning.page import page
from genbench.laboratory.tuning.paths import FOUND, REPORTS, SEARCHES
from genbench.laboratory.tuning.results import comma_separated, gather, markdown
from genbench.laboratory.tuning.space import load
from genbench.stage import run


def main() -> None:
    """Write laboratory/tuning/report/."""
    results = gather(SEARCHES, load().runs)
    write_json(FOUND, results)
    write_text(REPORTS / "tuning.md", markdown(results))
    write_text(REPORTS / "tuning.csv", comma_separated(results))
    write_text(REPORTS / "index.html", page(results))


if __name__ == "__main__":
    run(main)
