"""The files that a user gives, and digests by which a change of them is noticed, whatever its time says."""

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import TypeVar

from ..artifacts.atomic_files import atomic
from ..errors import LinexpError
from . import dependencies

LARGE = 10_000_000
"""Bytes from which on a file is read again only if its size or time is another one."""
KNOWN = Path("results/.recipes/large_files.json")

Files = TypeVar("Files", str, list[str], dict[str, str | list[str]])


def without_braces(files: Files) -> Files:
    """The paths, as they are, of which Snakemake would fill in what is in braces.

    Raises
    ------
    LinexpError
        One has a brace.
    """
    if isinstance(files, str):
        if "{" in files or "}" in files:
            raise LinexpError(
                f"{files} has a brace in its name, which Snakemake would fill in; rename it, or link to it"
            )
        return files
    for part in files.values() if isinstance(files, dict) else files:
        without_braces(part)  # type: ignore[type-var]  # a part is a path or several, either of which it takes
    return files


@cache
def digest_of(path: str) -> str:
    """The digest of a file's content; of Python that of its syntax tree.

    What the digest of a large file was is kept, with its size and time.
    """
    if path.endswith(".py"):
        return dependencies.digest_of(Path(path))
    found = os.stat(path)
    if found.st_size < LARGE:
        return _of_content(path)
    known, now = _known(), [found.st_size, found.st_mtime_ns]
    *before, digest = known.get(path, (None, ""))
    if before != now:
        digest = _of_content(path)
        _remember(known | {path: [*now, digest]})
    return digest


def _of_content(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _known() -> dict[str, list]:
    """Size, time and digest of large files, by path, as they were last seen."""
    try:
        return dict(json.loads(KNOWN.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _remember(known: dict[str, list]) -> None:
    with atomic(KNOWN) as temporary:
        temporary.write_text(json.dumps(known, sort_keys=True), encoding="utf-8")
