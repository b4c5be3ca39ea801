"""Stage fingerprint: what code and which entries of the catalogue the other stages depend on, as files."""

from pathlib import Path

from genbench import params
from genbench.files import write_json
from genbench.fingerprint import fingerprints
from genbench.paths import CODE
from genbench.stage import run

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Write the files below code/."""
    for name, content in fingerprints(ROOT, params.load()).items():
        write_json(CODE / name, content)


if __name__ == "__main__":
    run(main, requires=())
