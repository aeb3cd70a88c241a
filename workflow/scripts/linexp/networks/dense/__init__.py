"""Ways to embeddings of places. A way is a file of its name with a `WAY`, and its line here."""

from importlib import import_module

from torch import nn

from ...errors import LinexpError
from .way import DenseWay

_NAMES = ("attention_pool", "key_key", "identity", "convolutional", "crops")

WAYS: dict[str, DenseWay] = {name: import_module(f".{name}", __name__).WAY for name in _NAMES}
"""In the order in which a model is asked whether it takes them."""


def way_of(visual: nn.Module, chosen: str | None = None) -> DenseWay:
    """The way that a model's kind has, or the chosen one.

    Parameters
    ----------
    visual
        The image encoder of an open_clip model.
    chosen
        A name in `WAYS`; None for the first one that the model takes.

    Raises
    ------
    LinexpError
        The model does not take the chosen way.
    """
    taken = [way for way in WAYS.values() if way.serves(visual)]
    for way in taken:
        if chosen in (None, way.name):
            return way
    remedy = f"take {' or '.join(way.name for way in taken)}, or leave dense out"
    raise LinexpError(f"dense: {chosen} is {WAYS[chosen or 'crops'].kind}, which this model is not; {remedy}")


__all__ = ["WAYS", "DenseWay", "way_of"]
