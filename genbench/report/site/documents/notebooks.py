"""Notebooks of docs/notebooks as pages: their texts and code, which tests run; outputs are not kept."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path("docs/notebooks")


def pages() -> dict[str, str]:
    """Make a page of each notebook, by its path beside the documents."""
    return {f"{FOLDER.name}/{path.stem}.md": _page(path) for path in sorted(FOLDER.glob("*.ipynb"))}


def _page(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    kinds = [cell["cell_type"] for cell in cells]
    written = [f"```python\n{text}\n```" if kind == "code" else text for kind, text in zip(kinds, texts, strict=True)]
    return "\n\n".join([written[0], f"This page is the notebook `{path}`; run it to see its figures.", *written[1:]])
