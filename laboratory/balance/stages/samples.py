"""Stage samples: what a conditional model that learnt from the long tail makes of the classes that it lacks."""

from genbench.data import prepared
from genbench.data.paths import Paths
from genbench.pipeline import params
from genbench.pipeline.stage import run, use_threads
from laboratory.balance import options, paths, samples, tail


def main(name: str) -> None:
    """Write laboratory/balance/data/samples/<run>/<repeat>."""
    p, o = params.load(), options.load()
    use_threads(o.threads)
    images, entry = Paths(p.dataset).images, p.run(name)
    about, train = prepared.load_about(images), prepared.load_split(images, "train")
    classes = len(about.classes)
    for repeat in range(o.repeats):
        few = tail.long_tail(train, classes, o.tail, repeat)
        model = samples.fit(name, entry, few, about, o, o.seed + repeat)
        asked = tail.missing(classes, o.tail)
        drawn = samples.draw(model, asked, entry.sample, about, o.batch, o.seed + repeat)
        drawn.save(paths.samples(name, repeat))


if __name__ == "__main__":
    run(main)
