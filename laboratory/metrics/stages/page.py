"""Stage page: the three studies as one page and tables."""

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.files.atomic import read_json, write_text
from genbench.find import find
from genbench.pipeline import params
from genbench.pipeline.stage import run
from genbench.report.frames import csv
from laboratory.metrics import options, page as pages, paths, rulers, tables


def main() -> None:
    """Write laboratory/metrics/report/."""
    p, o = params.load(), options.load()
    of = Paths(p.dataset)
    used = {
        "distortions": o.distortions.rulers,
        "sample_size": o.sample_size.rulers,
        "agreement": o.agreement.rulers,
    }
    records = {study: {name: read_json(paths.records(study, name)) for name in names} for study, names in used.items()}
    names = dict.fromkeys([*o.distortions.metrics, *o.sample_size.metrics, *o.agreement.metrics])
    columns = {key: column for name in names for key, column in find("metrics", name).COLUMNS.items()}
    trained = [name for name in p.enabled if not p.run(name).calibration]
    text = pages.page(
        dataset=p.dataset,
        options=o,
        columns=columns,
        distorted={r: pages.responses(rows, o.distortions, columns) for r, rows in records["distortions"].items()},
        sizes=records["sample_size"],
        orders=pages.orders(records["agreement"], o, columns, trained),
        runs=[*trained, *(name for name in p.enabled if name not in trained)],
        pictures=pages.examples(rulers.unseen(of), prepared.load_split(of.images, "train"), o.distortions),
    )
    write_text(paths.REPORTS / "index.html", text)
    made = {
        "distortions": tables.distortions(records["distortions"]),
        "sample_size": tables.sample_sizes(records["sample_size"]),
        "agreement": tables.agreement(records["agreement"]),
    }
    for study, table in made.items():
        write_text(paths.REPORTS / f"{study}.csv", csv(table, tables.DIGITS))


if __name__ == "__main__":
    run(main)
