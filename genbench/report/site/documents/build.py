"""Build the documentation of a checkout by MkDocs, without a network."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from genbench.errors import InputError

CONFIG = Path("mkdocs.yml")


class _Warnings(logging.Handler):
    """The warnings of a build, in their order."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def build(folder: Path) -> Path | None:
    """Build the documentation in `folder` and return its first page; None where there is no mkdocs.yml.

    MkDocs that is not installed, and a link or anchor that leads nowhere, are an InputError.
    """
    if not CONFIG.is_file():
        return None
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "true")  # mkdocs-material's, of a release that is not installed
    try:
        from mkdocs.commands.build import build as build_pages
        from mkdocs.config import load_config
        from mkdocs.exceptions import MkDocsException
    except ImportError as error:
        raise InputError(f"{CONFIG}: the documentation needs MkDocs ({error}); pip install -e '.[docs]'") from error
    warnings = _Warnings()
    logger = logging.getLogger("mkdocs")
    logger.addHandler(warnings)
    try:
        build_pages(load_config(str(CONFIG), site_dir=str(folder.resolve())))
    except MkDocsException as error:
        raise InputError(f"{CONFIG}: {'; '.join(warnings.texts) or error}") from error
    finally:
        logger.removeHandler(warnings)
    return folder / "index.html"
