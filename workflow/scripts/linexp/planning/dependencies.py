"""The code that an artifact depends on: a script, the library files that it uses, and the data files that these read.

Imports are followed file by file: an import leads to the file that it names, not to all that lies in its package. Only
an extension point counts whole, where it is used as one.
"""

import ast
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ..artifacts.atomic_files import atomic
from ..workflow import LIBRARY, SCRIPTS

KNOWN = Path("results/.recipes/code.json")
RESOURCES = LIBRARY / "resources"
CHANGES_NOTHING = (
    "__init__.py",
    "jobs/downloads.py",
    "jobs/gpu_memory.py",
    "jobs/progress.py",
    "jobs/run_lock.py",
    "jobs/runtime.py",
    "jobs/write_errors.py",
    "terminal/",
    "planning/",
    "workflow.py",
)
"""Files and packages of which no artifact can tell: the version, and what is shown, locked or planned."""


def known_code_of(script: str) -> dict[str, str]:
    """The same as `code_of`, kept among the results until a file of them all has another size or time."""
    return _known_code()[script]


@cache
def _known_code() -> dict[str, dict[str, str]]:
    seen = _seen()
    try:
        known = json.loads(KNOWN.read_text(encoding="utf-8"))
        if known["seen"] == seen:
            return known["code"]
    except (OSError, ValueError, TypeError, KeyError):
        pass
    code = {file.stem: code_of(file.stem) for file in SCRIPTS.glob("*.py")}
    with atomic(KNOWN) as temporary:
        temporary.write_text(json.dumps({"seen": seen, "code": code}, sort_keys=True), encoding="utf-8")
    return code


def _seen() -> str:
    """A digest of where the library and the scripts lie, and of the sizes and times of their files."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {SCRIPTS} {LIBRARY}".encode())
    for place in (SCRIPTS, LIBRARY):
        for folder, _, names in sorted(os.walk(place)):
            for name in sorted(name for name in names if not folder.endswith("__pycache__")):
                stat = os.stat(os.path.join(folder, name))
                digest.update(f"{folder} {name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


@cache
def code_of(script: str) -> dict[str, str]:
    """Digests of a script and of all that it depends on, by path below the folder of scripts as it is in a clone.

    Parameters
    ----------
    script
        Its name, such as `explain_linear`.
    """
    waiting, files = [SCRIPTS / f"{script}.py"], set()
    while waiting:
        file = waiting.pop()
        if file in files or _changes_nothing(file):
            continue
        files.add(file)
        if file.suffix == ".py":
            waiting.extend(_used_by(file))
    found = {_place(file): digest_of(file) for file in files}
    return dict(sorted(found.items()))


def _place(file: Path) -> str:
    """Where a file of the library or a script is in a clone: results do not tell whether it is installed."""
    return file.relative_to(LIBRARY.parent if _is_of_library(file) else SCRIPTS).as_posix()


def _is_of_library(file: Path) -> bool:
    return file.parent != SCRIPTS  # they lie around the library in a clone, inside it where it is installed


def _changes_nothing(file: Path) -> bool:
    if not _is_of_library(file):
        return False
    place = file.relative_to(LIBRARY).as_posix()
    return any(place == name or (name.endswith("/") and place.startswith(name)) for name in CHANGES_NOTHING)


@cache
def digest_of(file: Path) -> str:
    """The digest of a file; of Python that of its syntax tree, so that comments and docstrings do not count."""
    content = ast.dump(_tree(file)).encode() if file.suffix == ".py" else file.read_bytes()
    return hashlib.sha256(content).hexdigest()[:16]


@cache
def _tree(file: Path) -> ast.Module:
    return _without_docstrings(ast.parse(file.read_bytes()))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """A syntax tree without texts that stand alone, which document what is above them."""
    for node in ast.walk(tree):
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(body, list):
                body[:] = [statement for statement in body if not _is_text(statement)] or [ast.Pass()]
    return tree


def _is_text(statement: ast.AST) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


@cache
def _used_by(file: Path) -> frozenset[Path]:
    """The files of the library that a Python file imports, and the data files that it names."""
    return frozenset(path for node in ast.walk(_tree(file)) for path in (*_imported(node, file), *_named(node, file)))


def _imported(node: ast.AST, file: Path) -> Iterator[Path]:
    if not isinstance(node, ast.ImportFrom):
        return
    module = node.module.split(".") if node.module else []
    if node.level:
        base = file.parents[node.level - 1].joinpath(*module)
    elif module and module[0] == LIBRARY.name:
        base = LIBRARY.parent.joinpath(*module)
    else:
        return
    if base.with_suffix(".py").is_file():
        yield base.with_suffix(".py")
        return
    for alias in node.names:
        inside = base / alias.name
        if inside.with_suffix(".py").is_file():
            yield inside.with_suffix(".py")
        elif (inside / "__init__.py").is_file():
            yield from _package(inside)
        else:
            yield from _package(base)


def _package(folder: Path) -> list[Path]:
    """A package that is used as such: its `__init__`, and all beside it if that loads them by name."""
    init = folder / "__init__.py"
    names_modules = "import_module" in init.read_text(encoding="utf-8")
    return sorted(folder.glob("*.py")) if names_modules else [init]


def _named(node: ast.AST, file: Path) -> Iterator[Path]:
    """The data files whose names stand in the code: in `resources`, or beside the module, maybe as a folder."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip("./")):
        return
    name = node.value
    if not _is_of_library(file) or Path(name).name != name or len(name) > 100:
        return
    for place in (RESOURCES / name, file.parent / name):
        if place.is_file() and place.suffix != ".py":
            yield place
        elif place.is_dir() and not (place / "__init__.py").exists() and place != RESOURCES:
            yield from sorted(path for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
