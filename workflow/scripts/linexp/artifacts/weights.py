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


def read_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """A state dictionary from safetensors, or from a PyTorch file read with `weights_only=True`.

    A dictionary under `state_dict` or `model` is taken out of its wrapping, and the prefix `module.`, which
    `DataParallel` puts before every name, is removed.

    Raises
    ------
    LinexpError
        The file is not there, damaged, or holds more than tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise LinexpError(f"weights {path} do not exist; correct the path")
    try:
        if path.suffix == ".safetensors":
            state = _read_safetensors(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise LinexpError(f"weights {path} hold more than tensors; save the state_dict alone") from error
    except (SafetensorError, RuntimeError, EOFError, ValueError, LookupError, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:80]
        raise LinexpError(f"weights {path} cannot be read ({reason}); replace the file") from error
    for wrapping in ("state_dict", "model"):
        if isinstance(state, Mapping) and isinstance(state.get(wrapping), Mapping):
            state = state[wrapping]
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise LinexpError(f"weights {path} are not a mapping of names to tensors; save the state_dict alone")
    wrapped = all(name.startswith("module.") for name in state)
    return {name.removeprefix("module.") if wrapped else name: tensor for name, tensor in state.items()}


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

    The counts `num_batches_tracked` of batch norms may be lacking, as in files of old: they are for training.

    Raises
    ------
    LinexpError
        Names or shapes do not fit the network.
    """
    state = read_weights(path)
    expected = network.state_dict()
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


def write_weights(path: str | Path, state: Mapping[str, torch.Tensor], provenance: seals.Provenance) -> None:
    """Write a state dictionary as safetensors (tensors that share memory are stored once each), with a checksum."""
    with atomic(path) as temporary:
        tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in state.items()}
        own = seals.sealed(provenance, path, _sha256(tensors))
        # as one entry: safetensors writes several in another order every time
        save_file(tensors, temporary, metadata={"linexp": json.dumps(own, sort_keys=True)})
