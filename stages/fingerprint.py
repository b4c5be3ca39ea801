"""Stage fingerprint: what code each run, stage, dataset and extractor depends on, for the other stages to depend on."""

from pathlib import Path

from genbench import params
from genbench.files import write_json
from genbench.find import members
from genbench.fingerprint import closure, named_members
from genbench.paths import CODE
from genbench.stage import run

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Write code/<kind>/<name>.json, a hash by module."""
    stages = [file.stem for file in (ROOT / "stages").glob("*.py") if file.stem != "__init__"]
    for stage in stages:
        # these find their metrics by name, and which ones is a parameter of their own
        by_name = members("metrics") if stage in ("evaluate", "report") else []
        named = [f"genbench.metrics.{name}" for name in by_name]
        write("stages", stage, [f"stages.{stage}", *named])
    for collection in ("datasets", "extractors"):
        for name in members(collection):
            write(collection, name, [f"genbench.{collection}.{name}"])
    for name, halves in params.load().runs.items():
        # apart, so that a sampler that the `sample:` half names never retrains
        write("runs", f"{name}.train", list(named_members(halves.train)))
        write("runs", f"{name}.sample", list(named_members(halves.sample)))


def write(kind: str, name: str, modules: list[str]) -> None:
    """One file of hashes."""
    write_json(CODE / kind / f"{name}.json", closure(modules, ROOT))


if __name__ == "__main__":
    run(main)
