"""Provenance, and seals: checksums by which an artifact shows that what it says is what was written.

Formats have checksums of their own for large arrays and pages, but none for strings in HDF5, nor for the footer of
Parquet and the numbers in JSON.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .. import __version__
from ..errors import LinexpError

FORMAT = 1
"""Of all artifacts: raised when what is in one, or how, changes so that older files cannot be read. See CHANGELOG."""
ROWS_AT_ONCE = 8192
ATTRIBUTES = (
    *("format", "linexp_version", "made_by", "settings", "recipe", "made_from", "probe_fingerprint", "file"),
    *("content_sha256", "id"),
)


@dataclass(frozen=True)
class Provenance:
    """What an artifact carries: the script and settings that made it, and the probe that it belongs to.

    Attributes
    ----------
    recipe
        Digests of the code and of the user's files that it was made from, by name.
    made_from
        The identities of the artifacts that it was made from, by path.
    """

    made_by: str
    settings: Mapping[str, Any]
    probe_fingerprint: str
    recipe: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {"code": {}, "files": {}})
    made_from: Mapping[str, str] = field(default_factory=dict)

    def identity(self, content: str) -> str:
        """What tells an artifact from all others: the same wherever, by whichever release and code it was made.

        Parameters
        ----------
        content
            A digest of what it holds.
        """
        parts = (FORMAT, self.made_by, self.settings, self.made_from, content)
        return sha256_of(json.loads(json.dumps(parts)))

    def attributes(self) -> dict[str, str]:
        """All of it, as text."""
        return {
            "format": str(FORMAT),
            **self.summary(),
            "recipe": json.dumps(self.recipe, sort_keys=True, ensure_ascii=False),
            "made_from": json.dumps(self.made_from, sort_keys=True, ensure_ascii=False),
        }

    def summary(self) -> dict[str, str]:
        """What people are told of it in pictures and pages."""
        return {
            "linexp_version": __version__,
            "made_by": self.made_by,
            "settings": json.dumps(self.settings, sort_keys=True, ensure_ascii=False),
            "probe_fingerprint": self.probe_fingerprint,
        }


def sha256_of(content: Any) -> str:
    """The SHA-256 of what JSON can say."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def sealed(provenance: Provenance, path: str | Path, content: str, keep_content: bool = True) -> dict[str, str]:
    """The attributes of the artifact at `path`, with their seal.

    A relative path, as the workflow has them, is among them: so a file that was put in another's place is noticed.

    Parameters
    ----------
    content
        A digest of what the artifact holds.
    keep_content
        Whether it is among them, for readers to check.
    """
    place = {} if Path(path).is_absolute() else {"file": Path(path).as_posix()}
    kept = {"content_sha256": content} if keep_content else {}
    attributes = {**provenance.attributes(), **place, **kept, "id": provenance.identity(content)}
    return attributes | {"sha256": sha256_of(attributes)}


def remake(path: str | Path) -> str:
    """What to do about a file that cannot be used."""
    return f"make it again: snakemake --cores all -f {path}"


def damaged(path: str | Path, kind: str, error: Exception) -> LinexpError:
    """The error of a file that a library cannot read."""
    reason = " ".join(str(error).split())[:80]
    return LinexpError(f"{path} cannot be read as {kind} ({reason}); {remake(path)}")


def is_whole(found: Mapping[str, Any]) -> bool:
    """Whether the attributes of an artifact, with others perhaps, are those that were sealed."""
    attributes = {key: found[key] for key in ATTRIBUTES if key in found}
    try:
        return found.get("sha256") == sha256_of(attributes)
    except (TypeError, ValueError):
        return False


def belongs_to(path: str | Path, found: Mapping[str, Any]) -> bool:
    """Whether an artifact lies where it was made for."""
    place = found.get("file")
    return not place or f"/{Path(path).as_posix()}".endswith(f"/{place}")


def check(path: str | Path, found: Mapping[str, Any]) -> None:
    """Whether an artifact is what it says it is, and belongs where it lies.

    Parameters
    ----------
    found
        Its attributes, with others perhaps.

    Raises
    ------
    LinexpError
        Its seal is missing or broken, it has another format, or was made for another place.
    """
    if "sha256" not in found:
        raise LinexpError(f"{path} does not say how it was made, so it is no artifact of linexp; {remake(path)}")
    if not is_whole(found):
        raise LinexpError(f"{path} is damaged in what it says of how it was made; {remake(path)}")
    if found.get("format") != str(FORMAT):
        made = f"in format {found['format']}" if "format" in found else "before formats had numbers"
        made = f"{path} was made {made}, by linexp {found['linexp_version']}"
        raise LinexpError(f"{made}; this one reads format {FORMAT}; {remake(path)}")
    if not belongs_to(path, found):
        raise LinexpError(
            f"{path} was made as {found['file']}, for other images or another model or layer; {remake(path)}"
        )


def sha256_of_table(table: pa.Table) -> str:
    """The SHA-256 of a table's columns: their names, types, metadata and values, however they are cut in chunks."""
    digest = hashlib.sha256(str(table.num_rows).encode())
    for column in table.schema:
        metadata = {key.hex(): value.hex() for key, value in (column.metadata or {}).items()}
        digest.update(sha256_of([column.name, _kind(column.type), metadata]).encode())
    for begin in range(0, table.num_rows, ROWS_AT_ONCE):
        for column in table.slice(begin, ROWS_AT_ONCE).columns:
            _add(digest, pa.concat_arrays(column.chunks))
    return digest.hexdigest()


def _kind(kind: pa.DataType) -> str:
    """The name of a type, without the name that Parquet gives the items of lists."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list<{_kind(kind.value_type)}>"
    return str(kind)


def _add(digest, values: pa.Array) -> None:
    """Add which values there are, and those, down to numbers and bytes."""
    kind = values.type
    digest.update(np.packbits(values.is_valid().to_numpy(zero_copy_only=False)))
    if pa.types.is_struct(kind):
        for part in values.flatten():
            _add(digest, part)
        return
    values = values.drop_null()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        digest.update(pc.list_value_length(values).to_numpy().astype(np.int64))
        _add(digest, values.flatten())
    elif pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind):
        _, offsets, content = values.cast(pa.large_binary()).buffers()
        ends = np.frombuffer(offsets or b"", np.int64)[values.offset :][: len(values) + 1]
        digest.update(np.diff(ends))
        if len(values):
            digest.update(memoryview(content)[ends[0] : ends[-1]] if content else b"")
    elif pa.types.is_dictionary(kind):
        _add(digest, values.dictionary_decode())
    elif not pa.types.is_null(kind):
        numbers = values.to_numpy(zero_copy_only=False)
        if numbers.dtype == object:
            raise TypeError(f"tables with columns of {kind} cannot be sealed")
        digest.update(np.ascontiguousarray(numbers))
