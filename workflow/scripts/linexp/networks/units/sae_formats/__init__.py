"""How libraries save sparse autoencoders. A format is a file of its name with a `FORMAT`, and its line here."""

from importlib import import_module

from .format import SaeFormat

# the first that knows a file as its own is taken
_NAMES = ("saev", "sae_lens", "vit_prisma", "dictionary_learning", "overcomplete", "plain")

FORMATS: dict[str, SaeFormat] = {name: import_module(f".{name}", __name__).FORMAT for name in _NAMES}

__all__ = ["FORMATS", "SaeFormat"]
