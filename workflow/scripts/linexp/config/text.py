"""The text of a configuration, before anything is made of it: what YAML allows and a configuration should not have."""

from pathlib import Path

import yaml

from ..errors import LinexpError, shortened

MAX_DEPTH = 30
MAX_VALUES = 1_000_000
_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map", "merge")}
_MAX_DIGITS = 1000


def check_text(path: str | Path) -> None:
    """Refuse a YAML file whose keys repeat, which runs code, or which unfolds beyond all measure.

    Aliases (`&name`, `*name`) and merged mappings (`<<`) are allowed: a key beside a `<<` counts once.

    Raises
    ------
    LinexpError
        It is not a mapping in YAML; a key is there twice, of which only the last would count; a value has a tag or is a
        date; aliases form a circle, or make more than `MAX_VALUES` values; or it is a template of Python code, as
        Snakemake would run it.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LinexpError(f"{path}: cannot be read ({error.strerror}); correct the path") from error
    except UnicodeDecodeError as error:
        raise LinexpError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}: line {mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unknown reason"
        raise LinexpError(f"{place}: is not YAML ({problem}); correct the line or those before it") from error
    except RecursionError as error:
        raise LinexpError(f"{path}: is nested too deeply; take brackets out") from error
    if not isinstance(root, yaml.MappingNode):
        raise LinexpError(f"{path}: has no sections; write each as a mapping (`key: value`)")
    for key, _ in root.value:
        if key.value == "__use_yte__":
            raise LinexpError(f"{_place(path, key)}: templates that run Python code are not allowed; take it out")
    if _Walk(path).count(root, 0) > MAX_VALUES:
        raise LinexpError(f"{path}: has more than {MAX_VALUES:,} values with its aliases (*name); use fewer")


def _place(path: str | Path, node: yaml.Node) -> str:
    return f"{path}: line {node.start_mark.line + 1}"


class _Walk:
    """A walk through the nodes of one file, to each of them once however many aliases it has."""

    def __init__(self, path: str | Path):
        self._path = path
        self._counts: dict[int, int | None] = {}

    def count(self, node: yaml.Node, depth: int) -> int:
        """The number of values that a node unfolds to."""
        if id(node) in self._counts:
            count = self._counts[id(node)]
            if count is None:
                raise LinexpError(f"{_place(self._path, node)}: it contains itself by an alias (*name); take that out")
            return count
        if depth > MAX_DEPTH:
            raise LinexpError(f"{_place(self._path, node)}: is nested too deeply; take brackets out")
        self._counts[id(node)] = None
        self._check_kind(node)
        inner: list[yaml.Node] = []
        if isinstance(node, yaml.SequenceNode):
            inner = node.value
        elif isinstance(node, yaml.MappingNode):
            self._check_keys(node)
            inner = [part for pair in node.value for part in pair]
        count = 1 + sum(self.count(part, depth + 1) for part in inner)
        self._counts[id(node)] = count
        return count

    def _check_kind(self, node: yaml.Node) -> None:
        place = _place(self._path, node)
        if node.tag == "tag:yaml.org,2002:timestamp":
            raise LinexpError(f"{place}: {node.value} is a date to YAML; put it in quotes")
        if node.tag not in _PLAIN:
            tag = shortened(node.tag.replace("tag:yaml.org,2002:", "!!"), 40)
            raise LinexpError(f"{place}: tags such as {tag} are not allowed; take it out")
        if node.tag.endswith(":int") and len(node.value) > _MAX_DIGITS:
            raise LinexpError(f"{place}: a number of {len(node.value)} digits is too large; give a smaller one")

    def _check_keys(self, node: yaml.MappingNode) -> None:
        seen: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            place, line = _place(self._path, key), key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise LinexpError(f"{place}: a key is a list or a mapping; write `key: value`, or put it in quotes")
            name = (key.tag, key.value)
            if name in seen:
                shown = shortened(repr(key.value), 40)
                raise LinexpError(f"{place}: the key {shown} is there already, in line {seen[name]}; keep one")
            seen[name] = line
