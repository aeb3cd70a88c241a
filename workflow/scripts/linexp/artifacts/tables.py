"""Artifacts on disk that are no arrays: Parquet for tables, JSON for a few numbers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import LinexpError
from . import seals
from .atomic_files import atomic

_OF_PARQUET = (pa.ArrowException, OSError, ValueError, TypeError, LookupError, MemoryError)
"""What pyarrow raises when it runs into damage."""


def write_table(path: str | Path, provenance: seals.Provenance, table: pa.Table) -> None:
    """Write a Parquet table with its provenance as key-value metadata."""
    content = seals.sha256_of_table(table)
    with atomic(path) as temporary:
        attributes = seals.sealed(provenance, path, content)
        pq.write_table(table.replace_schema_metadata(attributes), temporary, write_page_checksum=True)


def read_table(path: str | Path) -> pa.Table:
    """A Parquet artifact.

    Raises
    ------
    LinexpError
        The file is no Parquet file or a damaged one, of another version, or made for another place.
    """
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        attributes = _attributes(table.schema)
        sealed_content = attributes.get("content_sha256")
        same = sealed_content is None or sealed_content == seals.sha256_of_table(table)
    except _OF_PARQUET as error:
        raise seals.damaged(path, "Parquet", error) from error
    seals.check(path, attributes)
    if not same:
        raise LinexpError(f"{path} is damaged: its content is not what was written; {seals.remake(path)}")
    return table


def read_attributes(path: str | Path) -> dict[str, str]:
    """What a Parquet artifact says of itself.

    Raises
    ------
    LinexpError
        The file is no Parquet file or a damaged one, of another version, or made for another place.
    """
    try:
        attributes = _attributes(pq.read_schema(path))
    except _OF_PARQUET as error:
        raise seals.damaged(path, "Parquet", error) from error
    seals.check(path, attributes)
    return attributes


def _attributes(schema: pa.Schema) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}


def write_json(path: str | Path, provenance: seals.Provenance, content: Mapping[str, Any]) -> None:
    """Write a few numbers and their provenance."""
    content = json.loads(json.dumps(content))
    with atomic(path) as temporary:
        attributes = seals.sealed(provenance, path, seals.sha256_of(content))
        text = json.dumps({**content, **attributes}, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: str | Path) -> dict[str, Any]:
    """A JSON artifact.

    Raises
    ------
    LinexpError
        The file is no JSON object or a damaged one, of another version, or made for another place.
    """
    try:
        found = dict(json.loads(Path(path).read_text(encoding="utf-8")))
    except (ValueError, TypeError, OSError) as error:
        raise seals.damaged(path, "JSON", error) from error
    seals.check(path, found)
    content = {key: value for key, value in found.items() if key not in (*seals.ATTRIBUTES, "sha256")}
    if found["content_sha256"] != seals.sha256_of(content):
        raise LinexpError(f"{path} is damaged: its content is not what was written; {seals.remake(path)}")
    return found
