"""Reading and writing the weights of networks, without ever unpickling code."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from .errors import LinexpError
from .store import atomic


def read_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """A state dictionary from safetensors, or from a PyTorch file read with `weights_only=True`.

    A dictionary under `state_dict` or `model` is taken out of its wrapping, and `module.` prefixes, which
    `DataParallel` leaves, are removed.

    Raises:
        LinexpError: the file is not there, damaged, or holds more than tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise LinexpError(f"weights {path} do not exist")
    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise LinexpError(f"weights {path} cannot be read: {str(error).splitlines()[0]}") from error
    except Exception as error:
        if type(error).__name__ != "UnpicklingError":
            raise
        raise LinexpError(f"weights {path} hold more than tensors; save the state_dict alone") from error
    for wrapping in ("state_dict", "model"):
        if isinstance(state.get(wrapping), Mapping):
            state = state[wrapping]
    return {name.removeprefix("module."): tensor for name, tensor in state.items()}


def load_weights(network: nn.Module, path: str | Path) -> None:
    """Fill a network with the weights in a file.

    Raises:
        LinexpError: names or shapes do not fit the network.
    """
    state = read_weights(path)
    expected = network.state_dict()
    for name, tensor in expected.items():
        if name not in state:
            raise LinexpError(f"weights {path} have no {name}, which the network needs")
        if state[name].shape != tensor.shape:
            have, want = tuple(state[name].shape), tuple(tensor.shape)
            raise LinexpError(f"weights {path}: {name} has shape {have}, the network needs {want}")
    surplus = sorted(set(state) - set(expected))
    if surplus:
        raise LinexpError(f"weights {path} have {surplus[0]}, which the network does not know")
    network.load_state_dict(state)


def write_weights(path: str | Path, state: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> None:
    """Write a state dictionary as safetensors (tensors that share memory are stored once each)."""
    with atomic(path) as temporary:
        tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in state.items()}
        save_file(tensors, temporary, metadata=dict(metadata))
