"""Stage prepare: a dataset's images, resized and split, with a source of each where there is a pairing."""

from dataclasses import replace
from pathlib import Path

from genbench.data import attribution, prepared, sides
from genbench.data.pairings import pairing
from genbench.data.paths import Paths
from genbench.data.splits import split as stratified
from genbench.find import find
from genbench.pipeline import params
from genbench.pipeline.stage import run
from genbench.seeding import numpy_rng


def main() -> None:
    """Write data/<dataset>/images: the four splits and about.json; of pairs also the sources and sides.json."""
    p = params.load()
    module = find("datasets", p.dataset)
    loaded = module.load(source=Path(p.data.source), size=p.data.pixels, channels=p.data.channels)
    split = getattr(module, "split", stratified)
    splits = split(loaded, p.data.split, numpy_rng(p.data.seed, "split"))
    folder, sources = Paths(p.dataset).images, None
    if p.data.pairing is not None:
        way = pairing(p.data.pairing, loaded.images.shape)
        sources = {name: way.sources(images) for name, images in splits.items()}
    elif loaded.sources is not None:  # labels and draws of the targets, and so their rows
        of_sources = replace(loaded, images=loaded.sources)
        sources = split(of_sources, p.data.split, numpy_rng(p.data.seed, "split"))
    if sources is not None:
        pairs = sides.pair(splits, sources, paired=p.data.paired)
        sides.save(folder, pairs, p.data.pairing)
        splits = {name: both.targets for name, both in pairs.items()}
    attribution.save(folder, loaded.attribution)
    prepared.save(folder, p.dataset, loaded, splits)


if __name__ == "__main__":
    run(main)
