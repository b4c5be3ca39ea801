"""The build of the wheel: beside the package, the files that `genbench init` lays out, which the checkout has once."""

import tomllib
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithProject(build_py):
    """Modules and data of the package, and below genbench/_project the files of `project` in pyproject.toml."""

    def run(self) -> None:
        """Build; an editable installation needs no copies, for its files lie beside it."""
        super().run()
        if not self.editable_mode:
            for source, target in self._project().items():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def get_source_files(self) -> list[str]:
        """List what a source distribution needs, too."""
        return [*super().get_source_files(), *self._project()]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """List what is built."""
        return [*super().get_outputs(include_bytecode), *self._project().values()]

    def _project(self) -> dict[str, str]:
        patterns = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["genbench"]["project"]
        found = {pattern: sorted(path for path in Path().glob(pattern) if path.is_file()) for pattern in patterns}
        if missing := [pattern for pattern, files in found.items() if not files]:
            raise FileNotFoundError(f"pyproject.toml: tool.genbench.project: no file {', '.join(missing)}")
        target = Path(self.build_lib, "genbench", "_project")
        return {str(path): str(target / path) for files in found.values() for path in files}


setup(cmdclass={"build_py": BuildWithProject})
