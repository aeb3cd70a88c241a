"""Where the values of a configuration come from: from config.yaml, other files over it, and the command line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..errors import LinexpError, shortened
from .text import check_text

Config = Mapping[str, Any]
Origin = tuple[str, Config]
"""A name for messages, and what is given there."""
VALUES = "--config"


def origins(workflow, config: Config) -> list[Origin]:
    """What a configuration was merged from, the later over the earlier.

    Parameters
    ----------
    workflow
        Snakemake's, with its configuration read; the text of the files is checked.
    config
        What Snakemake has made of them.
    """
    settings, module = workflow.config_settings, workflow.modifier
    found = [("the module's config", config)] if module.skip_configfile else []
    files = [file for file in workflow.configfiles if file not in settings.configfiles]
    for file in [*files, *settings.configfiles]:
        found.append((_short(file), yaml.safe_load(Path(file).read_text(encoding="utf-8-sig"))))
    return [*found, (VALUES, settings.config)] if settings.config else found


def read_files(paths: Sequence[str | Path]) -> list[Origin]:
    """The contents of configuration files, each with its name; their text is checked.

    Raises
    ------
    LinexpError
        See `text.check_text`.
    """
    for path in paths:
        check_text(path)
    return [(_short(path), yaml.safe_load(Path(path).read_text(encoding="utf-8-sig"))) for path in paths]


def read_values(entries: Sequence[str]) -> list[Origin]:
    """What `--config` says, each entry as `key=value`, read by Snakemake itself; nothing if there is none.

    Raises
    ------
    LinexpError
        An entry is not of that form.
    """
    if not entries:
        return []
    from snakemake.cli import parse_config  # which takes a second to load

    try:
        return [(VALUES, parse_config(entries))]
    except ValueError as error:
        shown = shortened(" ".join(entries), 60)
        raise LinexpError(
            f"{VALUES}: {shown!r} is not of the form KEY=VALUE; write it as in {VALUES} seed=1"
        ) from error


def merged(found: Sequence[Origin]) -> dict[str, Any]:
    """What Snakemake makes of several files: the later over the earlier, mappings key by key, all else as a whole."""
    result: dict[str, Any] = {}
    for _, content in found:
        result = _over(result, content)
    return result


def _over(below: Config, above: Config) -> dict[str, Any]:
    under = {key: below[key] if isinstance(below.get(key), Mapping) else {} for key in above}
    return {
        **below,
        **{key: _over(under[key], part) if isinstance(part, Mapping) else part for key, part in above.items()},
    }


def _short(file: str | Path) -> str:
    path = Path(file).absolute()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def without_nulls(config: Config, found: Sequence[Origin]) -> dict[str, Any]:
    """A merged configuration without what is null in one place over a value of another: it is taken out."""
    return _without(config, [content for _, content in found])


def _without(value: Any, contents: Sequence[Any]) -> Any:
    if not isinstance(value, Mapping):
        return value
    kept = {}
    for key, part in value.items():
        below = [content[key] for content in contents if isinstance(content, Mapping) and content.get(key) is not None]
        if part is not None or not below:
            kept[key] = _without(part, below)
    return kept


def origin_of(message: str, found: Sequence[Origin]) -> str:
    """The name of what gave the value that a message is about: the last that has most of its keys.

    Parameters
    ----------
    message
        It begins with keys, as in `targets.net.seed: …`.
    """
    keys = message.partition(":")[0].split(".")
    depths = [_depth(content, keys) for _, content in found]
    names = [name for (name, _), depth in zip(found, depths, strict=True) if depth == max(depths)]
    return names[-1] if max(depths) else names[0]


def _depth(content: Any, keys: Sequence[str]) -> int:
    """How many of the keys lead somewhere."""
    if not keys or not isinstance(content, Mapping) or keys[0] not in content:
        return 0
    return 1 + _depth(content[keys[0]], keys[1:])
