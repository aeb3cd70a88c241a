"""Explanations: for each neuron concepts with weights, a bias and a status; as a table, and as a matrix."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

OK = "ok"
UNEXPLAINED = "unexplained"
CONSTANT = "constant"
NOT_CONVERGED = "not_converged"
MISSING = "missing"
EXPLAINED, PREDICTS_ONLY, NOT_ABOVE_CHANCE = "explained", "predicts_only", "not_above_chance"


@dataclass(frozen=True)
class Explanation:
    """One neuron as a linear combination: activation ≈ Σ weight·P(concept) + bias.

    Attributes
    ----------
    concepts
        By descending weight.
    weights
        Multiply P itself.
    val_correlation
        None where undefined.
    """

    neuron: int
    concepts: Sequence[str] = ()
    weights: Sequence[float] = ()
    bias: float = 0.0
    val_correlation: float | None = None
    status: str = OK

    def text(self, digits: int = 2) -> str:
        """The explanation as a formula, such as `2.10·snow + 1.40·dog + 0.20`; a bias of 0 is left out."""
        if not self.concepts:
            return self.status
        terms = [(weight, f"·{concept}") for weight, concept in zip(self.weights, self.concepts, strict=True)]
        terms += [(self.bias, "")] if self.bias else []
        signed = [f"{'-' if value < 0 else '+'} {abs(value):.{digits}f}{name}" for value, name in terms]
        signed[0] = ("-" if terms[0][0] < 0 else "") + signed[0][2:]
        return " ".join(signed)


def by_weight(
    neuron: int,
    concepts: Sequence[str],
    weights: np.ndarray,
    bias: float,
    val_correlation: float,
    status: str,
) -> Explanation:
    """An explanation with its concepts in descending order of weight."""
    order = np.argsort(-weights, kind="stable")
    return Explanation(
        neuron,
        [concepts[i] for i in order],
        weights[order].tolist(),
        float(bias),
        float(val_correlation),
        status,
    )


def to_table(explanations: Sequence[Explanation]) -> pa.Table:
    """One row a neuron; the columns are the fields of `Explanation`."""
    schema = pa.schema(
        [
            ("neuron", pa.int32()),
            ("concepts", pa.list_(pa.string())),
            ("weights", pa.list_(pa.float64())),
            ("bias", pa.float64()),
            ("val_correlation", pa.float64()),
            ("status", pa.string()),
        ]
    )
    columns = {name: [getattr(e, name) for e in explanations] for name in schema.names}
    return pa.table(columns, schema=schema)


def from_table(table: pa.Table) -> list[Explanation]:
    """The explanations in a table, which may have further columns."""
    return [Explanation(**row) for row in table.select([field.name for field in fields(Explanation)]).to_pylist()]


def weight_matrix(explanations: Sequence[Explanation], concepts: Sequence[str]) -> np.ndarray:
    """(len(concepts), n_neurons) float64: the weight of each concept in each explanation, mostly zeros.

    Raises
    ------
    KeyError
        An explanation has a concept that is not among `concepts`.
    """
    row = {concept: number for number, concept in enumerate(concepts)}
    weights = np.zeros((len(concepts), len(explanations)))
    for column, explanation in enumerate(explanations):
        for concept, weight in zip(explanation.concepts, explanation.weights, strict=True):
            weights[row[concept], column] += weight
    return weights


def printable(name: str) -> str:
    """A concept's name in one line, without control characters, which a terminal or an SVG would trip over."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(name.split()))
