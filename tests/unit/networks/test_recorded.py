"""Recorded activations are read whole, by images and by blocks of neurons."""

import numpy as np
import pytest

from linexp.artifacts import store
from linexp.errors import LinexpError
from linexp.networks import recorded

VALUES = np.random.default_rng(0).random((50, 300), np.float32)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("recorded") / "activations.h5"
    with store.create_arrays(path, store.Provenance("test", {}, "probe")) as file:
        store.write_rows(file, "activations", [VALUES], len(VALUES), 64)
        file.attrs["mean_active"] = 7.5
    return path


@pytest.mark.parametrize("neurons", [None, range(3, 260), [299, 4, 150], [7]])
@pytest.mark.parametrize("together", [1, 64, 100, 2048])
def test_blocks_are_all_neurons_in_their_order(path, neurons, together, monkeypatch):
    monkeypatch.setattr(recorded, "NEURONS_TOGETHER", together)
    blocks = list(recorded.neuron_blocks(path, neurons))
    wanted = list(range(300)) if neurons is None else list(neurons)
    assert np.concatenate(blocks).tolist() == wanted
    assert max(map(len, blocks)) <= together
    for block in blocks:
        np.testing.assert_array_equal(recorded.read_block(path, block), VALUES[:, block])


@pytest.mark.parametrize("neurons", [None, [299, 4, 150]])
def test_some_images_are_read(path, neurons):
    rows = np.array([1, 2, 30, 49])
    numbers, found = recorded.read_activations(path, neurons, rows)
    np.testing.assert_array_equal(found, VALUES[rows][:, numbers])
    np.testing.assert_array_equal(recorded.read_activations(path, neurons)[1], VALUES[:, numbers])


def test_a_neuron_that_the_layer_does_not_have_is_refused(path):
    with pytest.raises(LinexpError, match=r"neurons: 300 is not in .* which has neurons 0 to 299"):
        list(recorded.neuron_blocks(path, [0, 300]))


def test_what_was_told_while_recording_is_known_and_the_rest_is_not(path):
    told = recorded.told_of(path, ["variance_left", "mean_active"])
    assert np.isnan(told["variance_left"]) and told["mean_active"] == 7.5
    assert recorded.names_of(path) is None
