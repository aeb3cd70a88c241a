"""The user's own code behind a network: which files it is."""

import ast
from collections.abc import Iterator
from pathlib import Path


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
