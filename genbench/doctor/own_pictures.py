"""Links in the folder of one's own pictures, behind which DVC sees no change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genbench.doctor import Finding
from genbench.errors import InputError
from genbench.files.picture import listing, refuse_links
from genbench.pipeline import params


def find() -> Iterator[Finding]:
    """Find them in `data.source`, where the dataset is image_folder."""
    p = params.load()
    source = Path(p.data.source)
    if p.dataset != "image_folder" or not source.is_dir():  # `genbench check` says more of a folder that is none
        return
    links = listing(source).links
    try:
        refuse_links(links, "data.source")
    except InputError as error:
        yield Finding("error", str(error), "cp -rL of the folder, or data.source: the target")
