"""Labels of a probing data set: which concepts are known to be true of which image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import NOT_ONE_LINE, LinexpError
from .image_source import NO_CLASS


@dataclass(frozen=True)
class Labels:
    """Multi-hot labels.

    Attributes
    ----------
    matrix
        (n_images, n_concepts) uint8.
    concepts
        The names of the columns: classes, then superclasses, then whatever else is labelled.
    origins
        `class`, `superclass` or `label` for each column.
    classes_covered
        (n_concepts,) int32, how many classes a column stands for; 0 for other labels.
    """

    matrix: np.ndarray
    concepts: list[str]
    origins: list[str]
    classes_covered: np.ndarray


def multi_hot(
    labels: np.ndarray,
    names: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    further: Sequence[Sequence[str]] = (),
) -> Labels:
    """Turn class numbers and further concepts into multi-hot labels.

    An image has the concept of its class, every further concept that is listed for it, and every superclass that
    has a member among them. Classes that share a name share a column.

    Parameters
    ----------
    labels
        (n_images,) int class numbers, -1 for none.
    names
        Class names by number.
    groups
        Superclass name to the names of its classes.
    further
        For each image, names of further concepts; a class name among them counts for that class.

    Raises
    ------
    LinexpError
        A superclass has the name of another concept, or a member that is not a class; a name has a control character.
    """
    others = sorted({concept for listed in further for concept in listed} - set(names))
    classes = list(dict.fromkeys(names))
    for name in filter(NOT_ONE_LINE.search, [*classes, *groups, *others]):
        raise LinexpError(f"the name {name!r} of a class or label has a control character; take it out")
    for name, members in groups.items():
        if name in classes or name in others:
            raise LinexpError(f"superclass {name!r} has the name of another concept; rename it")
        unknown = [member for member in members if member not in classes]
        if unknown:
            raise LinexpError(
                f"superclass {name!r} has the member {unknown[0]!r}, which is not a class name; correct it"
            )
    column = {name: number for number, name in enumerate([*classes, *groups, *others])}
    matrix = np.zeros((len(labels), len(column)), np.uint8)
    labelled = np.flatnonzero(labels != NO_CLASS)
    matrix[labelled, [column[names[label]] for label in labels[labelled]]] = 1
    for row, listed in enumerate(further):
        matrix[row, [column[concept] for concept in listed]] = 1
    for name, members in groups.items():
        matrix[:, column[name]] = matrix[:, [column[member] for member in members]].any(axis=1)
    origins = ["class"] * len(classes) + ["superclass"] * len(groups) + ["label"] * len(others)
    covered = [
        *(list(names).count(name) for name in classes),
        *(sum(list(names).count(member) for member in set(members)) for members in groups.values()),
        *(0 for _ in others),
    ]
    return Labels(matrix, list(column), origins, np.array(covered, np.int32))
