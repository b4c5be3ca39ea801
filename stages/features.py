"""Stage features: the output of one extractor for one cell's samples."""

from itertools import product
from typing import get_args

from genbench.data.images import Images
from genbench.data.paths import CODE, Judged, Paths
from genbench.extractors import extract
from genbench.files.atomic import read_json, sha256
from genbench.files.scratch import folder as scratch_folder
from genbench.find import find
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads


def main(name: str, seed: int, extractor: str) -> None:
    """Write data/<dataset>/features/<run>/<seed>-<extractor>/final.npz, and best.npz where there are such samples.

    Of translations that were translated back also final-cycle.npz and best-cycle.npz.
    """
    p = params.load()
    paths = Paths(p.dataset)
    loaded = find("extractors", extractor).load(paths.extractor(extractor))
    use_threads(p.threads)
    for weights, cycle in product(get_args(Judged), (False, True)):
        folder = paths.samples(name, seed, weights, cycle=cycle)
        if (weights == "best" or cycle) and not folder.exists():
            continue
        images = Images.load(folder, mmap=True)
        key = {
            "images": sha256(folder / "pixels.npy"),
            "extractor": [extractor, loaded.weights, read_json(CODE / "extractors" / f"{extractor}.json")],
            "threads": p.threads,
            "stage": read_json(CODE / "stages" / "features.json"),
        }
        with scratch_folder(key) as scratch:
            features = extract(
                loaded,
                images,
                name=extractor,
                dataset=p.dataset,
                split="samples",
                source=f"{name}, seed {seed}",
                scratch=scratch,
            )
            features.save(paths.features(name, seed, extractor, weights, cycle=cycle))


if __name__ == "__main__":
    run(main)
