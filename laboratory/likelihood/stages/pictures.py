"""Stage pictures: what codes mean."""

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.divergences.pictures import save
from laboratory.likelihood import codes, fitted, options, paths


def main() -> None:
    """Write laboratory/likelihood/data/pictures.json and .npz."""
    o = options.load()
    use_threads(o.threads)
    images = prepared.load_split(Paths(params.load().dataset).images, "reference")
    models = [fitted.load(paths.model(name)) for name in (o.pictures.model, o.pictures.plane)]
    found, pictures = codes.study(models[0], models[1], images, o.pictures, o.seed)
    write_json(paths.record("pictures"), found)
    save(paths.pictures("pictures"), pictures)


if __name__ == "__main__":
    run(main)
