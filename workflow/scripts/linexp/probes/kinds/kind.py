"""What the registry knows of a kind of images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..image_source import ImageSource

Entry = Mapping[str, Any]
IMAGES_UNKNOWN = 50_000
"""Images of a folder or of files that are not looked into: as many as ImageNet's validation set has."""


def _nothing_wrong(_entry: Entry) -> None:
    return None


def names_without_labels(lacking: str, entry: Entry) -> tuple[str, str] | None:
    """Class names need labels, and superclasses are made of class names: the `problem` of kinds with and without."""
    for key in ("class_names", "superclasses"):
        if key in entry and "label" not in entry:
            return key, f"{lacking} to name; give label, or take {key} out"
    return None


@dataclass(frozen=True)
class Kind:
    """A kind of images, the `kind` of an entry under `probes` or `training_sets`.

    Attributes
    ----------
    keys
        The JSON schema of an entry's keys beside `kind`, in YAML: `description`, `required` and `properties`.
    how_to_get
        What to do where the data are missing, or hold no images.
    labels
        What images can be labelled with by an entry alone: `classes`, further `concepts`, both or nothing.
    open
        The images, from an entry whose data are there, with the paths that it names and the class names that it gives.
        None for those that the workflow draws itself.
    images
        How many there are, as far as an entry tells; an estimate, for what a cluster is asked for.
    has_classes
        Whether images have classes, by a look at the data that are there; None if `labels` tells.
    problem
        What is wrong with an entry beyond its schema, as (key, what and remedy).
    label_remedy
        What to do about an entry without labels, in front of "another".
    fetched
        The keys that say which files the workflow fetches; empty where the files are the user's.
    """

    keys: str
    how_to_get: str
    labels: Callable[[Entry], set[str]]
    open: Callable[[Entry, Sequence[str], Sequence[str] | None], ImageSource] | None
    images: Callable[[Entry], int] = lambda _entry: IMAGES_UNKNOWN
    has_classes: Callable[[str], bool] | None = None
    problem: Callable[[Entry], tuple[str, str] | None] = _nothing_wrong
    label_remedy: str = "use"
    fetched: Sequence[str] = ()

    @property
    def is_drawn(self) -> bool:
        """Whether the workflow draws the images itself."""
        return self.open is None
