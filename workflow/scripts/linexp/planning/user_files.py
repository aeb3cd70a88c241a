"""Digests of the files that a user gives, by which a change of them is noticed, whatever its time says."""

import hashlib
import os
from functools import cache
from pathlib import Path

from . import dependencies


@cache
def digest_of(path: str) -> str:
    """The digest of a file's content, of Python that of its syntax tree, or of the names and sizes in a folder."""
    if os.path.isdir(path):
        return _of_folder(path)
    if path.endswith(".py"):
        return dependencies.digest_of(Path(path))
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _of_folder(path: str) -> str:
    digest = hashlib.sha256()
    for place, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = os.path.join(place, name)
            digest.update(f"{os.path.relpath(file, path)}\0{os.stat(file).st_size}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]
