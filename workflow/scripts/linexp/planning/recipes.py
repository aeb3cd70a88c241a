"""Recipes: what each artifact is to be made of, written while planning, and compared with what lies there.

Whether an artifact is out of date is told by the artifact itself, not by Snakemake's memory, which may be missing or of
another machine. Each job has one input more, its recipe: the settings of its rule, and digests of the code that its
script uses and of the user's files that it reads. If the artifact that lies there was made so, or there is none, the
recipe is older than anything; if not, it is newer than the artifact, so Snakemake makes the artifact again.
"""

import copy
import json
import os
import shlex
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from snakemake.persistence import PersistenceBase

from ..artifacts import ancestry, attributes
from ..artifacts.seals import FORMAT
from ..errors import LinexpError, shortened
from ..jobs import write_errors
from ..workflow import SCRIPTS
from . import dependencies, image_blocks, image_folders
from .user_files import digest_of

ALWAYS_OLDER = 1
"""The modification time of a recipe by which an artifact was made."""
PIXEL_LABELS = "pixel_labels"
"""The input with a folder of masks."""
INDEXED = "images"
"""The input with the images themselves. Where there is an index too, it tells of them, and readers check by it."""
WRITTEN = "written"
MOST_NAMED = 3
LONGEST = 230
"""Letters of all wildcards of a job: SLURM's executor puts its log in a folder that is named by them, and file systems
allow 255, with the endings of files."""
SECONDS_AHEAD = 60
"""By how much a file may be dated in the future: less than most jobs take."""

Recipe = dict[str, Any]
Blocks = Callable[[Any, str], list[str]]


def attach(workflow, stop: Callable[[Exception], None], say: Callable[[str], None], blocks: Blocks) -> None:
    """Give every rule that runs a script of this workflow its recipe as a further input, and blocks of images.

    Recipes are written by the main process alone: jobs read them, and read the Snakefile as well. Snakemake, which
    makes again what had other inputs, does not see how many blocks there were, nor do recipes: so what is whole stays.

    Parameters
    ----------
    workflow
        Snakemake's, with all of its rules; where this workflow is a module, with the user's own too.
    stop
        Ends Snakemake with an error in one line.
    say
        Tells in one line what is out of date.
    blocks
        What an artifact is to be put together from, by the wildcards and its path; nothing where it is made in one
        piece.
    """
    told = Told(say)
    _forget_parts()
    for rule in workflow.rules:
        if _is_ours(rule) and "recipe" not in dict(rule.input.items()):
            rule.set_input(recipe=_recipe_of(workflow, rule, stop, told))
            if Path(rule.script).stem in image_blocks.SCRIPTS and image_blocks.WILDCARD not in rule.wildcard_names:
                rule.set_input(**{ancestry.PARTS: _parts_of(rule, stop, blocks)})


def _forget_parts() -> None:
    """Have Snakemake's record of the inputs of a file leave out the blocks of images that it was put together from."""
    of_all = PersistenceBase._input
    if hasattr(of_all, "without_parts"):
        return  # as a module, the rules are read once for each `use rule`

    @cache
    def inputs(persistence, job) -> list[str]:
        parts = _named(job.input, ancestry.PARTS)
        return [path for path in of_all(persistence, job) if path not in parts]

    inputs.without_parts = True  # type: ignore[attr-defined]  # a mark on the function, asked for above
    PersistenceBase._input = inputs


def _parts_of(rule, stop: Callable[[Exception], None], blocks: Blocks) -> Callable:
    """The input function of a rule that gives the blocks of images that an artifact is to be put together from."""

    def parts(wildcards) -> list[str]:
        try:
            return blocks(wildcards, str(rule.expand_output(wildcards)[0][0]))
        except LinexpError as error:
            stop(error)
            raise

    return parts


def _is_ours(rule) -> bool:
    """Whether a rule runs a script of this workflow."""
    if not rule.script:
        return False
    script = rule.basedir.join(rule.script).get_path_or_uri(secret_free=True)
    return Path(script).resolve().parent == SCRIPTS


