"""Stage fingerprint: the code that each other stage depends on, so that an edited comment runs nothing again."""

from pathlib import Path

from genbench.files.atomic import write_json
from genbench.files.code import closure
from genbench.find import dotted, members
from genbench.pipeline.stage import run
from laboratory.metrics.paths import CODE

ROOT = Path(__file__).parents[3]
STAGES = ("ruler", "distortions", "sample_size", "agreement", "page")


def main() -> None:
    """Write laboratory/metrics/data/code/<stage>.json, a hash by module."""
    metrics, extractors = ([dotted(kind, name) for name in members(kind)] for kind in ("metrics", "extractors"))
    by_name = {"ruler": extractors, "page": metrics}  # modules that a stage finds at run time
    for stage in STAGES:
        found = by_name.get(stage, [*metrics, *extractors])
        write_json(CODE / f"{stage}.json", closure([f"laboratory.metrics.stages.{stage}", *found], ROOT))


if __name__ == "__main__":
    run(main, requires=())
