"""Stage model: one model of the study's own, for every study that names it."""

from genbench.data.paths import Paths
from genbench.errors import unknown
from genbench.pipeline import cell, params, runs
from genbench.pipeline.stage import run, use_threads
from laboratory.likelihood import fitted, options, paths


def main(name: str) -> None:
    """Write laboratory/likelihood/data/models/<name>."""
    o = options.load()
    if name not in o.models:
        raise unknown("model", name, o.models)
    use_threads(o.threads)
    about, splits = fitted.splits(Paths(params.load().dataset).images)
    trained = fitted.fit(o.models[name], o.train, about, splits, seed=o.seed, key=f"models.{name}")
    cell.save(paths.model(name), trained, o.models[name], runs.budget(o.models[name], o.train))


if __name__ == "__main__":
    run(main)
