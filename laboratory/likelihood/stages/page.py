"""Stage page: all studies as one page and tables."""

from genbench.files.atomic import read_json, write_text
from genbench.pipeline import params
from genbench.pipeline.stage import run
from laboratory.divergences import pictures
from laboratory.likelihood import options, page as pages, paths, tables


def main() -> None:
    """Write laboratory/likelihood/report/."""
    o = options.load()
    labels = [str(label) for label in o.anomaly.without]
    found = pages.Found(
        marginal=read_json(paths.record("marginal")),
        quality=read_json(paths.record("quality_vs_likelihood")),
        inference=read_json(paths.record("inference")),
        anomaly={
            label: (read_json(paths.record("anomaly", label)), pictures.load(paths.pictures("anomaly", label)))
            for label in labels
        },
        pictures=(read_json(paths.record("pictures")), pictures.load(paths.pictures("pictures"))),
    )
    write_text(paths.REPORTS / "index.html", pages.page(found, o, params.load().dataset))
    write_text(paths.REPORTS / "marginal.csv", tables.marginal(found.marginal))
    write_text(paths.REPORTS / "quality_vs_likelihood.csv", tables.quality(found.quality))
    write_text(paths.REPORTS / "inference.csv", tables.inference(found.inference))
    write_text(paths.REPORTS / "anomaly.csv", tables.anomaly({label: one for label, (one, _) in found.anomaly.items()}))
    write_text(paths.REPORTS / "pictures.csv", tables.pictures(found.pictures[0]))


if __name__ == "__main__":
    run(main)
