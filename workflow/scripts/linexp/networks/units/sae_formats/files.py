"""The files that a sparse autoencoder lies in."""

from pathlib import Path

from ..kind import Entry

BESIDE = ("cfg.json", "config.json")
"""What libraries call the file of settings beside that of weights."""


def files_of(entry: Entry) -> list[str]:
    """The file, and those of settings beside it."""
    return [entry["sae"], *settings_beside(entry["sae"])]


def settings_beside(path: str) -> list[str]:
    """The files of settings that lie beside one of weights."""
    return [str(file) for name in BESIDE if (file := Path(path).with_name(name)).is_file()]
