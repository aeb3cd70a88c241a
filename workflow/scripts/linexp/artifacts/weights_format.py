"""Which format a file of weights is in: told by its beginning, as names of files are often wrong."""

import codecs
import zipfile
from pathlib import Path
from typing import Literal

from ..errors import LinexpError

_BEGINNINGS = {
    b"\x1f\x8b": ("compressed by gzip", "unpack them with gunzip"),
    b"BZh": ("compressed by bzip2", "unpack them with bunzip2"),
    b"\xfd7zXZ\0": ("compressed by xz", "unpack them with unxz"),
    b"\x28\xb5\x2f\xfd": ("compressed by zstd", "unpack them with unzstd"),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", "unpack it"),
    b"\x89HDF\r\n\x1a\n": ("HDF5, as of Keras", "save the network's state_dict with PyTorch"),
    b"\x93NUMPY": ("an array of NumPy", "save the network's state_dict with PyTorch"),
}
_TEXTS = {
    "version https://git-lfs": (
        "a Git LFS pointer, not the file",
        "run git lfs pull where it came from",
    ),
    "<!doctype": ("a web page, not weights", "download them again"),
    "<html": ("a web page, not weights", "download them again"),
    "<": ("XML, not weights", "see what it says, and download them again"),
    "{": ("JSON, not weights", "give the file beside it that has them"),
    "[": ("JSON, not weights", "give the file beside it that has them"),
    "": ("plain text, not weights", "see what it says, and replace the file"),
}
"""What a text is by its beginning, the first that fits."""
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_TAR_MARK = slice(257, 262)
_LONGEST_HEADER = 100_000_000
"""Bytes, of safetensors."""


def format_of_weights(path: Path) -> Literal["safetensors", "torch"]:
    """The format of a file that exists: safetensors, or what `torch.save` writes.

    Raises
    ------
    LinexpError
        It is in neither; the message says what it is, where that can be told.
    """
    with path.open("rb") as file:
        begin = file.read(300)
    if begin[8:9] == b"{" and int.from_bytes(begin[:8], "little") <= _LONGEST_HEADER:
        return "safetensors"
    if begin.startswith(b"PK"):
        _check_archive(path)
        return "torch"
    if begin.startswith(b"\x80"):  # a pickle, as of PyTorch before 1.6
        return "torch"
    found = next((said for mark, said in _BEGINNINGS.items() if begin.startswith(mark)), None)
    if begin[_TAR_MARK] == b"ustar":
        found = ("a tar archive", "unpack it")
    what, remedy = found or _text(begin) or ("", "")
    if what:
        raise LinexpError(f"weights {path} are {what}; {remedy}")
    raise LinexpError(f"weights {path} cannot be read (neither safetensors nor of torch.save); replace the file")


def _check_archive(path: Path) -> None:
    """Raise a `LinexpError` if a zip archive is not of `torch.save`; one that is damaged is for PyTorch to name."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return
    if any(name.endswith("constants.pkl") for name in names):
        raise LinexpError(f"weights {path} are a TorchScript archive; save its state_dict alone")
    if not any(name.endswith("data.pkl") for name in names):
        first = names[0] if names else "nothing"
        raise LinexpError(f"weights {path} are a zip archive (of {first}), not of torch.save; give the file of weights")


def _text(begin: bytes) -> tuple[str, str] | None:
    """What a text is and what to do; None where a file's beginning is no text."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if begin.startswith(mark)), "utf-8")
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(begin).strip().lower()  # the last character may be cut
    except UnicodeDecodeError:
        return None
    if not text or not all(character.isprintable() or character.isspace() for character in text):
        return None
    return next(said for mark, said in _TEXTS.items() if text.startswith(mark))
