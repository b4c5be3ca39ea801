"""Stage fingerprint: the code that each other stage depends on, so that an edited comment searches nothing again.

Of the runs and the ruler too, and the families of the runs: the benchmark's own fingerprints are as old as its last
reproduction.
"""

from pathlib import Path

from genbench.files.atomic import write_json
from genbench.files.code import closure
from genbench.find import named_members
from genbench.pipeline import params
from genbench.pipeline.fingerprint import family
from genbench.pipeline.stage import run
from laboratory.tuning.paths import CODE, FAMILIES
from laboratory.tuning.space import load

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Write laboratory/tuning/data/code/, a hash by module in each file, and families.json, a word by run."""
    tuning, catalogue = load(), params.load()
    extractor = list(named_members({"extractor": tuning.extractor}))
    modules = {stage: [f"laboratory.tuning.stages.{stage}"] for stage in ("search", "page")}
    modules["extractor"] = ["laboratory.tuning.stages.extractor", *extractor]
    for name in tuning.runs:
        entry = catalogue.run(name)
        modules[f"runs/{name}"] = [*named_members(entry.train), *named_members(entry.sample)]
    for name, those in modules.items():
        write_json(CODE / f"{name}.json", closure(those, ROOT))
    write_json(FAMILIES, {name: family(catalogue.run(name).train, ROOT) for name in tuning.runs})


if __name__ == "__main__":
    run(main, requires=())
