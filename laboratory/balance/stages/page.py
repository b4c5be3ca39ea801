"""Stage page: the study as a page and a table."""

from genbench.data import prepared
from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.files.atomic import read_json, write_text
from genbench.pipeline import params
from genbench.pipeline.stage import run
from genbench.report.frames import csv
from laboratory.balance import options, page as pages, paths, results, tail

DIGITS = 6  # significant ones of a number in the table


def main() -> None:
    """Write laboratory/balance/report/."""
    o, dataset = options.load(), params.load().dataset
    images = Paths(dataset).images
    about = prepared.load_about(images)
    counts = tail.counts(len(about.classes), o.tail)
    found = {name: read_json(paths.baseline(name)) for name in tail.FILLINGS}
    found |= {name: read_json(paths.accuracy(name)) for name in o.runs}
    few = tail.long_tail(prepared.load_split(images, "train"), len(about.classes), o.tail, 0)
    drawn = {"real images of the tail": few} | {name: Images.load(paths.samples(name, 0)) for name in o.runs}
    write_text(paths.REPORTS / "index.html", pages.page(found, drawn, about.classes, counts, o, dataset))
    write_text(paths.REPORTS / "balance.csv", csv(results.table(found, about.classes, counts.tolist()), DIGITS))


if __name__ == "__main__":
    run(main)
