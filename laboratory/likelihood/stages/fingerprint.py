"""Stage fingerprint: the code that each other stage depends on, so that an edited comment runs nothing again."""

from pathlib import Path

from genbench.files.atomic import write_json
from genbench.files.code import closure
from genbench.find import members, named_members
from genbench.pipeline.stage import run
from laboratory.likelihood import options
from laboratory.likelihood.paths import CODE

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Write laboratory/likelihood/data/code/<stage>.json, a hash by module."""
    o = options.load()
    models = [module for half in o.models.values() for module in named_members(half)]
    found = {  # modules that a stage finds at run time
        "model": models,
        "marginal": models,
        "annealed": models,
        "quality_vs_likelihood": [*models, *(f"genbench.extractors.{name}" for name in members("extractors"))],
        "inference": models,
        "anomaly": [module for half in o.anomaly.detectors.values() for module in named_members(half)],
        "pictures": models,
        "rate": [*named_members(o.rate.model)],
        "page": [],
    }
    for stage, modules in found.items():
        write_json(CODE / f"{stage}.json", closure([f"laboratory.likelihood.stages.{stage}", *modules], ROOT))


if __name__ == "__main__":
    run(main, requires=())
