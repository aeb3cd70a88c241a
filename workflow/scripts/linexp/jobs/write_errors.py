"""What the system says when a file cannot be written, as one line that names the file and the remedy."""

import errno
import os
import re
import tempfile
from pathlib import Path

from ..errors import LinexpError


class WriteError(LinexpError):
    """A file cannot be written; whoever made it need not look into what is left of it."""


_MAKE_ROOM = "make room on the disk, then run the same command again"
_GET_ACCESS = "make the folder writable for this user, then run the same command again"
_MOVE_THE_CACHE = "set XDG_CACHE_HOME to a folder that can be written, then run the same command again"
_OF_THE_DISK = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EFBIG: "raise the largest file size (ulimit -f), then run the same command again",
    errno.EROFS: "mount the disk writable, or work in another folder, then run the same command again",
    errno.EIO: "check the disk, then run the same command again",
}
_CLEAR_THE_WAY = "a file is where a folder has to be: move it away, then run the same command again"
_OF_THE_FILE = {
    errno.EACCES: _GET_ACCESS,
    errno.EPERM: _GET_ACCESS,
    errno.ENOTDIR: _CLEAR_THE_WAY,
    errno.EEXIST: _CLEAR_THE_WAY,
}
# how h5py, pyarrow and safetensors pass on what the system said
_NUMBER = re.compile(r"\berrno = (\d+)|\[Errno (\d+)\]|\(os error (\d+)\)|\bcode: (\d+)")


def explained(error: BaseException, path: str | Path, *named: Path) -> WriteError | None:
    """The error as one that names `path`, if it says that the file cannot be written; None for any other error.

    Parameters
    ----------
    named
        The files and folders whose names the system may give instead; an access that was denied counts only if it names
        one of them, or none, since what is read can be denied as well.
    """
    number, name = _number(error), getattr(error, "filename", None)
    if number is None:
        return None
    about_the_file = name is None or Path(os.fsdecode(name)) in (*named, path)
    remedy = _OF_THE_DISK.get(number) or (_OF_THE_FILE.get(number) if about_the_file else None)
    if _is_a_cache(Path(path)) and (number in _OF_THE_DISK or number in _OF_THE_FILE):
        remedy = _MOVE_THE_CACHE
    return WriteError(f"{path} cannot be written ({os.strerror(number)}); {remedy}") if remedy else None


def _is_a_cache(path: Path) -> bool:
    """Whether a path is where libraries keep what they download, or the home that this would be made in."""
    return ".cache" in path.parts or str(path) == os.path.expanduser("~")


def check_folder(path: Path) -> None:
    """See whether files can be written to a folder, or whether it can be made where it is not there.

    Raises
    ------
    WriteError
        They cannot.
    """
    check_links(path)
    try:
        with tempfile.TemporaryFile(dir=path if path.exists() else path.parent) as file:
            file.write(b"0")
    except OSError as error:
        raise explained(OSError(error.errno, error.strerror), path) or error from error


def check_links(path: str | Path) -> None:
    """Raise a `WriteError` if a folder above a file, or its own place, is a link to what is not there."""
    for place in [*Path(path).parents, Path(path)]:
        if place.is_symlink() and not place.exists():
            target = os.readlink(place)
            raise WriteError(f"{place} is a link to {target}, which is not there; make that folder, or remove the link")


def _number(error: BaseException | None) -> int | None:
    """The system's number of an error, or of what it arose from."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno:
            return error.errno
        found = _NUMBER.search(str(error))
        if found:
            return int(next(filter(None, found.groups())))
        error = error.__cause__ or error.__context__
    return None
