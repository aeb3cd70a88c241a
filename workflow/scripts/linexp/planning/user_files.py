"""The files that a user gives, and digests by which a change of them is noticed, whatever its time says."""

import ast
import hashlib
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ..artifacts.atomic_files import atomic
from . import dependencies

LARGE = 10_000_000
"""Bytes from which on a file is read again only if its size or time is another one."""
KNOWN = Path("results/.recipes/large_files.json")


@cache
def digest_of(path: str) -> str:
    """The digest of a file's content, of Python that of its syntax tree, or of the names and sizes in a folder.

    What the digest of a large file was is kept, with its size and time.
    """
    if os.path.isdir(path):
        return _of_folder(path)
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


def _of_folder(path: str) -> str:
    digest = hashlib.sha256()
    for place, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = os.path.join(place, name)
            digest.update(f"{os.path.relpath(file, path)}\0{os.stat(file).st_size}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


def code_behind(call: str) -> list[str]:
    """The user's Python files behind a factory, with all that they import from the folder that the workflow runs in.

    Args:
        call: `package.module:function`. A module that is installed elsewhere has no files here.
    """
    waiting, found = list(_module_files(call.partition(":")[0])), set()
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(_imported_by(file))
    return sorted(map(str, found))


def _module_files(module: str) -> Iterator[Path]:
    """The file of a module, and those of the packages that it is in, where they lie here."""
    parts = module.split(".")
    for number in range(1, len(parts) + 1):
        place = Path(*parts[:number])
        yield from (path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file())


def _imported_by(file: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError:
        return  # the job says what is wrong with it
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = file.parents[node.level - 1].parts if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            names = [module, *(f"{module}.{alias.name}".lstrip(".") for alias in node.names)]
        for name in filter(None, names):
            yield from _module_files(name)
