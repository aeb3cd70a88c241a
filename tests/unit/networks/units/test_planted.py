"""A dictionary that is known: each feature of its autoencoder is explained by the concept that was put there."""

import numpy as np
import torch
from safetensors.numpy import save_file

from linexp.arrays import explain
from linexp.networks.units.opening import open_units

CONCEPTS, WIDTH, TOKENS, IMAGES = 12, 20, 6, 400


def test_each_feature_of_a_planted_autoencoder_is_explained_by_its_concept(tmp_path):
    rng = np.random.default_rng(0)
    dictionary = rng.normal(size=(CONCEPTS, WIDTH))
    dictionary /= np.linalg.norm(dictionary, axis=1, keepdims=True)
    at_tokens = rng.random((IMAGES, TOKENS, CONCEPTS)) < 0.1
    strength = at_tokens * rng.uniform(1, 3, at_tokens.shape)
    neurons = 0.5 + strength @ dictionary + 0.01 * rng.normal(size=(IMAGES, TOKENS, WIDTH))
    parts = {"W_enc": np.linalg.pinv(dictionary), "b_enc": np.zeros(CONCEPTS), "W_dec": dictionary}
    save_file(parts | {"b_dec": np.full(WIDTH, 0.5)}, tmp_path / "sae.safetensors")
    entry = {"sae": str(tmp_path / "sae.safetensors"), "activation": "threshold", "threshold": 0.5}
    units = open_units({"pool": "avg", "channels": "first", "units": entry | {"subtract_bias": True}, "tokens": "all"})
    activations = units.read(torch.from_numpy(neurons)).numpy()
    np.testing.assert_allclose(activations, strength.mean(axis=1), rtol=0, atol=0.1)
    told = units.told()
    assert told["variance_left"] < 1e-2
    np.testing.assert_allclose(told["mean_active"], at_tokens.sum(axis=2).mean(), rtol=0, atol=0.01)
    names = [f"concept {number}" for number in rng.permutation(CONCEPTS)]
    found = explain(at_tokens.any(axis=1).astype(np.float64), activations, names)
    assert [explanation.concepts[0] for explanation in found.explanations] == names
