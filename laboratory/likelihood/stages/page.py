"""Stage page: all studies as one page and tables."""

from genbench.files.atomic import read_json, write_text
from genbench.pipeline import params
from genbench.pipeline.stage import run
from genbench.report.frames import csv
from laboratory.divergences import pictures
from laboratory.likelihood import options, page as pages, paths, tables


def main() -> None:
    """Write laboratory/likelihood/report/."""
    o = options.load()
    labels = [str(label) for label in o.anomaly.without]
    studies = pages.Studies(
        marginal=read_json(paths.record("marginal")),
        annealed=read_json(paths.record("annealed")),
        quality=read_json(paths.record("quality_vs_likelihood")),
        inference=read_json(paths.record("inference")),
        anomaly={
            label: (read_json(paths.record("anomaly", label)), pictures.load(paths.pictures("anomaly", label)))
            for label in labels
        },
        pictures=(read_json(paths.record("pictures")), pictures.load(paths.pictures("pictures"))),
        rate=read_json(paths.record("rate")),
    )
    made = {
        "marginal": tables.marginal(studies.marginal),
        "annealed": tables.annealed(studies.annealed),
        "quality_vs_likelihood": tables.quality(studies.quality),
        "inference": tables.inference(studies.inference),
        "anomaly": tables.anomaly({label: record for label, (record, _) in studies.anomaly.items()}),
        "pictures": tables.pictures(studies.pictures[0]),
        "rate": tables.rate(studies.rate),
    }
    write_text(paths.REPORTS / "index.html", pages.page(studies, o, params.load().dataset))
    for name, table in made.items():
        write_text(paths.REPORTS / f"{name}.csv", csv(table, tables.DIGITS))


if __name__ == "__main__":
    run(main)
