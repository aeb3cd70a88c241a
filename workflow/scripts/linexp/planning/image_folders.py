"""Folders of images or masks, and digests by which a change in one is noticed.

That is of names and sizes, and of contents that were exchanged for others of the same size: an image whose time is
another than when it was last seen is read, and compared with what was indexed. So a folder that was copied or touched
remakes nothing.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ..artifacts.atomic_files import atomic
from ..jobs.progress import progress
from ..probes.folders import walk

KNOWN = Path("results/.recipes/folders")

Listing = dict[str, list[int]]
"""Size and modification time in nanoseconds of all files in a folder, by path below it."""


def digest_of(folder: str, index: str | None) -> str:
    """The digest of a folder.

    Parameters
    ----------
    index
        Where the index of its images lies, if it was made already; None for a folder that no index is made of, whose
        files are read once, and again where their size or time is another.
    """
    seen = _path_of_seen(folder)
    before, listing = _read(seen), _listing(folder)
    exchanged = {name: content for name, content in before["exchanged"].items() if name in listing}
    same_size = (name for name in listing.keys() & before["files"] if listing[name][0] == before["files"][name][0])
    touched = sorted(name for name in same_size if listing[name] != before["files"][name])
    if index is None:
        new = sorted(name for name in listing if listing[name] != before["files"].get(name))
        for name in progress(new, len(new), "file", f"reading {folder}", step=lambda _: 1):
            exchanged[name] = _sha256(os.path.join(folder, name))
    elif touched and os.path.exists(index):
        table = pq.read_table(index, columns=["key", "sha256"])
        indexed = dict(zip(table["key"].to_pylist(), table["sha256"].to_pylist(), strict=True))
        for name in progress(touched, len(touched), "image", f"comparing {folder}", step=lambda _: 1):
            content = _sha256(os.path.join(folder, name))
            if content == indexed.get(name) != exchanged.get(name):
                exchanged.pop(name, None)
            elif content != exchanged.get(name):
                exchanged[name] = content
    now = {"files": listing, "exchanged": exchanged}
    if now != before:
        with atomic(seen) as temporary:
            temporary.write_text(json.dumps(now, sort_keys=True), encoding="utf-8")
    return _digest(listing, exchanged)


def _path_of_seen(folder: str) -> Path:
    return KNOWN / f"{hashlib.sha256(folder.encode(errors='surrogateescape')).hexdigest()[:16]}.json"


def _read(path: Path) -> dict[str, Any]:
    """What was seen of a folder: its files, and the contents of those that were exchanged; nothing if it is new."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {"files": dict(found["files"]), "exchanged": dict(found["exchanged"])}
    except (OSError, ValueError, TypeError, KeyError):
        return {"files": {}, "exchanged": {}}


def _listing(folder: str) -> Listing:
    found = {}
    for place, names in walk(folder):
        for name in names:
            path = os.path.join(place, name)
            stat = os.stat(path) if os.path.exists(path) else os.lstat(path)  # a link may lead nowhere
            found[os.path.relpath(path, folder)] = [stat.st_size, stat.st_mtime_ns]
    return found


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(listing: Listing, exchanged: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(listing):
        digest.update(f"{name}\0{listing[name][0]}\0{exchanged.get(name, '')}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]
