"""Stage rate: bits of codes of few numbers against the error of what they decode to."""

from typing import Any

from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.likelihood import fitted, options, paths, rate


def main() -> None:
    """Write laboratory/likelihood/data/rate.json."""
    o = options.load()
    use_threads(o.threads)
    about, splits = fitted.splits(Paths(params.load().dataset).images)
    models: dict[int, list[Any]] = {
        size: [
            fitted.best(fitted.fit(half, o.train, about, splits, seed=o.seed, key="rate.model"))
            for half in ({**o.rate.model, "latent": size, "beta": beta} for beta in o.rate.betas)
        ]
        for size in o.rate.sizes
    }
    write_json(paths.record("rate"), rate.study(models, splits["train"], splits["reference"], o.seed))


if __name__ == "__main__":
    run(main)
