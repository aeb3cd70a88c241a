"""Soft-WPMI equals its definition in plain loops, and the best concept of it explains a neuron."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from literal import literal_soft_wpmi

from linexp.clip_dissect import explain, soft_wpmi

DEFAULTS = {"top": 100, "scale": 10.0, "prior": 1.0, "p_start": 0.998, "p_end": 0.97}


def _images(seed: int, n: int, m: int, n_neurons: int, dtype=np.float64):
    rng = np.random.default_rng(seed)
    similarity = rng.uniform(-0.3, 0.6, (n, m)).astype(dtype)
    return similarity, np.round(rng.normal(size=(n, n_neurons)), 1).astype(dtype)  # rounded: with ties


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 25),
    m=st.integers(1, 6),
    n_neurons=st.integers(1, 4),
    top=st.sampled_from([1, 5, 40]),
    scale=st.sampled_from([1.0, 10.0, 50.0]),
    prior=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_soft_wpmi_is_its_definition(seed, n, m, n_neurons, top, scale, prior):
    similarity, activations = _images(seed, n, m, n_neurons)
    scores = soft_wpmi(similarity, activations, top, scale, prior, 0.9, 0.6)
    expected = literal_soft_wpmi(similarity, activations, top, scale, prior, 0.9, 0.6)
    np.testing.assert_allclose(scores, expected, rtol=1e-9, atol=1e-9)


def test_the_defaults_are_those_of_the_publication():
    similarity, activations = _images(0, 130, 5, 3, np.float32)
    np.testing.assert_allclose(
        soft_wpmi(similarity, activations), literal_soft_wpmi(similarity, activations, **DEFAULTS), rtol=1e-5
    )


def test_concepts_that_no_image_has_keep_finite_scores():
    similarity = np.tile([1.0, -1.0], (200, 1))
    scores = soft_wpmi(similarity, np.random.default_rng(1).normal(size=(200, 3)), softmax_scale=1000)
    assert np.isfinite(scores).all()


def _planted(n: int = 300):
    """Three neurons, each active where one concept is; a fourth that never varies."""
    rng = np.random.default_rng(2)
    present = rng.random((n, 4)) < 0.3
    similarity = 0.1 + 0.3 * present + 0.02 * rng.normal(size=present.shape)
    activations = present[:, [2, 0, 3]] + 0.1 * rng.normal(size=(n, 3))
    return similarity, np.column_stack([activations, np.full(n, 0.7)])


@pytest.mark.parametrize("settings_", [{}, {"top_images": 20}, {"top_images": 20, "prior": 0.0}])
def test_a_neuron_is_explained_by_the_concept_that_activates_it(settings_):
    similarity, activations = _planted()
    neurons = np.array([7, 3, 12, 20])
    explanations = explain(similarity, activations, neurons, ["dog", "cat", "snow", "sky"], settings_)
    assert [e.neuron for e in explanations] == [7, 3, 12, 20]
    assert [list(e.concepts) for e in explanations] == [["snow"], ["dog"], ["sky"], []]
    assert [list(e.weights) for e in explanations] == [[1.0], [1.0], [1.0], []]
    assert [e.status for e in explanations] == ["ok", "ok", "ok", "constant"]
    assert all(e.val_correlation is None and e.bias == 0 for e in explanations)


def test_the_settings_reach_the_score():
    """With one top image its concept wins; with many another, which most active images have."""
    similarity = np.full((40, 2), 0.1)
    similarity[0, 0], similarity[1:20, 1] = 0.6, 0.6
    activations = np.linspace(1, 0, 40)[:, None]
    for top_images, concept in ((1, "first"), (20, "second")):
        (explanation,) = explain(
            similarity, activations, np.array([0]), ["first", "second"], {"top_images": top_images, "prior": 0.0}
        )
        assert list(explanation.concepts) == [concept]
