"""A made-up layer whose neurons are hard to explain, each for one reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from helpers.judged import CONCEPT, Layer
from linexp.explanations import Explanation
from linexp.fitting.ceilings import Views, ceilings

N_TRAIN, N_VAL, N_TEST, N_CONCEPTS, N_DIM = 1500, 300, 600, 40, 12
PLANTED = ["neuron", "too_short", "simulator", "explainer", "no_word"]
"""Why each of the five neurons is hard to explain, in their order."""
BLIND, UNSEEN = 38, 39
"""The concepts that the simulator does not see, and that the explainer does not see."""


def in_blocks(values: np.ndarray, rows: np.ndarray, size: int = 512) -> Iterator[np.ndarray]:
    return (values[rows[begin : begin + size]] for begin in range(0, len(rows), size))


@dataclass(frozen=True)
class Planted:
    """The layer, embeddings (n, N_DIM), and explanations of two concepts."""

    layer: Layer
    embeddings: np.ndarray
    explained: list[Explanation]

    @property
    def rows(self) -> dict[str, np.ndarray]:
        begin, end = self.layer.ends
        n = len(self.layer.q)
        return {"train": np.arange(begin), "val": np.arange(begin, end), "test": np.arange(end, n)}

    def views(self) -> Views:
        seen = (self.layer.p, self.layer.p_simulated, self.embeddings)
        return Views(*(partial(in_blocks, values) for values in seen))

    def ceilings(self, threads: int = 1) -> pd.DataFrame:
        return ceilings(self.layer.problem, self.views(), self.layer.q, self.rows, threads)


def planted(seed: int = 0) -> Planted:
    """Concepts are independent; what is planted is seen through a little noise."""
    rng = np.random.default_rng(seed)
    n = N_TRAIN + N_VAL + N_TEST
    truth = rng.random((n, N_CONCEPTS)) ** 3
    p, other = (truth + 0.05 * rng.normal(size=truth.shape) for _ in range(2))
    other[:, BLIND], p[:, UNSEEN] = rng.random((2, n)) ** 3
    embeddings = rng.normal(size=(n, N_DIM))
    noise = rng.normal(size=(n, 5))
    q = np.stack([noise[:, 0], truth[:, :20].sum(axis=1), truth[:, BLIND], truth[:, UNSEEN], embeddings[:, 3]], axis=1)
    q[:, 1:] += 0.2 * q[:, 1:].std(axis=0) * noise[:, 1:]
    explained = [Explanation(neuron, [CONCEPT(0), CONCEPT(30)], [1.0, 0.1]) for neuron in range(5)]
    explained[2] = Explanation(2, [CONCEPT(BLIND)], [1.0])
    layer = Layer(*(values.astype(np.float32) for values in (p, other, q)), (N_TRAIN, N_TRAIN + N_VAL))
    return Planted(layer, embeddings.astype(np.float32), explained)
