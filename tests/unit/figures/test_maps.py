"""Maps lie over images cell by cell, and are those that artifacts have of a neuron on images."""

import numpy as np
import pytest
from PIL import Image

from linexp.artifacts import maps, store
from linexp.errors import LinexpError
from linexp.figures.maps import OPACITY, Simulation, ends, maps_at_places, over, recorded_maps

MADE = store.Provenance("test", {}, "f")
RNG = np.random.default_rng(0)


def test_a_map_lies_over_its_image_cell_by_cell():
    image = Image.new("RGB", (40, 40), "white")
    shown = np.asarray(over(image, np.array([[0.0, 1.0], [0.5, 0.0]]), (0.0, 1.0))).astype(int)
    assert shown.shape == (40, 40, 3)
    assert (shown[5, 5] == shown[35, 35]).all() and not (shown[5, 5] == shown[5, 35]).all()
    assert (shown[:20, :20] == shown[0, 0]).all(), "a cell has one colour"
    assert shown[0, 0].min() >= int(255 * (1 - OPACITY)) - 1, "the image is seen through it"


@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.full((2, 2), 3.5)])
def test_a_map_that_is_the_same_everywhere_is_drawn(values):
    image = Image.new("RGB", (86, 86), "gray")
    assert over(image, values, ends(values)).size == (86, 86)


def written(path) -> maps.MapFile:
    neurons, images = np.array([2, 2, 5, 5, 5], np.int32), np.array([9, 4, 0, 9, 7])
    values = RNG.random((5, 3, 2), dtype=np.float32)
    rows = np.unique(images)
    found = maps.MapFile(neurons, images, values, rows, RNG.random((4, 4)))
    maps.write_maps(path, MADE, found)
    return found


def test_recorded_maps_are_found_by_neuron_and_image(tmp_path):
    found = written(tmp_path / "maps.h5")
    shown = recorded_maps(tmp_path / "maps.h5", 5, np.array([7, 0]))
    np.testing.assert_array_equal(shown.activations, found.maps[[4, 2]])
    np.testing.assert_array_equal(shown.boxes, found.boxes[[2, 0]])
    assert shown.simulated is None
    with pytest.raises(LinexpError, match="no map of neuron 2 on image 7"):
        recorded_maps(tmp_path / "maps.h5", 2, np.array([9, 7]))


def test_a_layer_without_maps_has_none(tmp_path):
    none = np.zeros(0, np.int64)
    empty = maps.MapFile(none, none, np.zeros((0, 0, 0)), none, np.zeros((0, 4)), "no places")
    maps.write_maps(tmp_path / "maps.h5", MADE, empty)
    assert maps.read_maps(tmp_path / "maps.h5").why_none == "no places"
    assert recorded_maps(tmp_path / "maps.h5", 5, np.array([7])) is None


def test_maps_at_places_are_the_rows_of_an_image_by_place(tmp_path):
    n, grid = 6, 2
    activations, simulated = (RNG.random((n * grid**2, k), dtype=np.float32) for k in (5, 2))
    with store.create_arrays(tmp_path / "activations.h5", MADE) as file:
        store.write_array(file, "activations", activations)
        file.attrs["grid"], file.attrs["places"] = grid, grid**2
    arrays = {"simulated": simulated, "neurons": np.array([1, 4], np.int32)}
    store.write_arrays(tmp_path / "le.h5", MADE, arrays)
    boxes = RNG.random((n, 4))
    store.write_arrays(tmp_path / "crops.h5", MADE, {"boxes": boxes})
    whose = Simulation(tmp_path / "le.h5", "le", "clip")
    shown = maps_at_places(tmp_path / "activations.h5", whose, tmp_path / "crops.h5", 4, np.array([5, 3]))
    for place, image in enumerate((5, 3)):
        for row in range(grid):
            for column in range(grid):
                at = image * grid**2 + row * grid + column
                assert shown.activations[place, row, column] == activations[at, 4]
                assert shown.simulated[place, row, column] == simulated[at, 1]
    np.testing.assert_array_equal(shown.boxes, boxes[[5, 3]])
