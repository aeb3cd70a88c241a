"""Units at places are what a hook sees of the layer, pooled in cells by plain loops."""

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from linexp.errors import LinexpError
from linexp.networks.recording import record_activations
from linexp.networks.units.encoded import EncodedUnits
from linexp.networks.units.grids import AtPlaces, in_cells, out_of_cells, token_maps
from linexp.networks.units.neurons import Neurons
from linexp.networks.units.projection import Projection


def images(n: int = 5, size: int = 32) -> torch.Tensor:
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(1))


def recorded(network: nn.Module, module: str, units, batch: int = 2) -> np.ndarray:
    return torch.cat(list(record_activations(network.eval(), module, units, images().split(batch)))).numpy()


@torch.no_grad()
def full_output(network: nn.Module, module: str) -> np.ndarray:
    kept = []
    with network.get_submodule(module).register_forward_hook(lambda _m, _i, output: kept.append(output.clone())):
        network.eval()(images())
    return kept[0].numpy()


def literal(maps: np.ndarray, grid: int, pool: str, finer: int = 60) -> np.ndarray:
    """(n · grid², neurons) by looking at many points of each cell; maps are (n, neurons, height, width)."""
    n, neurons, height, width = maps.shape
    found = np.empty((n, grid, grid, neurons))
    points = (np.arange(finer) + 0.5) / finer
    for row in range(grid):
        for column in range(grid):
            down = np.floor((row + points) / grid * height).astype(int)
            across = np.floor((column + points) / grid * width).astype(int)
            cell = maps[:, :, down][:, :, :, across].reshape(n, neurons, -1)
            found[:, row, column] = cell.mean(-1) if pool == "avg" else cell.max(-1)
    return found.reshape(-1, neurons)


@pytest.fixture(scope="module")
def resnet() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None)


@pytest.mark.parametrize("pool", ["avg", "max"])
@pytest.mark.parametrize("grid", [2, 3, 6])
def test_places_of_maps_are_what_a_hook_sees_of_cells(resnet, grid, pool):
    found = recorded(resnet, "layer2", AtPlaces(Neurons(pool), grid, pool))
    expected = literal(full_output(resnet, "layer2"), grid, pool)
    assert found.shape == (5 * grid**2, 128) and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)  # 60 points lie evenly in the 4 × 4 values of a map


def test_places_of_a_transformer_are_its_patches():
    torch.manual_seed(0)
    vit = torchvision.models.VisionTransformer(
        image_size=32, patch_size=8, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=8
    )
    found = recorded(vit, "encoder.layers.encoder_layer_0", AtPlaces(Neurons("avg"), 2, "avg"))
    tokens = full_output(vit, "encoder.layers.encoder_layer_0")
    maps = tokens[:, 1:].reshape(5, 4, 4, 8).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found, literal(maps, 2, "avg"), atol=1e-5)


def test_neurons_last_are_read_from_where_they_are():
    maps = torch.randn(3, 6, 4, 7, generator=torch.Generator().manual_seed(0))
    last = AtPlaces(Neurons("avg", "last"), 2, "avg").read(maps)
    first = AtPlaces(Neurons("avg"), 2, "avg").read(maps.movedim(-1, 1))
    np.testing.assert_array_equal(last.numpy(), first.numpy())
    assert last.shape == (3 * 4, 7)


def test_directions_at_places_are_projections_of_the_neurons_there(resnet):
    unit = nn.functional.normalize(torch.randn(4, 128, generator=torch.Generator().manual_seed(1)))
    found = recorded(resnet, "layer2", AtPlaces(EncodedUnits(Projection("given", unit), "avg"), 2, "avg"))
    neurons = recorded(resnet, "layer2", AtPlaces(Neurons("avg"), 2, "avg"))
    np.testing.assert_allclose(found, neurons @ unit.numpy().T, atol=1e-4)


def test_registers_are_left_out_and_what_is_no_square_is_refused():
    tokens = torch.arange(2 * 21 * 3).reshape(2, 21, 3).float()
    assert token_maps(tokens).shape == (2, 4, 4, 3)
    assert torch.equal(token_maps(tokens).flatten(1, 2), tokens[:, 5:])
    assert token_maps(tokens[:, :16]).shape == (2, 4, 4, 3)
    with pytest.raises(LinexpError, match=r"places: an output of shape \(2, 60, 3\) is no square of patches"):
        token_maps(torch.zeros(2, 60, 3))


def test_cells_go_row_by_row():
    maps = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert in_cells(maps, 2, "max")[0, :, 0].tolist() == [5, 7, 13, 15]
    assert in_cells(maps, 2, "avg")[0, :, 0].tolist() == [2.5, 4.5, 10.5, 12.5]


def test_cells_come_back_as_they_were_cut():
    cells = torch.arange(4.0)[None]
    assert out_of_cells(cells, 2, (4, 2))[0].tolist() == [[0, 1], [0, 1], [2, 3], [2, 3]]
    assert out_of_cells(cells, 2, (3, 2))[0].tolist() == [[0, 1], [1, 2], [2, 3]], "half of either"
    fine = torch.randn(3, 36, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for grid, cells in ((6, fine), (3, fine[:, :9])):
        maps = out_of_cells(cells, grid, (12, 6))
        torch.testing.assert_close(in_cells(maps[:, None], grid, "avg")[..., 0], cells)
        torch.testing.assert_close(in_cells(maps[:, None], grid, "max")[..., 0], cells)
    for size in ((5, 7), (2, 13)):
        torch.testing.assert_close(out_of_cells(fine, 6, size).mean((1, 2)), fine.mean(1))


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (2, 18, 3)])
def test_replaced_maps_are_read_as_the_cells_that_were_put_in(shape):
    torch.manual_seed(0)
    output, unit = torch.randn(shape), nn.functional.normalize(torch.randn(2, 3), dim=1)
    cells = torch.randn(2, 4, dtype=torch.float64)
    for units in (Neurons("avg"), EncodedUnits(Projection("given", unit), "avg")):
        places, before = AtPlaces(units, 2, "avg"), output.clone()
        for number, change in zip((1, 0), places.changes(output, [1, 0]), strict=True):
            change.replace(cells, "constant")
            found = places.read(output).reshape(2, 4, -1)[..., number]
            torch.testing.assert_close(found, cells.float())
            if output.ndim == 3:
                assert torch.equal(output[:, :2], before[:, :2]), "tokens in front of the patches stay"
            with pytest.raises(ValueError, match="shift"):
                change.replace(cells, "shift")
            change.restore()
            assert torch.equal(output, before)
