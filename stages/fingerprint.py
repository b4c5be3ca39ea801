"""Stage fingerprint: what code each run, stage, dataset and extractor depends on, for the other stages to depend on."""

from pathlib import Path

from genbench import params
from genbench.files import write_json
from genbench.fingerprint import fingerprints
from genbench.paths import CODE
from genbench.stage import run

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Write code/<kind>/<name>.json, a hash by module."""
    for name, hashes in fingerprints(ROOT, params.load().runs).items():
        write_json(CODE / name, hashes)


if __name__ == "__main__":
    run(main, requires=())
