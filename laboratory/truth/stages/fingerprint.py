"""Stage fingerprint: the code that each other stage depends on, so that an edited comment runs nothing again.

It comes before every other stage, so here a dataset of which no truth is known is refused.
"""

from pathlib import Path

from genbench.files.atomic import write_json
from genbench.files.code import closure
from genbench.find import dotted, members
from genbench.pipeline import params
from genbench.pipeline.stage import run
from laboratory.truth import board
from laboratory.truth.paths import CODE

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Write laboratory/truth/data/code/<stage>.json, a hash by module."""
    dataset = params.load().dataset
    board.require_known(dataset)
    metrics, extractors = ([dotted(kind, name) for name in members(kind)] for kind in ("metrics", "extractors"))
    teacher = dotted("datasets", dataset)
    found = {  # modules that a stage finds at run time
        "ruler": extractors,
        "models": [*metrics, *extractors],
        "draws": [teacher],
        "spoilings": [*metrics, *extractors, teacher],
        "page": metrics,
    }
    for stage, modules in found.items():
        write_json(CODE / f"{stage}.json", closure([f"laboratory.truth.stages.{stage}", *modules], ROOT))


if __name__ == "__main__":
    run(main, requires=())
