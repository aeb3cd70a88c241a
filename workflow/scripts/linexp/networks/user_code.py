"""The user's own code behind a network: which files it is, and where in it an error was raised."""

import ast
import traceback
from collections.abc import Iterator
from pathlib import Path

from ..workflow import LIBRARY

INSTALLED = ("site-packages", "dist-packages")


def files_behind(module: str) -> list[str]:
    """The Python files of a module, with all that they import from the folder that the workflow runs in.

    Parameters
    ----------
    module
        Its dotted name, such as `package.module`. One that is installed elsewhere has no files here.
    """
    waiting, found = list(_module_files(module)), set()
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


def raised_in(error: BaseException, folder: str | Path) -> str | None:
    """Where in the code of a folder an error was raised or passed through last, as `file, line n`.

    Parameters
    ----------
    folder
        What is installed in it does not count, nor does this library.

    Returns
    -------
    str | None
        The path is relative to the folder. None if the error comes from elsewhere.
    """
    steps = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        steps.append((error.filename, error.lineno or 1))
    root, found = Path(folder).resolve(), None
    for file, line in steps:
        path = Path(file).resolve()
        if path.is_relative_to(root) and not path.is_relative_to(LIBRARY) and not {*INSTALLED} & {*path.parts}:
            found = f"{path.relative_to(root)}, line {line}"
    return found
