"""Reading and writing the weights of networks, without ever unpickling code."""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from ..errors import LinexpError
from . import seals
from .atomic_files import atomic
from .weights_format import format_of_weights

WRAPPINGS = ("state_dict", "model_state_dict", "model")
"""Keys that a checkpoint has its network's weights under, the first that is there."""
COUNTER = "num_batches_tracked"
"""Of batch norms, for training: files of old lack it."""


def read_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """The tensors of a file, with the names that it has for them, on the CPU.

    Parameters
    ----------
    path
        A file of safetensors or of `torch.save`, which its content tells and not its name; the latter is read with
        `weights_only=True`. In a checkpoint, which has an optimizer's state and the like as well, the network's
        weights are what is under a key of `WRAPPINGS`, at any depth, or else the only mapping of names to tensors.

    Returns
    -------
    dict[str, torch.Tensor]
        Of any shapes and types; no prefix of the names is removed.

    Raises
    ------
    LinexpError
        The file is not there, damaged, something else than weights, or holds more than tensors; a checkpoint has
        several mappings that could be meant, such as weights and their running average. A file of this program's is
        not what it wrote.
    """
    path = Path(path)
    if not path.is_file():
        raise LinexpError(f"weights {path} do not exist; correct the path")
    try:
        if format_of_weights(path) == "safetensors":
            return _read_safetensors(path)
        with path.open("rb") as file:  # of a path, torch.load looks at the name
            state = torch.load(file, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise LinexpError(f"weights {path} hold more than tensors; save the state_dict alone") from error
    except (SafetensorError, RuntimeError, EOFError, ValueError, LookupError, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:80]
        raise LinexpError(f"weights {path} cannot be read ({reason}); replace the file") from error
    return dict(_unwrapped(state, path))


def _is_state(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(tensor, torch.Tensor) for tensor in value.values())


def _unwrapped(state: object, path: Path) -> Mapping[str, torch.Tensor]:
    while isinstance(state, Mapping) and not _is_state(state):
        found = [key for key, value in state.items() if value and _is_state(value)]
        wrapping = next((key for key in WRAPPINGS if isinstance(state.get(key), Mapping)), None)
        if wrapping is not None:
            found = [key for key in found if _shapes(state[key]) == _shapes(state[wrapping])]
        if len(found) > 1:
            several = ", ".join(map(str, found))
            raise LinexpError(f"weights {path} have several mappings of tensors ({several}); save one of them alone")
        wrapping = found[0] if wrapping is None and found else wrapping
        state = state[wrapping] if wrapping is not None else None
    if not isinstance(state, Mapping):
        raise LinexpError(f"weights {path} are not a mapping of names to tensors; save the state_dict alone")
    return state


def _shapes(state: Mapping) -> Counter:
    """How many tensors there are of each shape, without single numbers such as counts of steps."""
    return Counter(tuple(value.shape) for value in state.values() if isinstance(value, torch.Tensor) and value.ndim)


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    state = load_file(path)
    with safe_open(path, "pt") as file:
        own = (file.metadata() or {}).get("linexp")
    if own is not None and json.loads(own).get("content_sha256") != _sha256(state):
        raise ValueError("they are not what was written")
    return state


def _sha256(state: Mapping[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def load_weights(network: nn.Module, path: str | Path, optional: Mapping[str, str] | None = None) -> None:
    """Fill a network with the weights in a file.

    Where the file lacks the network's names, they are looked for under a prefix, such as `module.` of DataParallel or
    `backbone.`; if those under one prefix alone fit, they are taken, and a line says what is left out. The counts
    `num_batches_tracked` of batch norms may be lacking, as in files of old: they are for training.

    Parameters
    ----------
    optional
        Arguments by which a network is built with a part or without it, by what the names of the part begin with.

    Raises
    ------
    LinexpError
        Names or shapes do not fit the network, or fit it under several prefixes; or see `read_weights`.
    """
    state, expected = read_weights(path), network.state_dict()
    prefix = _prefix(state, expected, path)
    own = _under(prefix, state)
    misfit = _misfit(own, expected, optional or {})
    if misfit:
        under = f", under `{prefix}`," if prefix else ""
        raise LinexpError(f"weights {path}{under} {misfit}")
    if len(own) < len(state):
        others = _listed(name for name in state if not name.startswith(prefix))
        print(f"weights {path}: those under `{prefix}` are taken; left out: {others}", file=sys.stderr)
    lacking = {name: tensor for name, tensor in expected.items() if name not in own}
    network.load_state_dict(lacking | own)


def _under(prefix: str, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def _prefix(state: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor], path: str | Path) -> str:
    """What the names of a network's weights begin with in a file; where none fits, what most of them begin with."""
    if all(name in state or name.endswith(COUNTER) for name in expected):
        return ""
    counts = Counter(
        name[:end]
        for name in state
        for end in [0, *(place + 1 for place, letter in enumerate(name) if letter == ".")]
        if name[end:] in expected
    )
    fitting = [prefix for prefix in counts if not _misfit(_under(prefix, state), expected, {})]
    if len(fitting) > 1:
        several = " and ".join(f"`{prefix}`" for prefix in sorted(fitting)[:3])
        raise LinexpError(f"weights {path} fit the network under {several}; save one of them alone")
    return fitting[0] if fitting else max(counts, key=lambda prefix: (counts[prefix], -len(prefix)), default="")


def _misfit(
    state: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor], optional: Mapping[str, str]
) -> str | None:
    """What does not fit, and what to do; None if all does."""
    missing = [name for name in expected if name not in state and not name.endswith(COUNTER)]
    surplus = [name for name in state if name not in expected]
    remedy = _remedy(missing, surplus, optional)
    if missing:
        beside = f", but {_listed(surplus)}" if surplus else ""
        return f"have no {_listed(missing)}, which the network needs{beside}; {remedy}"
    for name, tensor in expected.items():
        if name in state and state[name].shape != tensor.shape:
            have, want = tuple(state[name].shape), tuple(tensor.shape)
            return f"have {name} of shape {have}, the network needs {want}; check its arguments"
    return f"have {_listed(surplus)}, which the network does not know; {remedy}" if surplus else None


def _remedy(missing: Sequence[str], surplus: Sequence[str], optional: Mapping[str, str]) -> str:
    """What to do about names: give an argument, where all are of what it adds to the network."""
    found = {
        next((argument for begin, argument in optional.items() if name.startswith(begin)), "")
        for name in [*missing, *surplus]
    }
    argument = found.pop() if len(found) == 1 else ""
    if not argument or (missing and surplus):
        return "do they belong to it?"
    return f"give `arguments: {{{argument}: {'true' if surplus else 'false'}}}`"


def _listed(names: Iterable[str]) -> str:
    """The first three names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def write_weights(path: str | Path, state: Mapping[str, torch.Tensor], provenance: seals.Provenance) -> None:
    """Write a state dictionary as safetensors (tensors that share memory are stored once each), with a checksum."""
    with atomic(path) as temporary:
        tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in state.items()}
        own = seals.sealed(provenance, path, _sha256(tensors))
        # as one entry: safetensors writes several in another order every time
        save_file(tensors, temporary, metadata={"linexp": json.dumps(own, sort_keys=True)})
