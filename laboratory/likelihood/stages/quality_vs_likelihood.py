"""Stage quality_vs_likelihood: every run of the benchmark, and models that are made to mislead."""

from functools import partial

from genbench.data.features import Features
from genbench.data.images import Images
from genbench.data.paths import Paths
from genbench.extractors import Extractor, extract
from genbench.files.atomic import write_json
from genbench.find import find
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.likelihood import fitted, options, paths, quality


def main() -> None:
    """Write laboratory/likelihood/data/quality_vs_likelihood.json."""
    p, o = params.load(), options.load()
    of, extractor = Paths(p.dataset), p.extractors[0]
    ruler = find("extractors", extractor).load(of.extractor(extractor))
    use_threads(o.threads)
    about, splits = fitted.splits(of.images)
    models = {
        role: fitted.load(paths.model(name)) for role, name in (("base", o.quality.model), ("gan", o.quality.gan))
    }
    measured = partial(_features, ruler, extractor, p.dataset)
    found = quality.study(about, splits, models, measured, o.quality, o.seed)
    runs = quality.cells(of.root, p.enabled, p.seeds, extractor)
    write_json(paths.record("quality_vs_likelihood"), {**found, "extractor": extractor, "runs": runs})


def _features(ruler: Extractor, name: str, dataset: str, images: Images) -> Features:
    return extract(ruler, images, name=name, dataset=dataset, split="", source="laboratory")


if __name__ == "__main__":
    run(main)
