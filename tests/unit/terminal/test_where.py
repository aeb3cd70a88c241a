"""`linexp show` draws where a neuron fires: maps that were recorded, or at places those of both kinds."""

import numpy as np
import pytest

from linexp.artifacts import maps, store
from linexp.figures.maps import Simulation
from linexp.terminal.where import shaded, where_text

MADE = store.Provenance("test", {}, "f")
GRID = 3


def places(folder) -> tuple[np.ndarray, np.ndarray]:
    """Activations and simulations, (n_images, GRID, GRID) of neuron 1; of image 4 the highest in the middle."""
    rng = np.random.default_rng(0)
    activations, simulated = (rng.random((6 * GRID**2, 2), dtype=np.float32) for _ in range(2))
    activations[4 * GRID**2 + 4, 1] = 9
    with store.create_arrays(folder / "activations.h5", MADE) as file:
        store.write_array(file, "activations", activations)
        file.attrs["grid"], file.attrs["places"] = GRID, GRID**2
    store.write_arrays(folder / "le.h5", MADE, {"simulated": simulated, "neurons": np.array([0, 1], np.int32)})
    return tuple(values[:, 1].reshape(6, GRID, GRID) for values in (activations, simulated))


def test_a_cell_is_two_characters_the_fuller_the_higher():
    assert shaded(np.array([[0.0, 1.0], [0.5, 0.25]]), (0.0, 1.0)) == ["  ██", "▒▒░░"]
    assert shaded(np.full((1, 2), 3.0), (3.0, 3.0)) == ["    "]


def test_at_places_activation_and_simulation_stand_side_by_side(tmp_path):
    real, simulated = places(tmp_path)
    simulation = Simulation(tmp_path / "le.h5", "le", "clip")
    text = where_text(tmp_path, tmp_path / "activations.h5", simulation, 1, 100)
    heading, names, *rows = text.splitlines()
    order = np.argsort(-real.reshape(6, -1).max(axis=1), kind="stable")[:4]
    assert heading.startswith("where it fires, and where le says so by clip (") and order[0] == 4
    assert names.split("image ")[1:] and [int(part) for part in names.split("image ")[1:]] == order.tolist()
    for row, line in enumerate(rows):
        scales = [(values[order].min(), values[order].max()) for values in (real, simulated)]
        expected = "  ".join(
            shaded(values[4], scale)[row] for values, scale in zip((real, simulated), scales, strict=True)
        )
        assert line[2:].startswith(expected.rstrip())
    assert len(rows) == GRID
    alone = where_text(tmp_path, tmp_path / "activations.h5", None, 1, 100)
    assert alone.startswith("where it fires (")


@pytest.mark.parametrize("name", ["neuron_5", "shown"])
def test_maps_that_were_recorded_are_drawn_as_many_as_there_is_room_for(name, tmp_path):
    store.write_arrays(tmp_path / "activations.h5", MADE, {"activations": np.zeros((9, 6), np.float32)})
    assert where_text(tmp_path, tmp_path / "activations.h5", None, 5, 100) is None
    (tmp_path / "maps").mkdir()
    neurons, images = np.full(5, 5, np.int32), np.array([8, 1, 3, 2, 0])
    values = np.random.default_rng(0).random((5, 2, 14), dtype=np.float32)
    found = maps.MapFile(neurons, images, values, np.sort(images), np.zeros((5, 4)))
    maps.write_maps(tmp_path / "maps" / f"{name}.h5", MADE, found)
    lines = where_text(tmp_path, tmp_path / "activations.h5", None, 5, 70).splitlines()
    assert lines[1].split() == ["image", "8", "image", "1"] and len(lines) == 4
    assert all(len(line) <= 70 for line in lines[1:])
    assert where_text(tmp_path, tmp_path / "activations.h5", None, 4, 70) is None
