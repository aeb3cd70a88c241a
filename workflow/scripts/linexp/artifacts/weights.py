"""Reading and writing the weights of networks, without ever unpickling code."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from ..errors import LinexpError
from . import seals
from .atomic_files import atomic

WRAPPINGS = ("state_dict", "model_state_dict", "model")
"""Keys that a checkpoint has its network's weights under, the first that is there."""
PREFIXES = ("module.", "_orig_mod.", "model.", "network.", "net.")
"""What wrappers put before every name: DataParallel, torch.compile, and modules that train a network."""


def read_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """A state dictionary from safetensors, or from a PyTorch file read with `weights_only=True`.

    A dictionary in a checkpoint, beside an optimizer's state and the like, is taken out of it: what is under a key of
    `WRAPPINGS`, or else the only mapping of names to tensors. The prefix `module.`, which `DataParallel` puts before
    every name, is removed.

    Raises
    ------
    LinexpError
        The file is not there, damaged, something else than weights, or holds more than tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise LinexpError(f"weights {path} do not exist; correct the path")
    _check_content(path)
    try:
        if path.suffix == ".safetensors":
            state = _read_safetensors(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise LinexpError(f"weights {path} hold more than tensors; save the state_dict alone") from error
    except (SafetensorError, RuntimeError, EOFError, ValueError, LookupError, OSError) as error:
        if "TorchScript" in str(error):
            raise LinexpError(f"weights {path} are a TorchScript archive; save its state_dict alone") from error
        reason = (str(error).splitlines() or [type(error).__name__])[0][:80]
        raise LinexpError(f"weights {path} cannot be read ({reason}); replace the file") from error
    weights = _unwrapped(state, path)
    wrapped = all(name.startswith("module.") for name in weights)
    return {name.removeprefix("module.") if wrapped else name: tensor for name, tensor in weights.items()}


def _check_content(path: Path) -> None:
    """Raise a `LinexpError` if a file's beginning says that it is something else."""
    with path.open("rb") as file:
        begin = file.read(200)
    if begin.startswith(b"version https://git-lfs"):
        raise LinexpError(f"weights {path} are a Git LFS pointer, not the file; run git lfs pull where it came from")
    if begin.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise LinexpError(f"weights {path} are a web page, not weights; download them again")


def _is_state(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(tensor, torch.Tensor) for tensor in value.values())


def _unwrapped(state: object, path: Path) -> Mapping[str, torch.Tensor]:
    while isinstance(state, Mapping) and not _is_state(state):
        wrapping = next((key for key in WRAPPINGS if isinstance(state.get(key), Mapping)), None)
        if wrapping is None:
            found = [key for key, value in state.items() if value and _is_state(value)]
            if len(found) > 1:
                several = ", ".join(map(str, found))
                raise LinexpError(
                    f"weights {path} have several mappings of tensors ({several}); save one of them alone"
                )
            wrapping = found[0] if found else None
        state = state[wrapping] if wrapping is not None else None
    if not isinstance(state, Mapping):
        raise LinexpError(f"weights {path} are not a mapping of names to tensors; save the state_dict alone")
    return state


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


def load_weights(network: nn.Module, path: str | Path) -> None:
    """Fill a network with the weights in a file.

    Prefixes that all names share are removed as long as no name fits. The counts `num_batches_tracked` of batch norms
    may be lacking, as in files of old: they are for training.

    Raises
    ------
    LinexpError
        Names or shapes do not fit the network.
    """
    expected = network.state_dict()
    state = _without_prefixes(read_weights(path), expected)
    for name, tensor in expected.items():
        if name not in state:
            if name.endswith("num_batches_tracked"):
                state[name] = tensor
                continue
            raise LinexpError(f"weights {path} have no {name}, which the network needs; do they belong to it?")
        if state[name].shape != tensor.shape:
            have, want = tuple(state[name].shape), tuple(tensor.shape)
            raise LinexpError(f"weights {path}: {name} has shape {have}, the network needs {want}; check its arguments")
    surplus = sorted(set(state) - set(expected))
    if surplus:
        raise LinexpError(f"weights {path} have {surplus[0]}, which the network does not know; do they belong to it?")
    network.load_state_dict(state)


def _without_prefixes(state: dict[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    while state and not state.keys() & expected.keys():
        prefix = next((prefix for prefix in PREFIXES if all(name.startswith(prefix) for name in state)), None)
        if prefix is None:
            break
        state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
    return state


def write_weights(path: str | Path, state: Mapping[str, torch.Tensor], provenance: seals.Provenance) -> None:
    """Write a state dictionary as safetensors (tensors that share memory are stored once each), with a checksum."""
    with atomic(path) as temporary:
        tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in state.items()}
        own = seals.sealed(provenance, path, _sha256(tensors))
        # as one entry: safetensors writes several in another order every time
        save_file(tensors, temporary, metadata={"linexp": json.dumps(own, sort_keys=True)})
