"""Columns of P, for area charts: transposed on disk, so that those of a neuron are read without the others."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..artifacts import store
from ..errors import LinexpError
from ..explanations import Explanation


class PresenceColumns:
    """The columns of a P that some explanations use.

    Parameters
    ----------
    presence
        The artifact.
    explanations
        That use it.
    scratch
        A file to keep the columns in, (n_used, n_images) float32. Whoever names it deletes it.
    """

    def __init__(self, presence: str | Path, explanations: Sequence[Explanation], scratch: Path):
        wanted = sorted({concept for one in explanations for concept in one.concepts})
        place = {concept: number for number, concept in enumerate(store.read_strings(presence, "concepts"))}
        unknown = [concept for concept in wanted if concept not in place]
        if unknown:
            raise LinexpError(f"{presence} has no concept {unknown[0]!r}, which an explanation uses; run it again")
        self._row = {concept: number for number, concept in enumerate(wanted)}
        columns = [place[concept] for concept in wanted]
        with store.open_arrays(presence) as file:
            shape = max(1, len(wanted)), len(file["P"])
            self._columns = np.memmap(scratch, np.float32, "w+", shape=shape)
            begin = 0
            for block in store.row_blocks(file["P"]):
                self._columns[: len(wanted), begin : begin + len(block)] = block[:, columns].T
                begin += len(block)

    def of(self, explanation: Explanation) -> np.ndarray:
        """(n_images, n_concepts) float32, the columns of an explanation's concepts in its order."""
        return np.array(self._columns[[self._row[concept] for concept in explanation.concepts]]).T
