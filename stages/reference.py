"""Stage reference: features of the real images, and the floor, the distance between two sets of real images."""

import numpy as np

from genbench.data import prepared, sides
from genbench.data.features import Features
from genbench.data.paths import Paths
from genbench.extractors import extract
from genbench.files.atomic import write_json
from genbench.find import find
from genbench.metrics.fid import floor
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from genbench.seeding import numpy_rng

RESPLITS = 20


def main(name: str) -> None:
    """Write data/<dataset>/reference/<extractor>: train, reference, held_out .npz and floor.json.

    Of a dataset of pairs also sources.npz, of the sources of held_out, in as many channels as targets.
    """
    p = params.load()
    paths, folder = Paths(p.dataset), Paths(p.dataset).reference(name)
    extractor = find("extractors", name).load(paths.extractor(name))
    use_threads(p.threads)
    sets = {split: prepared.load_split(paths.images, split, mmap=True) for split in ("train", "reference", "held_out")}
    if sides.load_about(paths.images) is not None:
        sets["sources"] = sides.load(paths.images, "held_out", mmap=True).fitted().sources
    real = {}
    for split, images in sets.items():
        real[split] = extract(
            extractor, images, name=name, dataset=p.dataset, split=split, source=f"{p.dataset} {split}"
        )
        real[split].save(folder / f"{split}.npz")
    write_json(folder / "floor.json", {"fid": resplit_floor(real["reference"], real["held_out"])})


def resplit_floor(a: Features, b: Features) -> dict[str, float]:
    """Compute mean, spread and range of the distance between two halves of both sets together, over random resplits."""
    labels = None if a.labels is None or b.labels is None else np.concatenate([a.labels, b.labels])
    pool = Features(vectors=np.concatenate([a.vectors, b.vectors]), labels=labels, protocol=a.protocol)
    values = np.array(floor(pool, resplits=RESPLITS, rng=numpy_rng(0, "floor")))
    spread = {"mean": values.mean(), "sd": values.std(ddof=1), "low": values.min(), "high": values.max()}
    return {**{key: float(value) for key, value in spread.items()}, "resplits": RESPLITS, "n": len(pool) // 2}


if __name__ == "__main__":
    run(main)
