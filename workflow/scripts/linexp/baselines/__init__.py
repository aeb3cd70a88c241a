"""Baselines: other explanation methods. A baseline is a file of its name with a function `explain`, and its line here.

`explain(evidence, **settings)` takes an `Evidence` and returns an `Explanation` for each of its neurons. Its name is a
`kind` of method in the configuration, and its keyword arguments are the settings of that kind.
"""

import inspect
from collections.abc import Callable, Iterable
from importlib import import_module

from ..errors import LinexpError, suggest
from ..explanations import Explanation
from .evidence import Evidence

_NAMES = ("clip_dissect",)

BASELINES: dict[str, Callable[..., list[Explanation]]] = {
    name: import_module(f".{name}", __name__).explain for name in _NAMES
}


def check_settings(kind: str, settings: Iterable[str], place: str) -> None:
    """Whether a baseline takes settings of these names, where its signature tells.

    Raises
    ------
    LinexpError
        It does not, or one that it needs is missing.
    """
    parameters = list(inspect.signature(BASELINES[kind]).parameters.values())[1:]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = [parameter.name for parameter in parameters]
    for name in settings:
        if name not in known:
            raise LinexpError(f"{place}.{name}: unknown key {name!r}; {suggest(name, known)}")
    for parameter in parameters:
        if parameter.default is parameter.empty and parameter.name not in settings:
            raise LinexpError(f"{place}: key {parameter.name!r} is missing; add it")


__all__ = ["BASELINES", "Evidence", "check_settings"]
