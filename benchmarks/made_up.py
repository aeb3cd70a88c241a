"""Made-up embeddings and activations that look like real ones, in blocks, so that any number of images fits.

Images show one to six of 500 topics. A concept lies near two topics, or near none: of those an image-text model is
never sure, and the filter leaves them out. P then is sparse, heavy-tailed, and concepts that share topics are
correlated. Of the neurons most answer to a few concepts, many to a mixture of dozens, some to nothing that any concept
describes, and some are dead.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

A, B = 30.0, -0.2
"""P = σ(a·similarity + a·b)."""
TOPICS = 500
MOST_SHOWN = 6
BLOCK_ROWS = 4096
KINDS = ("few", "many", "none", "dead")


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@dataclass(frozen=True)
class World:
    """Topics, the concepts around them and the neurons that answer to concepts.

    Attributes
    ----------
    topics
        (TOPICS, dim) unit norm.
    concepts
        (m, dim) float32, unit norm.
    weights
        (m, n_neurons) float32 of each concept in each neuron.
    noise
        (n_neurons,) its standard deviation.
    kind
        (n_neurons,) places in `KINDS`.
    """

    topics: np.ndarray
    concepts: np.ndarray
    weights: np.ndarray
    noise: np.ndarray
    kind: np.ndarray

    @classmethod
    def make(cls, n_concepts: int, n_kept: int, n_neurons: int, dim: int = 1152, seed: int = 0) -> "World":
        """A world of which about `n_kept` concepts pass the filter."""
        rng = np.random.default_rng(seed)
        topics = _unit(rng.normal(size=(TOPICS, dim)))
        near = np.where(np.arange(n_concepts) < n_kept, rng.uniform(0.4, 0.8, n_concepts), 0.05)[:, None]
        first, second = topics[rng.integers(0, TOPICS, (2, n_concepts))]
        about = _unit(first + rng.uniform(0.2, 1.0, (n_concepts, 1)) * second)
        concepts = near * about + np.sqrt(1 - near**2) * _unit(rng.normal(size=(n_concepts, dim)))
        shuffled = rng.permutation(n_concepts)
        concepts, visible = concepts[shuffled], np.flatnonzero(shuffled < n_kept)
        kind = rng.choice(len(KINDS), n_neurons, p=[0.55, 0.3, 0.1, 0.05])
        weights = np.zeros((n_concepts, n_neurons), np.float32)
        for neuron in np.flatnonzero(kind < 2):
            n_causes = rng.integers(1, 5) if kind[neuron] == 0 else rng.integers(15, 60)
            causes = rng.choice(visible, min(n_causes, len(visible)), replace=False)
            weights[causes, neuron] = rng.gamma(2.0, 1.0, len(causes)) * np.where(rng.random(len(causes)) < 0.85, 1, -1)
        noise = np.where(kind == 3, 0.0, rng.uniform(0.02, 0.2, n_neurons)).astype(np.float32)
        return cls(topics.astype(np.float32), concepts.astype(np.float32), weights, noise, kind)

    def embeddings(self, n_images: int, seed: int = 1) -> Iterator[np.ndarray]:
        """Unit-norm image embeddings in blocks of (rows, dim) float32."""
        for block, begin in enumerate(range(0, n_images, BLOCK_ROWS)):
            rng = np.random.default_rng([seed, block])
            rows = min(BLOCK_ROWS, n_images - begin)
            popular = np.minimum((TOPICS * rng.random((rows, MOST_SHOWN)) ** 1.5).astype(int), TOPICS - 1)
            shown = rng.gamma(2.0, 0.5, (rows, MOST_SHOWN)) * (
                np.arange(MOST_SHOWN) < rng.integers(1, MOST_SHOWN + 1, (rows, 1))
            )
            strength = np.zeros((rows, TOPICS), np.float32)
            np.put_along_axis(strength, popular, shown.astype(np.float32), axis=1)
            noise = rng.standard_normal((rows, self.topics.shape[1]), np.float32) / self.topics.shape[1] ** 0.5
            yield _unit(strength @ self.topics + 1.2 * noise)

    def activations(self, embeddings: np.ndarray, seed: int = 2) -> np.ndarray:
        """(rows, n_neurons) float32 of embeddings: rectified sums over how far concepts are above a threshold."""
        rng = np.random.default_rng([seed, int(abs(embeddings[0, 0]) * 1e9)])
        used = self.weights.any(axis=1)
        present = np.maximum(embeddings @ self.concepts[used].T + B + 0.05, 0.0)
        noise = rng.standard_normal((len(embeddings), len(self.noise)), np.float32) * self.noise
        return np.maximum(present @ self.weights[used] + noise - 0.02, 0.0)
