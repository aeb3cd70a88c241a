"""Whether artifacts that are used together were made from each other, and the provenance of what is made from them.

An artifact names what it was made from by identity. If what lies there now has another one, such as results that were
copied from another project or restored, the artifact is of other data or of another model than it seems.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from ..errors import LinexpError
from . import seals
from .attributes import read_attributes

HIDDEN = "results/.recipes/"
GIVEN = ("file", "files")
"""Inputs that are always the user's, even if they lie among the results."""
PARTS = "image_blocks"
"""The input with the blocks of images that an artifact is put together from. It is the one that is made in one piece,
down to its identity, and says that it was made from what they were made from."""


def provenance_of(snakemake, probe_fingerprint: str) -> seals.Provenance:
    """The provenance of what the running Snakemake script makes.

    Raises
    ------
    LinexpError
        An artifact that it reads was made from another than one that lies there, or a block otherwise than planned.
    """
    planned = json.loads(Path(snakemake.input.recipe).read_text(encoding="utf-8"))
    recipe = {part: planned[part] for part in ("code", "files")}
    given = {path for name in GIVEN if snakemake.input.get(name) for path in _list(snakemake.input.get(name))}
    parts = _list(snakemake.input.get(PARTS) or [])
    others = {*given, *parts}
    made_from = identities(path for path in map(str, snakemake.input) if is_artifact(path) and path not in others)
    settings = dict(snakemake.params.items())
    provenance = seals.Provenance(planned["made_by"], settings, probe_fingerprint, recipe, made_from)
    _check_parts(parts, provenance.attributes())
    return provenance


def _check_parts(parts: Sequence[str], wanted: Mapping[str, str]) -> None:
    """Raise a `LinexpError` if a block was made otherwise than what it is to be a part of, with these attributes."""
    identities(parts)
    for path in parts:
        found = _attributes(path) or {}
        settings = {name: value for name, value in json.loads(found.get("settings", "{}")).items() if name != "block"}
        same = all(found.get(part) == wanted[part] for part in ("made_by", "recipe", "made_from"))
        if not same or settings != json.loads(wanted["settings"]):
            raise LinexpError(f"{path} was made otherwise than what it is to be a part of; {seals.remake(path)}")


def _list(paths: str | Iterable[str]) -> list[str]:
    return [paths] if isinstance(paths, str) else list(paths)


def is_artifact(path: str) -> bool:
    """Whether an input that is not given by the user (`GIVEN`) was made by the workflow."""
    return path.startswith("results/") and not path.startswith(HIDDEN)


def identities(paths: Iterable[str]) -> dict[str, str]:
    """The identities of artifacts, by path.

    Raises
    ------
    LinexpError
        One says nothing of itself, or was made from another than one that lies there.
    """
    found = {}
    for path in dict.fromkeys(paths):
        attributes = _attributes(path)
        if attributes is None:
            raise LinexpError(f"{path} is damaged, or does not say how it was made; {seals.remake(path)}")
        for other in other_ancestors(attributes):
            raise LinexpError(
                f"{path} was made from another {other} than the one that lies there; {seals.remake(path)}"
            )
        found[path] = attributes["id"]
    return found


def other_ancestors(attributes: dict[str, str]) -> list[str]:
    """The artifacts that one says it was made from, and in whose place others lie; what is not there is not asked."""
    made_from = json.loads(attributes["made_from"])
    there = ((path, identity, _attributes(path)) for path, identity in made_from.items() if os.path.exists(path))
    return [path for path, identity, found in there if found is not None and found.get("id") != identity]


def still_made_from(path: str, provenance: seals.Provenance, but: Iterable[str], common: Iterable[str]) -> set[str]:
    """The artifacts of which a part of what lies there counts still when it is made again.

    Parameters
    ----------
    provenance
        Of what is to be made in its place.
    but
        The settings that may be others, as each part is of one value of them alone.
    common
        The artifacts that every part is made from.

    Returns
    -------
    set[str]
        The inputs that it was made from and that are the same now. None if something else was otherwise; nor if nothing
        was, as somebody asks for all of it to be made again then.
    """
    found, wanted = read_attributes(path), provenance.attributes()
    if found is None or any(found[part] != wanted[part] for part in ("format", "made_by", "recipe")):
        return set()
    before, after = json.loads(found["settings"]), json.loads(wanted["settings"])
    others = {name for name in before | after if before.get(name) != after.get(name)}
    made_from = json.loads(found["made_from"])
    same = {parent for parent, identity in provenance.made_from.items() if made_from.get(parent) == identity}
    is_the_same = not others and made_from == provenance.made_from
    return same if same.issuperset(common) and others.issubset(but) and not is_the_same else set()


_attributes = cache(read_attributes)
