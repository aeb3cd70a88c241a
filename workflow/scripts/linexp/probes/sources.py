"""The images of an entry of the configuration: what is missing of them, and how to open them."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import LinexpError
from ..jobs.parallel import ordered_map
from ..jobs.progress import progress
from .class_lists import class_names
from .image_source import ImageSource
from .kinds import KINDS, Kind
from .patterns import matching
from .selected import SelectedImages

FOLDERS = ("root", "devkit", "masks")
"""The keys that name folders, in the order of `paths`."""


def paths(settings: Mapping[str, Any]) -> list[str]:
    """The files or folders that an entry names, with environment variables, ~ and patterns of files filled in."""
    if "fetched" in settings:
        return [settings["fetched"]]
    if settings.get("files"):
        return [path for named in settings["files"] for path in matching(_filled_in(named))]
    return [_filled_in(settings[key]) for key in FOLDERS if key in settings]


def split_key(settings: Mapping[str, Any]) -> str:
    """The key of the file that says which split an image is in: of the hub, `split` is another thing."""
    return "split_file" if _kind(settings).fetched else "split"


def split_file(settings: Mapping[str, Any]) -> str | None:
    """That file, if the entry names one."""
    key = split_key(settings)
    return _filled_in(settings[key]) if key in settings else None


def _filled_in(path: str) -> str:
    return os.path.expanduser(os.path.expandvars(path))


def missing(settings: Mapping[str, Any]) -> str | None:
    """What of an entry's data is not there and how to get it, classes that it names included; None if all is there."""
    named = [key for key in FOLDERS if key in settings] or ["root"]
    for number, path in enumerate(paths(settings)):
        if not os.path.exists(path):
            key = "files" if "files" in settings else named[number]
            remedy = f"get it from {settings['origin']}" if "origin" in settings else _kind(settings).how_to_get
            return f"{key}: {path} does not exist; {remedy}"
    root = paths(settings)[0] if "root" in settings else ""
    if settings.get("class_names") and os.path.isdir(root) and not has_classes(settings):
        remedy = "make one a class, give `kind: imagenet` for ImageNet as distributed, or take class_names out"
        return f"class_names: {root} has no folders for them; {remedy}"
    return None


def _kind(settings: Mapping[str, Any]) -> Kind:
    return KINDS[settings["kind"]]


def possible_labels(settings: Mapping[str, Any]) -> set[str]:
    """What images can be labelled with by their entry alone: `classes`, further `concepts`, both or nothing."""
    return _kind(settings).labels(settings)


def has_classes(settings: Mapping[str, Any]) -> bool:
    """Whether an entry's images have classes, by a look at the entry, and at its data where only they tell."""
    look = _kind(settings).has_classes
    return look(paths(settings)[0]) if look else "classes" in possible_labels(settings)


def open_source(settings: Mapping[str, Any]) -> ImageSource:
    """The images of one entry under `probes` or `training_sets`.

    Parameters
    ----------
    settings
        The entry, with its defaults filled in.

    Raises
    ------
    LinexpError
        Data are missing, damaged, or do not fit the entry.
    """
    problem = missing(settings)
    if problem:
        raise LinexpError(problem)
    where, kind = paths(settings), _kind(settings)
    source = kind.open(settings, where, class_names(settings.get("class_names")))
    if settings.get("limit"):
        source = SelectedImages(source, range(min(settings["limit"], len(source))))
    if not len(source):
        raise LinexpError(f"{where[0]} holds no images; {kind.how_to_get}")
    unknown = np.flatnonzero(source.labels >= max(len(source.class_names), 1))
    if len(unknown):
        row = unknown[0]
        raise LinexpError(
            f"image {source.keys[row]} has label {source.labels[row]}, but there are "
            f"{len(source.class_names)} class names; give one for each class, in the order of their numbers"
        )
    return source


def further_concepts(source: ImageSource, threads: int = 1) -> list[Sequence[str]]:
    """The concepts of all images of a source, which may have to be read from a file each; empty if unknown."""
    if not source.concepts:
        return []
    concepts = ordered_map(source.concepts.__getitem__, range(len(source)), threads)
    return list(progress(concepts, len(source), "image", "reading labels", step=lambda _: 1))
