"""Stage prepare: a dataset's images, resized and split."""

from pathlib import Path

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.data.splits import split as stratified
from genbench.find import find
from genbench.pipeline import params
from genbench.pipeline.stage import run
from genbench.seeding import numpy_rng


def main() -> None:
    """Write data/<dataset>/images: the four splits and about.json."""
    p = params.load()
    module = find("datasets", p.dataset)
    loaded = module.load(source=Path(p.data.source), size=p.data.pixels, channels=p.data.channels)
    split = getattr(module, "split", stratified)
    splits = split(loaded, p.data.split, numpy_rng(p.data.seed, "split"))
    prepared.save(Paths(p.dataset).images, p.dataset, loaded, splits)


if __name__ == "__main__":
    run(main)
