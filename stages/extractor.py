"""Stage extractor: verified weights of one feature extractor, and what there is to say of it."""

from genbench import dataset, params
from genbench.files import write_json
from genbench.find import find
from genbench.options import checked
from genbench.paths import REPORTS, Paths
from genbench.stage import run, use_threads


def main(name: str) -> None:
    """Write data/<dataset>/extractors/<extractor> and reports/extractors/<extractor>.json."""
    p = params.load()
    paths, module = Paths(p.dataset), find("extractors", name)
    use_threads(p.threads)
    options = checked(module.obtain, p.extractor[name], f"extractor.{name}", given=["folder", "images", "about"])
    about = dataset.load_about(paths.images)
    images = {split: dataset.load_split(paths.images, split, mmap=True) for split in ("train", "held_out")}
    said = module.obtain(paths.extractor(name), images, about, **options)
    write_json(REPORTS / "extractors" / f"{name}.json", {name: said})


if __name__ == "__main__":
    run(main)
