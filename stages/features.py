"""Stage features: what one extractor says of one cell's samples."""

from genbench import params
from genbench.arrays import Images
from genbench.extractor import extract
from genbench.find import find
from genbench.paths import Paths
from genbench.stage import run, use_threads


def main(name: str, seed: int, extractor: str) -> None:
    """Write data/<dataset>/features/<run>/<seed>-<extractor>/last.npz, and chosen.npz where there are such samples."""
    p = params.load()
    paths = Paths(p.dataset)
    loaded = find("extractors", extractor).load(paths.extractor(extractor))
    use_threads(p.threads)
    for chosen in (False, True):
        folder = paths.samples(name, seed, chosen=chosen)
        if chosen and not folder.exists():
            continue
        images = Images.load(folder, mmap=True)
        features = extract(
            loaded, images, name=extractor, dataset=p.dataset, split="samples", source=f"{name}, seed {seed}"
        )
        features.save(paths.features(name, seed, extractor, chosen=chosen))


if __name__ == "__main__":
    run(main)
