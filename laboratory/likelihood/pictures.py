"""Stage pictures: what codes mean."""

from genbench import dataset, params
from genbench.files import write_json
from genbench.laboratory.divergences.pictures import save
from genbench.laboratory.likelihood import codes, fitted, options, paths
from genbench.paths import Paths
from genbench.stage import run, use_threads


def main() -> None:
    """Write laboratory/likelihood/data/pictures.json and .npz."""
    o = options.load()
    use_threads(o.threads)
    images = dataset.load_split(Paths(params.load().dataset).images, "reference")
    models = [fitted.load(paths.model(name)) for name in (o.pictures.model, o.pictures.plane)]
    found, pictures = codes.study(models[0], models[1], images, o.pictures, o.seed)
    write_json(paths.record("pictures"), found)
    save(paths.pictures("pictures"), pictures)


if __name__ == "__main__":
    run(main)
