"""A folder of pictures of any depth, sizes and formats mixed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from genbench.data.sources import Broken, Item, fatal
from genbench.data.sources.labelled import INDEX, LARGEST, Files, roots
from genbench.errors import InputError
from genbench.files.atomic import sha256
from genbench.files.picture import decode, find_pictures
from genbench.files.require_file import kind_of, open_file


class Pictures(Files):
    """The pictures in the order of their paths; other files are passed over."""

    def __init__(self, location: str, folder: Path) -> None:
        super().__init__(location)
        self._folder = folder

    @cached_property
    def _paths(self) -> list[Path]:
        return find_pictures(self._folder)

    def digest(self) -> str:
        whole = hashlib.sha256()
        for path in self._paths:
            try:
                content = sha256(path) if path.is_file() else "no file"  # such as a FIFO, which is broken as a picture
            except OSError as error:
                raise InputError(f"{path}: not readable: {error.strerror}") from error
            named = f"{path.relative_to(self._folder).as_posix()}\0{content}\n"
            whole.update(named.encode(errors="surrogateescape"))  # a file's name may be no text
        whole.update(self._index() or b"")
        return whole.hexdigest()

    def count(self) -> int:
        return len(self._paths)

    def items(self, broken: Broken = fatal) -> Iterator[Item]:
        self.index = self._index()
        for path in self._paths:
            try:
                pixels = decode(path, str(path))
            except InputError as error:
                broken(error)
            else:
                yield Item(pixels, path=path.relative_to(self._folder).parts)

    def _index(self) -> bytes | None:
        for root in roots([path.relative_to(self._folder).parts for path in self._paths]):
            path = self._folder.joinpath(*root, INDEX)
            if kind_of(path) == "a file" and path.stat().st_size <= LARGEST:
                self.root = root
                with open_file(path) as file:
                    return file.read()
        return None
