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
    assert np.concatenate([block.numbers for block in blocks]).tolist() == wanted
    assert max(len(block.numbers) for block in blocks) <= together
    for numbers, places in blocks:
        assert wanted[places] == numbers.tolist()
        np.testing.assert_array_equal(recorded.read_block(path, numbers), VALUES[:, numbers])
    fewer = [block.numbers for block in recorded.neuron_blocks(path, neurons, 30)]
    assert np.concatenate(fewer).tolist() == wanted and max(map(len, fewer)) <= min(together, 30)


@pytest.mark.parametrize("neurons", [None, [299, 4, 150]])
def test_some_images_are_read(path, neurons):
    rows = np.array([1, 2, 30, 49])
    numbers, found = recorded.read_activations(path, neurons, rows)
    np.testing.assert_array_equal(found, VALUES[rows][:, numbers])
    np.testing.assert_array_equal(recorded.read_activations(path, neurons)[1], VALUES[:, numbers])


@pytest.mark.parametrize("together", [1, 64, 2048])
def test_a_matrix_on_the_disk_is_indexed_as_one_in_memory(path, together, monkeypatch):
    monkeypatch.setattr(recorded, "NEURONS_TOGETHER", together)
    rows, neurons = np.array([1, 2, 30, 49]), [200, 3, 199, 64]
    whole, some = recorded.activations_of(path), recorded.activations_of(path, neurons)[rows][[0, 3]]
    assert whole.shape == (50, 300) and some.shape == (2, 4) and len(some) == 2
    np.testing.assert_array_equal(whole[:, :], VALUES)
    np.testing.assert_array_equal(whole[rows][:, neurons], VALUES[rows][:, neurons])
    np.testing.assert_array_equal(some[:, 1:3], VALUES[[1, 49]][:, [3, 199]])
    np.testing.assert_array_equal(whole[:, 7], VALUES[:, 7])
    assert whole[:5][:, []].shape == (5, 0)


@pytest.mark.parametrize("values", [50, 400, 10**6])
def test_rows_that_are_places_have_a_row_for_each_image(path, values, monkeypatch):
    monkeypatch.setattr(recorded, "VALUES_TOGETHER", values)
    maps = recorded.by_image(recorded.activations_of(path), 10)
    expected = np.moveaxis(VALUES.reshape(10, 5, 300), 1, 2)
    assert maps.shape == (10, 300, 5) and len(maps) == 10
    some = maps[np.array([1, 4, 9])]
    np.testing.assert_array_equal(some[:, [200, 3]], expected[[1, 4, 9]][:, [200, 3]])
    np.testing.assert_array_equal(some[:, 7], expected[[1, 4, 9], 7])
    whole = recorded.activations_of(path)
    assert recorded.by_image(whole, 50) is whole


def test_a_neuron_that_the_layer_does_not_have_is_refused(path):
    with pytest.raises(LinexpError, match=r"neurons: 300 is not in .* which has neurons 0 to 299"):
        list(recorded.neuron_blocks(path, [0, 300]))


def test_what_was_told_while_recording_is_known_and_the_rest_is_not(path):
    told = recorded.told_of(path, ["variance_left", "mean_active"])
    assert np.isnan(told["variance_left"]) and told["mean_active"] == 7.5
    assert recorded.names_of(path) is None
