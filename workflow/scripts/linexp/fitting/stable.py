"""How stable the explanation of a neuron is, and many of them as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Stability:
    """What resampled images choose for one neuron at the length of its explanation.

    Attributes
    ----------
    concepts
        Of the explanation, in its order.
    shares
        Of the resamples that choose each of them.
    low, high
        95 % interval of its weight where it is chosen; None where it never is.
    alternatives, alternative_shares
        What is chosen in the place of each most often, and in which share of all resamples.
    all_chosen
        The share of resamples that choose just these concepts; None without any.
    candidates
        How many concepts a resample can choose from.
    """

    neuron: int
    status: str
    concepts: Sequence[str] = ()
    shares: Sequence[float] = ()
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    alternatives: Sequence[Sequence[str]] = ()
    alternative_shares: Sequence[Sequence[float]] = ()
    all_chosen: float | None = None
    candidates: int = 0


SCHEMA = pa.schema(
    [
        ("neuron", pa.int32()),
        ("status", pa.string()),
        ("concepts", pa.list_(pa.string())),
        ("shares", pa.list_(pa.float64())),
        ("low", pa.list_(pa.float64())),
        ("high", pa.list_(pa.float64())),
        ("alternatives", pa.list_(pa.list_(pa.string()))),
        ("alternative_shares", pa.list_(pa.list_(pa.float64()))),
        ("all_chosen", pa.float64()),
        ("candidates", pa.int32()),
    ]
)


def to_table(stabilities: Sequence[Stability]) -> pa.Table:
    """One row a neuron; the columns are the fields of `Stability`."""
    return pa.table({name: [getattr(one, name) for one in stabilities] for name in SCHEMA.names}, schema=SCHEMA)


def from_table(table: pa.Table) -> list[Stability]:
    """The rows of such a table."""
    return [Stability(**row) for row in table.select(SCHEMA.names).to_pylist()]
