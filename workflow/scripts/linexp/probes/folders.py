"""Walking through folders of images, also where links lead to others, and reading what is in them."""

import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import LinexpError

OF_SYSTEMS = ("@eaDir", "__MACOSX", "lost+found", "$RECYCLE.BIN", "System Volume Information")
"""Folders that file servers, archives and file systems make beside one's own: thumbnails, attributes, lost files."""


def is_hidden(name: str) -> bool:
    """Whether a file or folder is one that nobody put there as an image or a class."""
    return name.startswith(".") or name in OF_SYSTEMS


def walk(folder: str | os.PathLike[str]) -> Iterator[tuple[str, list[str]]]:
    """Each folder in a folder, itself included, with the names of its files.

    Links to folders are followed, but for those that lead back to where the way began or came through.
    """
    start = os.fspath(folder)
    for place, folders, names in os.walk(start, followlinks=True):
        folders[:] = [name for name in folders if not _leads_back(os.path.join(place, name), start)]
        yield place, names


def content_below(folder: Path, key: str) -> bytes:
    """The bytes of the image that has a key, its path below a folder.

    Raises
    ------
    LinexpError
        It cannot be read.
    """
    try:
        return (folder / key).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise LinexpError(f"image {key} cannot be read ({reason}); repair or remove it") from error


def _leads_back(path: str, start: str) -> bool:
    """Whether a link leads to a folder that is on the way to it from the start, or around one of these."""
    if not os.path.islink(path):
        return False
    target, way = os.path.realpath(path), os.path.dirname(path)
    while True:
        real = os.path.realpath(way)
        if os.path.commonpath([real, target]) == target:
            return True
        if len(way) <= len(start):
            return False
        way = os.path.dirname(way)
