"""Where a neuron fires, in a terminal: maps in shades of grey, beside those that its explanation simulates."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..artifacts import maps, store
from ..figures.maps import Simulation, ends, of_images
from ..networks import recorded

SHADES = " ░▒▓█"
GAP = "  "
MOST_IMAGES = 4


def where_text(folder: Path, activations: Path, simulation: Simulation | None, neuron: int, width: int) -> str | None:
    """The maps of a neuron on the images where it is highest; None where none are recorded.

    Parameters
    ----------
    folder
        Of the layer's results, whose maps were recorded for pictures and the explorer.
    activations
        The artifact; of a layer at places it has the maps.
    simulation
        Whose simulated maps are shown at places.
    width
        Of the screen, in characters.
    """
    with store.open_arrays(activations) as file:
        grid = int(file.attrs.get("grid", 0))
    if grid:
        return _at_places(activations, simulation, grid, neuron, width)
    for path in (folder / "maps" / f"neuron_{neuron}.h5", folder / "maps" / "shown.h5"):
        found = maps.read_maps(path) if path.is_file() else None
        if found and neuron in found.neurons:
            store.same_probe(activations, path)
            images = found.images[found.neurons == neuron][:MOST_IMAGES]
            return _text(images, [found.of(neuron, images)], "where it fires", width)
    return None


def _at_places(activations: Path, simulation: Simulation | None, grid: int, neuron: int, width: int) -> str:
    with store.open_arrays(activations) as file:
        every = of_images(file["activations"], neuron, grid, np.arange(len(file["activations"]) // grid**2))
    images = np.argsort(-every.reshape(len(every), -1).max(axis=1), kind="stable")[:MOST_IMAGES]
    kinds, told = [every[images]], "where it fires"
    if simulation:
        store.same_probe(activations, simulation.path)
        place = recorded.place_of(simulation.path, store.read_arrays(simulation.path, "neurons")[0], neuron)
        with store.open_arrays(simulation.path) as file:
            kinds.append(of_images(file["simulated"], place, grid, images))
        told += f", and where {simulation.method} says so by {simulation.simulator}"
    return _text(images, kinds, told, width)


def _text(images: Sequence[int] | np.ndarray, kinds: Sequence[np.ndarray], told: str, width: int) -> str:
    """Maps of a kind in one scale, of as many images side by side as there is room for."""
    scales = "; ".join(f"{low:.3g} to {high:.3g}" for low, high in map(ends, kinds))
    drawn = [_beside([shaded(values[k], ends(values)) for values in kinds], GAP) for k in range(len(images))]
    columns = []
    for image, lines in zip(images, drawn, strict=True):
        wide = max(len(lines[0]), len(f"image {image}"))
        columns.append([line.ljust(wide) for line in (f"image {image}", *lines)])
    while len(columns) > 1 and sum(len(one[0]) + 2 * len(GAP) for one in columns) > width:
        columns.pop()
    rows = _beside(columns, 2 * GAP)
    heading = f"{told} ({scales}), on the images where it is highest"
    return "\n".join([heading, *(f"{GAP}{row}".rstrip() for row in rows)])


def shaded(values: np.ndarray, scale: tuple[float, float]) -> list[str]:
    """A line a row of a map, two characters a cell: the darker the ink, the higher."""
    low, high = scale
    shares = (values - low) / (high - low) if high > low else np.zeros_like(values)
    steps = np.minimum((shares * len(SHADES)).astype(int), len(SHADES) - 1)
    return ["".join(2 * SHADES[step] for step in row) for row in steps.tolist()]


def _beside(columns: Sequence[Sequence[str]], gap: str) -> list[str]:
    """Columns of text, each of lines of one length, side by side."""
    height = max(map(len, columns))
    filled = [[*lines, *[" " * len(lines[0])] * (height - len(lines))] for lines in columns]
    return [gap.join(parts) for parts in zip(*filled, strict=True)]
