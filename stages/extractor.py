"""Stage extractor: verified weights of one feature extractor, and a record of them."""

from genbench.data import prepared
from genbench.data.paths import REPORTS, Paths
from genbench.files.atomic import write_json
from genbench.find import find
from genbench.options import checked
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads


def main(name: str) -> None:
    """Write data/<dataset>/extractors/<extractor> and reports/extractors/<extractor>.json."""
    p = params.load()
    paths, module = Paths(p.dataset), find("extractors", name)
    use_threads(p.threads)
    options = checked(module.obtain, p.extractor[name], f"extractor.{name}", given=["folder", "images", "about"])
    about = prepared.load_about(paths.images)
    images = {split: prepared.load_split(paths.images, split, mmap=True) for split in ("train", "held_out")}
    record = module.obtain(paths.extractor(name), images, about, **options)
    write_json(REPORTS / "extractors" / f"{name}.json", {name: record})


if __name__ == "__main__":
    run(main)
