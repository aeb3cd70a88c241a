"""Names of classes, as the configuration gives them: in place, by name, or in a file."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeGuard

import numpy as np

from ..errors import LinexpError, shortened, suggest

NO_CLASS = -1
_WEIGHTS = "_Weights."
_NUMBERED = (
    re.compile(r"(?P<number>\d+)[\s.,:;]+(?P<name>.*\S)"),
    re.compile(r"(?P<name>.*\S)[\s,:;]+(?P<number>\d+)"),
)
"""A name with a number in front of it, or behind it."""
_WORDNET_ID = re.compile(r"n\d{8}[\s,:;]+\S.*")


def is_names_file(setting: Sequence[str] | Mapping[str, Sequence[str]] | str | None) -> TypeGuard[str]:
    """Whether names or superclasses are given as the path of a file."""
    return isinstance(setting, str) and Path(setting).suffix != "" and _WEIGHTS not in setting


def class_names(setting: Sequence[str] | str | None) -> Sequence[str] | None:
    """Class names as an entry gives them, or nothing.

    A list, a text file with one a line, the name of published weights of torchvision, whose metadata have them, such
    as `ResNet50_Weights.IMAGENET1K_V1`, or `imagenet1k`, which is short for that.
    """
    if setting is None:
        return None
    if not isinstance(setting, str):
        return _names_alone(setting, "class_names")
    if _WEIGHTS in setting or setting == "imagenet1k":
        return _names_of_weights(setting if setting != "imagenet1k" else "ResNet50_Weights.IMAGENET1K_V1")
    lines = [line.strip() for line in text_of(setting, "class_names", "imagenet1k").rstrip().splitlines()]
    if "" in lines:
        number = lines.index("") + 1
        raise LinexpError(f"{setting}: line {number} is blank, but line numbers are class numbers; fill or remove it")
    return _names_alone(lines, setting)


def _names_alone(names: Sequence[str], place: str) -> list[str]:
    """The names, which must not have their numbers or WordNet ids beside them, as in some published lists."""
    numbered = any(_are_numbered([pattern.fullmatch(name) for name in names]) for pattern in _NUMBERED)
    if numbered or all(map(_WORDNET_ID.fullmatch, names)):
        shown = shortened(repr(names[0]), 40)
        raise LinexpError(
            f"{place}: {shown} is a name with a number; write the names alone, in the order of the numbers"
        )
    return [unicodedata.normalize("NFC", name) for name in names]


def _are_numbered(found: Sequence[re.Match | None]) -> bool:
    """Whether different names, not `class 1`, `class 2`, have class numbers from 0 or 1 on, in any order."""
    matches = [match for match in found if match]
    if len(matches) < len(found) or len({match["name"] for match in matches}) < 2:
        return False
    numbers = sorted(int(match["number"]) for match in matches)
    return numbers in (list(range(len(found))), list(range(1, len(found) + 1)))


def spelled_alike(name: str) -> str:
    """A class name without what differs between a folder's name and a text.

    That is case, underscores for blanks, and whether a letter and its accent are one character (macOS parts them).
    """
    return unicodedata.normalize("NFC", re.sub(r"[\s_]+", " ", name).strip().casefold())


def numbered(
    texts: Sequence[str | None], class_names: Sequence[str] | None, place: str
) -> tuple[np.ndarray, list[str]]:
    """Class numbers of labels that are texts, and the names of the classes.

    Parameters
    ----------
    texts
        Of each image, or nothing: all class numbers, or all class names.
    class_names
        By class number; None for the names in the order of the alphabet.
    place
        The file, for messages.

    Returns
    -------
    tuple[np.ndarray, list[str]]
        (n_images,) int32, -1 where an image has none, and the names.

    Raises
    ------
    LinexpError
        A label is no class, or numbers have no names.
    """
    labels = sorted({text for text in texts if text})
    if not labels:
        raise LinexpError(f"{place}: no image has a label; correct label, or take it out")
    if all(re.fullmatch(r"-?\d{1,9}", label) for label in labels):
        if not class_names:
            raise LinexpError(f"{place}: the labels are numbers, such as {labels[0]}; give class_names")
        found = [max(int(text), NO_CLASS) if text else NO_CLASS for text in texts]
        return np.array(found, np.int32), list(class_names)
    names = list(class_names or labels)
    numbers = {spelled_alike(name): number for number, name in enumerate(names)}
    if len(numbers) < len(names):
        twice = next(name for number, name in enumerate(names) if numbers[spelled_alike(name)] != number)
        raise LinexpError(f"{place}: {twice!r} is the name of two classes, so labels by name do not tell; rename one")
    unknown = next((label for label in labels if spelled_alike(label) not in numbers), None)
    if unknown is not None:
        raise LinexpError(f"{place}: label {unknown!r} is none of the class names; {suggest(unknown, names)}")
    found = [numbers[spelled_alike(text)] if text else NO_CLASS for text in texts]
    return np.array(found, np.int32), names


def check_order(given: Sequence[str] | None, own: Sequence[str], place: str, what: str) -> None:
    """Refuse class names of which one is the name that the data themselves give to another class.

    Parameters
    ----------
    given
        By class number, as the entry gives them; None if it does not.
    own
        By class number, as the data give them.
    place
        The folder or file.
    what
        What the data name: folder, class.

    Raises
    ------
    LinexpError
        A class has the name of another.
    """
    known = set(map(spelled_alike, given or []))
    for number, (name, mine) in enumerate(zip(given or [], own, strict=False), start=1):
        if spelled_alike(mine) != spelled_alike(name) and spelled_alike(mine) in known:
            raise LinexpError(
                f"{place}: {what} {number} is {mine!r}, but class name {number} is {name!r}; "
                f"give the class names in the order of the {what} names there"
            )


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
        return unicodedata.normalize("NFC", Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise LinexpError(f"{key}: {path} is neither {built_in} nor a file that can be read; correct it") from error
    except UnicodeDecodeError as error:
        raise LinexpError(f"{key}: {path} is not UTF-8 text; save it as UTF-8") from error
