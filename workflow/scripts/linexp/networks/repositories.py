"""Repositories of torch hub: fetched from GitHub once, as a checked archive, and unpacked where a job reads it."""

import atexit
import hashlib
import os
import shutil
import stat
import tempfile
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import quote
from urllib.request import urlopen
from zipfile import BadZipFile, ZipFile, ZipInfo

from ..artifacts import attributes, seals
from ..errors import LinexpError, shortened
from ..jobs import write_errors
from ..jobs.downloads import said_in_one_line

GITHUB = "https://codeload.github.com"
MOST_BYTES = 500_000_000
"""Of an archive."""
MOST_UNPACKED = 2_000_000_000
"""Bytes of all files in one."""
MOST_FILES = 50_000
HUBCONF = "hubconf.py"
KINDS = (0, stat.S_IFREG, stat.S_IFDIR)
"""Of what an archive may hold: files and folders, or what says nothing of it."""
_BLOCK = 1 << 20
_DAMAGE = (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error)
"""What zipfile raises for an archive that is cut, damaged, locked, or none."""


def fetch(repository: str, path: Path, base: str = GITHUB) -> str:
    """Download a repository as a zip archive, and look through all of it.

    Parameters
    ----------
    repository
        `owner/name:ref`, where the ref is a commit, a tag or a branch.
    path
        Where the archive is put, under a name that only a whole one loses: it is not whole until this returns.
    base
        The address that serves archives, as `{base}/{owner}/{name}/zip/{ref}`.

    Returns
    -------
    str
        What there is to say of it in a line: its commit and digest, and that it is run.

    Raises
    ------
    LinexpError
        It cannot be downloaded, is cut, damaged or too large, has no hubconf.py, or has what would lie outside of it.
    """
    address, _, ref = repository.partition(":")
    url = f"{base}/{address}/zip/{quote(ref)}"
    remedy = f"check owner, name and ref of {repository}, run it where there is internet, or give a folder"
    what = f"the code of {repository}"
    with said_in_one_line(what, remedy), urlopen(url) as answer, path.open("wb") as file:
        _copy(answer, file, repository)
    with tempfile.TemporaryDirectory() as folder:
        _unpack(path, Path(folder), repository)
    with ZipFile(path) as archive, path.open("rb") as file:
        commit = archive.comment.decode("ascii", "replace")
        digest, n_files = hashlib.file_digest(file, "sha256").hexdigest(), len(archive.infolist())
    return (
        f"{what} is run by jobs as if it were yours, so be sure that you trust it: "
        f"commit {commit or 'unknown'}, {n_files:,} files, SHA-256 {digest}"
    )


def _copy(answer: IO[bytes], file: IO[bytes], repository: str) -> None:
    """Write what a server answers to a file, all of it or a `LinexpError`."""
    length, copied = answer.headers.get("Content-Length"), 0  # type: ignore[attr-defined]  # every response has them
    while block := answer.read(_BLOCK):
        copied += len(block)
        if copied > MOST_BYTES:
            raise LinexpError(
                f"the archive of {repository} has more than {MOST_BYTES:,} bytes; clone it, give the folder"
            )
        file.write(block)
    if length is not None and copied != int(length):
        raise LinexpError(f"the archive of {repository} is cut: {copied:,} of {int(length):,} bytes came; run it again")


def _unpack(archive: Path, folder: Path, what: str) -> Path:
    """Unpack an archive, and give the one folder that is in it.

    Raises
    ------
    LinexpError
        It is damaged or too large, has no hubconf.py, or has what would lie outside of its folder.
    """
    try:
        with ZipFile(archive) as content:
            _check_end(archive, len(content.comment))
            root = _root(content.infolist(), what)
            content.extractall(folder)
    except _DAMAGE as error:
        reason = shortened(" ".join(str(error).split()), 80)
        raise LinexpError(f"the archive of {what} is no whole zip archive ({reason}); fetch it again") from error
    except OSError as error:
        explained = write_errors.explained(error, folder, folder)
        if explained:
            raise explained from error
        raise LinexpError(f"the archive of {what} cannot be unpacked ({error.strerror}); give a folder") from error
    return folder / root


def _check_end(archive: Path, comment: int) -> None:
    """Raise what zipfile does for what is cut elsewhere: a comment at the end, GitHub's commit, it takes as it is."""
    with archive.open("rb") as file:
        file.seek(-2 - comment, os.SEEK_END)
        if int.from_bytes(file.read(2), "little") != comment:
            raise BadZipFile("its end is cut")


def _root(members: list[ZipInfo], what: str) -> str:
    """The folder that all members of an archive are in, once they are known to stay in it."""
    size = sum(member.file_size for member in members)
    if len(members) > MOST_FILES or size > MOST_UNPACKED:
        raise LinexpError(
            f"the archive of {what} has {len(members):,} files of {size:,} bytes, more than {MOST_FILES:,} or "
            f"{MOST_UNPACKED:,}; clone it, and give a folder with the part that is needed"
        )
    for member in members:
        place, kind = PurePosixPath(member.filename), stat.S_IFMT(member.external_attr >> 16)
        if place.is_absolute() or not place.parts or ".." in place.parts or kind not in KINDS:
            raise LinexpError(
                f"the archive of {what} has {shortened(member.filename, 60)}, which is a link or lies outside of it; "
                "clone it, and give the folder"
            )
    roots = {PurePosixPath(member.filename).parts[0] for member in members}
    root = roots.pop() if len(roots) == 1 else ""
    if f"{root}/{HUBCONF}" not in {member.filename for member in members}:
        raise LinexpError(f"the archive of {what} has no {HUBCONF}, so it is none of torch hub; correct model.repo")
    return root


def with_code(model: Mapping[str, Any], archive: str | None) -> Mapping[str, Any]:
    """The entry of a model, with the `folder` that its code is unpacked to until the process ends.

    Parameters
    ----------
    archive
        A fetched repository, or None for a model whose code is in none.

    Raises
    ------
    LinexpError
        It is damaged.
    """
    return {**model, "folder": _unpacked(archive)} if archive else model


@cache
def _unpacked(archive: str) -> str:
    if attributes.read_attributes(archive) is None:
        raise LinexpError(f"{archive} is damaged, or does not say how it was made; {seals.remake(archive)}")
    folder = tempfile.mkdtemp(prefix="linexp_hub_")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(_unpack(Path(archive), Path(folder), archive))
