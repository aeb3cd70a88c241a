"""A sparse autoencoder out of its file, whatever library saved it. Nothing is unpickled."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load

from ....errors import LinexpError
from ..kind import Entry
from . import FORMATS
from .files import settings_beside
from .format import Autoencoder, Saved

_LONGEST_LINE = 1_000_000
_OF_STATE = ("state_dict", "model_state_dict", "model")
_OF_SETTINGS = ("cfg", "config")


def read_sae(entry: Entry) -> Autoencoder:
    """The sparse autoencoder of an entry, with what the entry says of it.

    Raises
    ------
    LinexpError
        It cannot be read, is of no format that is known, or does not say which features are active.
    """
    saved = read_file(entry["sae"])
    name = entry.get("format", "auto")
    if name == "auto":
        name = next((name for name, known in FORMATS.items() if known.is_of(saved)), None)
    if name is None:
        there = ", ".join(saved.tensors)[:100] or "no tensors"
        raise saved.error(f"is of no format that is known (it has {there})", "save W_enc, b_enc, W_dec and b_dec")
    found = FORMATS[name].read(saved)
    given = {key: entry[key] for key in ("activation", "k", "threshold", "subtract_bias", "normalise") if key in entry}
    found = replace(found, **given)
    _check(saved, found)
    return found


def read_file(path: str) -> Saved:
    """A file and the settings beside it."""
    try:
        content = Path(path).read_bytes()
        header, tensors = _read(Path(path), content)
        beside = {Path(file).name: _mapping(json.loads(Path(file).read_text())) for file in settings_beside(path)}
    except LinexpError:
        raise
    except Exception as error:  # libraries fail with errors of many kinds
        reason = (str(error).splitlines() or [type(error).__name__])[0][:100]
        remedy = "give a file of tensors alone, as of safetensors or a state_dict"
        raise LinexpError(f"units.sae: {path} cannot be read ({reason}); {remedy}") from error
    found = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, torch.Tensor)}
    # half precision is of files, not to encode in
    found = {name: tensor if tensor.dtype == torch.float64 else tensor.float() for name, tensor in found.items()}
    return Saved(path, found, header, beside)


def _read(path: Path, content: bytes) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The header in the first line, if there is one, and the tensors."""
    file = io.BytesIO(content)
    if path.suffix.lower() == ".npz":
        with np.load(file, allow_pickle=False) as arrays:
            return {}, {name: torch.from_numpy(np.asarray(arrays[name])) for name in arrays.files}
    if content[8:9] == b"{":
        return {}, load(content)
    header: Mapping[str, Any] = {}
    if content[:1] == b"{":
        line = file.readline()
        header, file = _mapping(json.loads(line[:_LONGEST_LINE])), io.BytesIO(file.read())
    state = torch.load(file, map_location="cpu", weights_only=True)
    settings = next((state[key] for key in _OF_SETTINGS if isinstance(state.get(key), Mapping)), header)
    return settings, next((state[key] for key in _OF_STATE if isinstance(state.get(key), Mapping)), state)


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _check(saved: Saved, found: Autoencoder) -> None:
    """Raise a `LinexpError` if parts do not fit each other, or something is not said."""
    shape = tuple(found.encoder.shape)
    fitting = {
        "W_enc": (found.encoder, shape if len(shape) == 2 else None),
        "b_enc": (found.encoder_bias, shape[1:]),
        "W_dec": (found.decoder, shape[::-1]),
        "b_dec": (found.decoder_bias, shape[:1]),
    }
    for name, (tensor, expected) in fitting.items():
        if tuple(tensor.shape) != expected:
            what = f"has {name} of shape {tuple(tensor.shape)}, and W_enc of {shape}"
            raise saved.error(what, "W_enc is (width, features), W_dec (features, width)")
        if not torch.isfinite(tensor).all():
            raise saved.error(f"has values in {name} that are not finite", "give another file")
    if found.activation is None:
        raise saved.error("does not say which features are active", "give activation (and k, or threshold)")
    if found.activation.endswith("top_k") and not (found.k and found.k <= shape[1]):
        raise saved.error(f"has k = {found.k} of {shape[1]:,} features", "give k, how many of a place are active")
    if found.activation == "threshold":
        limits = None if found.threshold is None else torch.as_tensor(found.threshold)
        if limits is None or (limits.ndim and tuple(limits.shape) != shape[1:]) or not torch.isfinite(limits).all():
            raise saved.error("has no threshold for its features", "give threshold, or another activation")
