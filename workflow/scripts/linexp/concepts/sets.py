"""Concept sets: which words explanations may use."""

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from ..errors import NOT_ONE_LINE, LinexpError

BUILT_IN = {
    "class_names": ("class",),
    "superclasses": ("superclass",),
    "labels": ("class", "superclass", "label"),
}
"""Sets that come from the labels of the probe: the origins of the columns that each takes."""
WORD_LISTS = ("nouns", "words")
"""Lists under `resources`, the most frequent first, of which a set can take as many as it likes."""
PIXEL_LABELS = "pixel_labels"
"""The simulator that is none: what covers the places of images, as an upper bound."""
RANDOM_CONCEPTS = "random_concepts"
"""Name of the explanation method that draws its concepts: a null control."""


def concept_table(parts: Iterable[tuple[str, Sequence[str]]]) -> pa.Table:
    """A concept set from parts of (origin, concepts): duplicates are removed, the first origin is kept.

    Raises
    ------
    LinexpError
        There are no concepts.
    """
    origin: dict[str, str] = {}
    for name, concepts in parts:
        for concept in concepts:
            origin.setdefault(concept, name)
    if not origin:
        raise LinexpError("the concept set is empty; take a file of concepts, or images that have labels")
    return pa.table({"concept": list(origin), "origin": list(origin.values())})


def read_concepts(path: str | Path) -> list[str]:
    """Concepts from a UTF-8 text file, one a line; blank lines are left out, and a letter and its accent are one.

    Raises
    ------
    LinexpError
        The file is not text, has no concepts, or one with a control character.
    """
    try:
        lines = unicodedata.normalize("NFC", Path(path).read_text(encoding="utf-8-sig")).splitlines()
    except OSError as error:
        raise LinexpError(
            f"{path} cannot be read ({error.strerror}); give a text file with one concept a line"
        ) from error
    except UnicodeDecodeError as error:
        raise LinexpError(f"{path} is not UTF-8 text; write one concept a line") from error
    for number, line in enumerate(lines, 1):
        if NOT_ONE_LINE.search(line.strip()):
            raise LinexpError(f"{path}: line {number} has a control character, such as a tab; take it out")
    concepts = [line.strip() for line in lines if line.strip()]
    if not concepts:
        raise LinexpError(f"{path} has no concepts; write one a line")
    return concepts
