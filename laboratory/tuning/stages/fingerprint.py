"""Stage fingerprint: the code that each other stage depends on, so that an edited comment searches nothing again.

Of the runs and the ruler too: the benchmark's own fingerprints are as old as its last reproduction.
"""

from pathlib import Path

from genbench.files.atomic import write_json
from genbench.files.code import closure
from genbench.find import named_members
from genbench.pipeline import params
from genbench.pipeline.stage import run
from laboratory.tuning.paths import CODE
from laboratory.tuning.space import load

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Write laboratory/tuning/data/code/, a hash by module in each file."""
    tuning, catalogue = load(), params.load()
    modules = {stage: [f"laboratory.tuning.stages.{stage}"] for stage in ("search", "page")}
    modules[f"extractors/{tuning.extractor}"] = [f"genbench.extractors.{tuning.extractor}"]
    modules |= {f"runs/{name}.train": list(named_members(catalogue.run(name).train)) for name in tuning.runs}
    for name, those in modules.items():
        write_json(CODE / f"{name}.json", closure(those, ROOT))


if __name__ == "__main__":
    run(main, requires=())
