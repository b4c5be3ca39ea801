"""Stage fingerprint: the code that each other stage depends on, so that an edited comment runs nothing again.

Of the runs too: the benchmark's own fingerprints are as old as its last reproduction.
"""

from pathlib import Path

from genbench.files.atomic import write_json
from genbench.files.code import closure
from genbench.find import named_members
from genbench.pipeline import params
from genbench.pipeline.stage import run
from laboratory.balance import options
from laboratory.balance.paths import CODE

ROOT = Path(__file__).parents[3]


def main() -> None:
    """Write laboratory/balance/data/code/, a hash by module in each file."""
    catalogue = params.load()
    modules = {stage: [f"laboratory.balance.stages.{stage}"] for stage in ("baseline", "samples", "accuracy", "page")}
    for name in options.load().runs:
        entry = catalogue.run(name)
        modules[f"runs/{name}"] = [*named_members(entry.train), *named_members(entry.sample)]
    for name, those in modules.items():
        write_json(CODE / f"{name}.json", closure(those, ROOT))


if __name__ == "__main__":
    run(main, requires=())