class Told:
    """Says why artifacts are made again: each change once, with the first artifact that it is of."""

    def __init__(self, say: Callable[[str], None]):
        self._say = say
        self._said: set[str] = set()

    def __call__(self, path: str, changes: Iterable[str]) -> None:
        new = [change for change in changes if change not in self._said]
        self._said.update(new)
        if new:
            named = [*new[:MOST_NAMED], *([f"{len(new) - MOST_NAMED} more"] if len(new) > MOST_NAMED else [])]
            self._say(f"linexp: {path} is made again, reason: {'; '.join(named)}")


def _recipe_of(workflow, rule, stop: Callable[[Exception], None], told: Told) -> Callable:
    """The input function of a rule that writes the recipe of a job and gives its path."""
    planned = copy.copy(rule)
    planned._input = type(rule.input)(toclone=rule.input)  # without the recipe, so that it can be asked for the rest
    script, seen = Path(rule.script).stem, set()

    def recipe(wildcards) -> str:
        files = rule.expand_output(wildcards)[0]
        outputs = [str(file) for file in files]
        path = recipe_path(outputs[0])
        if workflow.is_main_process and path not in seen:
            seen.add(path)
            inputs = planned.expand_input(wildcards)[0]
            params = planned.expand_params(wildcards, inputs, files, None)[0]
            try:
                check_names(rule.name, dict(wildcards.items()))
                for output in outputs:
                    write_errors.check_links(output)
                changes = write(path, new_recipe(script, dict(params.items()), inputs, outputs), outputs)
                if changes or not all(map(os.path.exists, outputs)):
                    check_times([*map(str, inputs), *outputs], path.parent)
            except (LinexpError, OSError) as error:
                stop(error)
            if changes:
                told(outputs[0], changes)
            # Snakemake lists folders once and would not see the new file
            workflow.iocache.exists_local[str(path)] = True
        return str(path)

    return recipe


def check_names(rule: str, wildcards: Mapping[str, str]) -> None:
    """Raise a `LinexpError` if the names that a job is of are too long together for the name of a folder."""
    together = "_".join(wildcards.values())
    if len(together) > LONGEST:
        longest = max(wildcards, key=lambda name: len(wildcards[name]))
        size = f"{len(together)} letters together, and may have {LONGEST} as the name of a log"
        remedy = f"shorten that of the {longest}, {shortened(repr(wildcards[longest]), 40)}"
        raise LinexpError(f"{rule}: the names of its {', '.join(wildcards)} have {size}; {remedy}")


def check_times(paths: Iterable[str], place: Path) -> None:
    """Raise a `LinexpError` if a file is dated in the future: what is made of it would be thrown away as older.

    Parameters
    ----------
    paths
        What a job reads, and what it is to replace; those that are not there have no time.
    place
        A folder of the same file system, whose clock may be another than this machine's.
    """
    times = {path: os.stat(path).st_mtime for path in paths if os.path.exists(path)}
    path, latest = max(times.items(), key=lambda item: item[1], default=("", 0.0))
    if latest > time.time() + SECONDS_AHEAD and latest > _now_in(place) + SECONDS_AHEAD:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(latest))
        raise LinexpError(
            f"{path} is dated {when}, in the future, and Snakemake refuses what is older than what it was made of; "
            f"give it the time of today: touch {shlex.quote(path)}"
        )


