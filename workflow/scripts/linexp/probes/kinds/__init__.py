"""Kinds of images. A kind is a file of its name with a `KIND`, and its line here."""

from importlib import import_module

from .kind import Kind

_NAMES = (
    "scenes",
    "parquet",
    "image_folder",
    "webdataset",
    "huggingface",
    "cifar100",
    "imagenet",
    "places365",
    "broden",
    "masked_folder",
)

KINDS: dict[str, Kind] = {name: import_module(f".{name}", __name__).KIND for name in _NAMES}

__all__ = ["KINDS", "Kind"]
