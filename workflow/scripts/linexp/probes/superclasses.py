"""Superclasses, as the configuration gives them: in place, by name, or in a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from ..errors import LinexpError
from .class_lists import text_of

RESOURCES = Path(__file__).parents[1] / "resources"
SUPERCLASSES = {"cifar100": "cifar100_superclasses.yaml", "wordnet": "imagenet1k_superclasses.yaml"}
"""Superclasses that come with the program, by the name that an entry gives: those of CIFAR-100 and of ImageNet."""


def superclasses(setting: Mapping[str, Sequence[str]] | str | None) -> dict[str, list[str]]:
    """Superclasses as an entry gives them: a mapping to class names, a YAML file of one, a name, or nothing.

    The names are `cifar100`, its own 20, and `wordnet`, the 399 hypernyms of ImageNet's classes (`imagenet1k`).
    """
    if setting is None:
        return {}
    if not isinstance(setting, str):
        return {name: list(members) for name, members in setting.items()}
    path = RESOURCES / SUPERCLASSES[setting] if setting in SUPERCLASSES else Path(setting)
    try:
        groups = yaml.safe_load(text_of(path, "superclasses", ", ".join(SUPERCLASSES)))
    except yaml.YAMLError as error:
        raise LinexpError(f"{path} is not YAML ({' '.join(str(error).split())[:80]}); correct it") from error
    fits = isinstance(groups, Mapping) and all(
        isinstance(name, str) and isinstance(members, list) and all(isinstance(member, str) for member in members)
        for name, members in groups.items()
    )
    if not fits:
        raise LinexpError(f"{path} does not have superclasses; write each as `name: [class, class]`, all of it text")
    return groups
