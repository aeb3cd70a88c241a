"""The tensor that is meant in what a module returns: itself, or a part of a tuple, a mapping or an object."""

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..errors import LinexpError, shortened

Key = str | int
LOGITS = ("logits", "out")
"""What logits are called in outputs that are mappings or objects: by transformers, by torchvision."""


def tensors_in(output: Any) -> dict[Key, Tensor]:
    """The tensors of a tuple or list by number, of a mapping or an object by name; empty for anything else."""
    if isinstance(output, Mapping):
        found = dict(output)
    elif isinstance(output, tuple | list):
        found = dict(enumerate(output))
    else:
        found = dict(getattr(output, "__dict__", {}))
    return {key: value for key, value in found.items() if isinstance(value, Tensor)}


def part_of(output: Any, key: Key | None) -> Tensor:
    """A part of an output by its name or number; the output itself, a tensor, where `key` is None.

    A number counts the entries of a mapping with names too.

    Raises
    ------
    LookupError
        There is no such tensor; the message says what there is.
    """
    if key is None and isinstance(output, Tensor):
        return output
    parts = tensors_in(output)
    if key is None or _key_in(output, key) not in parts:
        kind = type(output).__name__
        shapes = {name: " × ".join(map(str, part.shape)) for name, part in parts.items()}
        listed = ", ".join(f"{name} ({shape})" for name, shape in shapes.items())
        raise LookupError(f"a {kind}" + (f" with {shortened(listed, 150)}" if listed else " without tensors"))
    return parts[_key_in(output, key)]


def with_part(output: Any, key: Key | None, tensor: Tensor) -> Any:
    """An output with another tensor in the place of one of its parts; the output that was given is not changed."""
    if key is None:
        return tensor
    name = _key_in(output, key)
    if isinstance(output, tuple):
        values = [tensor if number == name else value for number, value in enumerate(output)]
        return type(output)(*values) if hasattr(output, "_fields") else type(output)(values)
    changed = copy.copy(output)
    if isinstance(output, Mapping | list):
        changed[name] = tensor
    else:
        setattr(changed, str(name), tensor)
    return changed


def _key_in(output: Any, key: Key) -> Key:
    """The name behind a number that counts the entries of a mapping with names."""
    if isinstance(output, Mapping) and isinstance(key, int) and key not in output:
        return dict(enumerate(output)).get(key, key)
    return key


def layer_output(module: str, output: Any, key: Key | None) -> Tensor:
    """What a layer's module gives, or the part of it that the layer names with `output`.

    Raises
    ------
    LinexpError
        There is no such tensor.
    """
    try:
        return part_of(output, key)
    except LookupError as error:
        said = f", which has no part {key!r}" if key is not None else ""
        parts = tensors_in(output)
        remedy = f"write `output: {next(iter(parts))}` or another of them" if parts else "take one inside or around it"
        raise LinexpError(f"module: {module} returns {error.args[0]}{said}; {remedy}") from None


def logits_in(output: Any, key: Key | None) -> Any:
    """The logits in what a network returns: the part that is named, or else one that is called as logits are.

    Without a name, what has no such part is handed back as it is.

    Raises
    ------
    LinexpError
        There is no such part.
    """
    parts = {} if isinstance(output, Tensor) else tensors_in(output)
    if key is None:
        return next((parts[name] for name in LOGITS if name in parts), output)
    try:
        return part_of(output, key)
    except LookupError as error:
        raise LinexpError(
            f"model.output: the network returns {error.args[0]}, which has no part {key!r}; give one of these"
        ) from None
