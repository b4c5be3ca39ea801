"""Stage annealed: log P from both sides by annealed importance sampling, of a VAE and of a GAN seen through noise."""

import torch

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.likelihood import annealed, fitted, options, paths
from laboratory.likelihood.decoders import ObservedGAN


def main() -> None:
    """Write laboratory/likelihood/data/annealed.json."""
    o = options.load()
    use_threads(o.threads)
    folder = Paths(params.load().dataset).images
    images, levels = prepared.load_split(folder, "reference"), prepared.load_about(folder).levels
    vae, gan = (fitted.load(paths.model(name)) for name in (o.annealed.model, o.annealed.gan))
    models = {"vae": vae, "gan": ObservedGAN(gan, o.annealed.noise, torch.tensor(levels))}
    write_json(paths.record("annealed"), annealed.study(models, images.pixels, o.annealed, o.seed))


if __name__ == "__main__":
    run(main)
