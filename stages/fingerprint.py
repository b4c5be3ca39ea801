"""Stage fingerprint: files with the code and the entries of the catalogue that the other stages depend on."""

from pathlib import Path

from genbench.data.paths import CODE
from genbench.files.atomic import write_json
from genbench.pipeline import params
from genbench.pipeline.fingerprint import fingerprints
from genbench.pipeline.stage import run

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Write the files below code/."""
    for name, content in fingerprints(ROOT, params.load()).items():
        write_json(CODE / name, content)


if __name__ == "__main__":
    run(main, requires=("code",))
