"""Files of directions: what is read is what was saved, and what cannot be meant is told in one line."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import save_file

from linexp.errors import LinexpError
from linexp.networks.units.directions import unit_directions
from linexp.networks.units.opening import open_units

GIVEN = np.array([[3.0, 0.0, 4.0], [0.0, 1e-200, 0.0]])
UNIT = np.array([[0.6, 0.0, 0.8], [0.0, 1.0, 0.0]])
NAMES = ["striped", "a dog"]


def saved(folder, ending: str, named: bool) -> str:
    path = str(folder / f"directions{ending}")
    match ending:
        case ".npy":
            np.save(path, GIVEN)
        case ".npz":
            np.savez(path, directions=GIVEN, **({"names": np.array(NAMES)} if named else {}))
        case ".safetensors":
            save_file({"cavs": GIVEN}, path, metadata={"names": '["striped", "a dog"]'} if named else None)
        case ".parquet":
            names = {"name": NAMES} if named else {}
            pd.DataFrame({"direction": list(GIVEN), **names}).to_parquet(path)
    return path


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("ending", [".npy", ".npz", ".safetensors", ".parquet"])
def test_directions_are_read_from_every_kind_of_file_and_have_length_one(ending, named, tmp_path):
    found = unit_directions(saved(tmp_path, ending, named))
    np.testing.assert_allclose(found.unit, UNIT, rtol=0, atol=1e-15)
    assert found.names == (NAMES if named and ending != ".npy" else None)


def test_a_tensor_for_each_direction_is_called_by_its_name(tmp_path):
    save_file({"b": GIVEN[1], "a": GIVEN[0]}, tmp_path / "a.safetensors")
    found = unit_directions(str(tmp_path / "a.safetensors"))
    assert dict(zip(found.names, found.unit.tolist(), strict=True)) == {"a": UNIT[0].tolist(), "b": UNIT[1].tolist()}


def test_a_layer_with_directions_reads_them_and_has_their_names(tmp_path):
    entry = {"directions": saved(tmp_path, ".npz", True)}
    units = open_units({"module": "layer4", "pool": "avg", "channels": "first", "units": entry})
    assert units.names == NAMES
    output = torch.zeros(1, 3, 1, 2)
    output[0, :, 0, 0] = torch.tensor([1.0, 7.0, 2.0])
    torch.testing.assert_close(units.read(output), torch.tensor([[1.1, 3.5]]))


def test_what_is_recorded_is_said_in_a_line(tmp_path):
    entry = {"directions": saved(tmp_path, ".npy", False)}
    units = open_units({"pool": "avg", "channels": "first", "units": entry, "tokens": "patches"})
    expected = "recording: a gives 5 × 3 for an image: 2 directions of 3 neurons, avg of 5 tokens (patches alone)"
    assert units.described("a", (5, 3)) == expected


def objects(path):
    np.save(path, np.array([{"a": 1}]), allow_pickle=True)


def text(path):
    path.write_text("1,2,3")


def array(values):
    return lambda path: np.save(path, values)


def arrays(**values):
    return lambda path: np.savez(path, **values)


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        (
            "a.npy",
            array(np.zeros(3)),
            "has an array of float64 of shape (3,); give numbers of shape (directions, width)",
        ),
        ("a.npy", array(np.zeros((0, 3))), "has an array of float64 of shape (0, 3); give numbers"),
        ("a.npy", array(np.ones((2, 3), complex)), "has an array of complex128 of shape (2, 3); give numbers"),
        ("a.npy", array(np.eye(3)[[0, 1, 1]] * [[1], [0], [1]]), "has a direction, row 1, that is zero; take it out"),
        ("a.npy", array(np.array([[1, np.nan]])), "has a direction, row 0, that is not finite; take it out"),
        ("a.npy", array(np.ones((100_001, 1))), "has 100,001 directions; give at most 100,000, one a row"),
        ("a.npy", objects, "cannot be read (Object arrays cannot be loaded when allow_pickle=False)"),
        ("a.npy", text, "cannot be read ("),
        ("a.csv", text, "is none of .npy, .npz, .safetensors and .parquet; save them as one of these"),
        ("a.npz", arrays(a=np.eye(2), b=np.eye(2)), "has a, b; call the matrix `directions`"),
        (
            "a.npz",
            arrays(a=np.eye(2), names=np.array(["x"])),
            "has 1 names for 2 directions; give one for each, or none",
        ),
        ("a.npz", arrays(a=np.eye(2), names=np.array([{}, {}])), "cannot be read (Object arrays"),
        ("a.safetensors", text, "cannot be read ("),
        ("a.parquet", text, "cannot be read ("),
    ],
)
def test_a_file_that_has_no_directions_is_told_in_one_line(name, write, message, tmp_path):
    path = tmp_path / name
    write(path)
    with pytest.raises(LinexpError, match=r"^units\.directions: [^\n]+$") as caught:
        unit_directions(str(path))
    assert f"{path} {message}" in str(caught.value)
