"""Names of classes, as the configuration gives them: in place, by name, or in a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeGuard

from ..errors import LinexpError

_WEIGHTS = "_Weights."


def is_names_file(setting: Sequence[str] | Mapping[str, Sequence[str]] | str | None) -> TypeGuard[str]:
    """Whether names or superclasses are given as the path of a file."""
    return isinstance(setting, str) and Path(setting).suffix != "" and _WEIGHTS not in setting


def class_names(setting: Sequence[str] | str | None) -> Sequence[str] | None:
    """Class names as an entry gives them, or nothing.

    A list, a text file with one a line, the name of published weights of torchvision, whose metadata have them, such
    as `ResNet50_Weights.IMAGENET1K_V1`, or `imagenet1k`, which is short for that.
    """
    if setting is None or not isinstance(setting, str):
        return setting
    if _WEIGHTS in setting or setting == "imagenet1k":
        return _names_of_weights(setting if setting != "imagenet1k" else "ResNet50_Weights.IMAGENET1K_V1")
    lines = [line.strip() for line in text_of(setting, "class_names", "imagenet1k").rstrip().splitlines()]
    if "" in lines:
        number = lines.index("") + 1
        raise LinexpError(f"{setting}: line {number} is blank, but line numbers are class numbers; fill or remove it")
    return lines


def _names_of_weights(name: str) -> list[str]:
    from torchvision.models import get_weight

    try:
        metadata = get_weight(name).meta
    except (ValueError, KeyError) as error:
        raise LinexpError(f"class_names: torchvision has no weights {name!r}; correct the name") from error
    if "categories" not in metadata:
        raise LinexpError(f"class_names: the weights {name!r} do not name classes; give a list or a file")
    return list(metadata["categories"])


def text_of(path: str | Path, key: str, built_in: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LinexpError(f"{key}: {path} is neither {built_in} nor a file that can be read; correct it") from error
    except UnicodeDecodeError as error:
        raise LinexpError(f"{key}: {path} is not UTF-8 text; save it as UTF-8") from error
