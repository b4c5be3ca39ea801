"""Stage prepare: a dataset's images, resized and split."""

from pathlib import Path

from genbench import dataset, params
from genbench.find import find
from genbench.paths import Paths
from genbench.seeding import numpy_rng
from genbench.stage import run


def main() -> None:
    """Write data/<dataset>/images: the four splits and about.json."""
    p = params.load()
    module = find("datasets", p.dataset)
    loaded = module.load(source=Path(p.data.source), size=p.data.pixels, channels=p.data.channels)
    split = getattr(module, "split", dataset.split)
    splits = split(loaded, p.data.split, numpy_rng(p.data.seed, "split"))
    dataset.save(Paths(p.dataset).images, p.dataset, loaded, splits)


if __name__ == "__main__":
    run(main)
