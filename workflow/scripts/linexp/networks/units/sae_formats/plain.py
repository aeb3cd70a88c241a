"""W_enc, b_enc, W_dec and b_dec under these names, with settings in the entry."""

from .format import Autoencoder, SaeFormat, Saved

_NAMES = ("W_enc", "b_enc", "W_dec", "b_dec")


def _is_of(saved: Saved) -> bool:
    return set(_NAMES) <= set(saved.tensors)


def _read(saved: Saved) -> Autoencoder:
    threshold = saved.tensors.get("threshold")
    activation = None if threshold is None else "threshold"
    return Autoencoder(*saved.take(*_NAMES), activation=activation, threshold=threshold, subtract_bias=None)


FORMAT = SaeFormat(_is_of, _read)