def _now_in(folder: Path) -> float:
    """The time that a file gets which is written to a folder now."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.fstat(file.fileno()).st_mtime


def recipe_path(output: str) -> Path:
    """Where the recipe of an artifact lies: `results/.recipes/<output>.json`."""
    return attributes.hidden(output, ".recipes", ".json")


def new_recipe(script: str, settings: Mapping[str, Any], inputs, outputs: Sequence[str]) -> Recipe:
    """What a job's artifact is to be made of.

    Parameters
    ----------
    settings
        The rule's params.
    inputs
        Snakemake's, of the job, without the recipe.
    outputs
        The artifacts. A folder of images is compared with the index that is among the inputs, or else is the first.
    """
    covered = _named(inputs, INDEXED) if "index" in dict(inputs.items()) else ()
    given = [path for name in ancestry.GIVEN for path in _named(inputs, name)]
    parts = _named(inputs, ancestry.PARTS)
    (index,) = _named(inputs, "index") or outputs[:1]
    made_from = {path for path in map(str, inputs) if ancestry.is_artifact(path) and path not in (*given, *parts)}
    others = [path for path in map(str, inputs) if path not in {*made_from, *covered, *given, *parts}]
    return {
        "format": FORMAT,
        "made_by": script,
        "settings": json.loads(json.dumps(dict(settings))),
        "code": dependencies.known_code_of(script),
        "files": _digests([*given, *others], index, _named(inputs, PIXEL_LABELS)),
        "made_from": sorted(made_from),
    }


def _named(inputs, name: str) -> list[str]:
    """The inputs of a name."""
    found = dict(inputs.items()).get(name, ())
    return [str(found)] if isinstance(found, str) else list(map(str, found))


def _digests(paths: Iterable[str], index: str, masks: Sequence[str] = ()) -> dict[str, str]:
    """Digests of the user's files, by name without the folder: where they lie may be another place tomorrow.

    Folders among `masks` are in no index, so their files count by content.
    """
    found: dict[str, str] = {}
    for path in paths:
        name = Path(path).name
        while name in found:
            name = f"{name}, another"
        if os.path.isdir(path):
            found[name] = image_folders.digest_of(path, None if path in masks else index)
        else:
            found[name] = digest_of(path)
    return found


def write(path: Path, recipe: Recipe, outputs: Iterable[str]) -> list[str]:
    """Write a recipe, if it is not there already, and set its time; what its artifacts were made of otherwise.

    Parameters
    ----------
    outputs
        The artifacts of the job.
    """
    found = {output: changes_of(recipe, output) for output in outputs if os.path.exists(output)}
    changes = list(dict.fromkeys(change for of_output in found.values() for change in of_output))
    wanted = recipe | ({"found": found} if changes else {})
    newest = max((os.stat(output).st_mtime for output in found), default=0.0)
    before, modified = _read(path)
    is_in_time = modified > newest if changes else modified == ALWAYS_OLDER
    if before != wanted or not is_in_time:
        modified = max(time.time(), newest + 1) if changes else ALWAYS_OLDER
        # Snakemake takes a recipe for the one of its last run, however new, if the content is the same
        _replace(path, wanted | {WRITTEN: modified}, modified)
    return changes


def _read(path: Path) -> tuple[Recipe | None, float]:
    """The recipe that lies there, and its modification time."""
    try:
        found, modified = json.loads(path.read_text(encoding="utf-8")), os.stat(path).st_mtime
    except (OSError, ValueError):
        return None, 0.0
    return {key: value for key, value in found.items() if key != WRITTEN}, modified


def _replace(path: Path, recipe: Recipe, modified: float) -> None:
    content = json.dumps(recipe, ensure_ascii=False, sort_keys=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(content, encoding="utf-8")
        os.utime(temporary, (modified, modified))
        os.replace(temporary, path)
    except OSError as error:
        raise write_errors.explained(error, path, temporary, path.parent) or error from error


def changes_of(recipe: Recipe, artifact: str) -> list[str]:
    """How an artifact was made otherwise than by a recipe, in a few words; nothing if it was made so."""
    found = attributes.read_attributes(artifact)
    if found is None:
        return ["it does not say how it was made"]
    if int(found.get("format", 0)) != recipe["format"]:
        return [f"format {found.get('format', 'none')} → {recipe['format']}"]
    if found["made_by"] != recipe["made_by"]:
        return [f"made by {found['made_by']}"]
    made = json.loads(found["recipe"]) | {"settings": json.loads(found["settings"])}
    settings = [_change(*difference) for difference in _differences(made["settings"], recipe["settings"])]
    changed = [name for part in ("code", "files") for name in _changed_names(made[part], recipe[part])]
    others = ancestry.other_ancestors(found)
    before, after = set(json.loads(found["made_from"])), set(recipe["made_from"])
    return [
        *settings,
        *(f"{name} changed" for name in changed),
        *(f"made from another {path}" for path in others),
        *(f"not made from {path}" for path in sorted(after - before)),
        *(f"made from {path}" for path in sorted(before - after)),
    ]


def _changed_names(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [name for name in sorted(before | after) if before.get(name) != after.get(name)]


def _differences(before: Any, after: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The places of two settings that differ, with both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before | after):
            yield from _differences(before.get(key), after.get(key), f"{place}.{key}" if place else key)
    elif before != after or type(before) is not type(after):
        yield place, before, after


def _change(place: str, before: Any, after: Any) -> str:
    return f"{place} {shortened(json.dumps(before), 40)} → {shortened(json.dumps(after), 40)}"
