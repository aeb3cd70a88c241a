"""Made-up layers with a linear head, for tests of ablation and impact, and a literal loss under replacement."""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax


@dataclass(frozen=True)
class Layer:
    """Sparse activations (n, n_neurons), a head (n_classes, n_neurons), logits (n, n_classes) and drawn labels (n,)."""

    activations: np.ndarray
    weight: np.ndarray
    logits: np.ndarray
    labels: np.ndarray


def made_up(seed: int, n: int = 300, n_neurons: int = 8, n_classes: int = 6) -> Layer:
    rng = np.random.default_rng(seed)
    q = np.maximum(rng.normal(size=(n, n_neurons)), 0) + rng.gamma(0.5, 0.3, size=(n, n_neurons))
    weight = rng.normal(size=(n_classes, n_neurons)) * 2 / np.sqrt(n_neurons)
    logits = q @ weight.T + rng.normal(size=n_classes)
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return Layer(*(a.astype(np.float32) for a in (q, weight, logits)), labels)


def noisy(layer: Layer, seed: int) -> np.ndarray:
    """Simulations of a layer: right now and then, heavy-tailed, on a scale of their own."""
    rng = np.random.default_rng(seed)
    shape = layer.activations.shape
    right = (layer.activations > 1.2) & (rng.random(shape) < 0.8)
    simulated = right * rng.random(shape) + 0.1 * rng.gamma(0.3, 1, shape)
    return (simulated * rng.uniform(0.2, 5, shape[1])).astype(np.float32)


def literal_losses(layer: Layer, neuron: int, values: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """(n,) cross-entropy when the neuron has these values, from logits in float64."""
    change = values.astype(np.float64) - layer.activations[:, neuron]
    logits = layer.logits.astype(np.float64) + np.outer(change, layer.weight[:, neuron].astype(np.float64))
    return -log_softmax(logits / temperature, axis=1)[np.arange(len(values)), layer.labels]


def literal_alpha(layer: Layer, neuron: int, simulated: np.ndarray, c: float, d: float, mean: float) -> float:
    """α_init of Eq. 12."""
    before = literal_losses(layer, neuron, layer.activations[:, neuron])
    changed = literal_losses(layer, neuron, c * simulated.astype(np.float64) + d)
    ablated = literal_losses(layer, neuron, np.full(len(before), mean))
    return 1 - np.abs(changed - before).sum() / np.abs(ablated - before).sum()
