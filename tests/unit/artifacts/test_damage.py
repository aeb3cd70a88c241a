"""Flipped bits, and files that end too early: refused by the name of the file, or read as they were written."""

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linexp import __version__
from linexp.artifacts import seals, store
from linexp.errors import LinexpError

PROVENANCE = store.Provenance("a_rule", {"λ": 0.05, "concepts": ["dog", "cat"]}, "f" * 64)
ATTRIBUTES = PROVENANCE.attributes()
RANDOM = np.random.default_rng(0)
TABLE = pa.table(
    {
        "neuron": pa.array(range(40), pa.int32()),
        "status": ["ok", None, "constant", "groß"] * 10,
        "concepts": pa.array([["dog", "cat"], [], None, ["x"]] * 10, pa.list_(pa.string())),
        "weights": pa.array([[0.5, -1.0], [], None, [2.0]] * 10, pa.list_(pa.float64())),
        "dead": [True, False] * 20,
        "image": [{"bytes": b"\x00\xff", "path": None}, None] * 20,
    }
)
ARRAYS = {
    "P": RANDOM.random((70, 12), np.float32),
    "labels": RANDOM.integers(0, 2, (70, 3)).astype(np.uint8),
    "kept": RANDOM.random(12) < 0.5,
    "count": 70,
    "mean": RANDOM.random(12),
    "empty": np.zeros((3, 0), np.float32),
    "concepts": [f"concept {number} ü" for number in range(12)],
}


def write_arrays(path):
    with store.create_arrays(path, PROVENANCE) as file:
        for name, values in ARRAYS.items():
            store.write_array(file.require_group("train"), name, values)
        store.write_rows(file, "rows", [ARRAYS["P"]], 70, chunk_columns=5)
        file.attrs["temperature"] = 1.25


def read_arrays(path):
    (*arrays, rows) = store.read_arrays(path, *(f"train/{name}" for name in ARRAYS if name != "concepts"), "rows")
    with store.open_arrays(path) as file:
        column, part = store.read_columns(file["rows"], 7), store.read_rows(file["rows"], 3, 9)
    arrays = [(array.dtype.str, array.shape, array.tobytes()) for array in (*arrays, rows, column, part)]
    strings = store.read_strings(path, "train/concepts")
    return arrays, strings, float(store.read_attribute(path, "temperature")), store.probe_fingerprint(path)


def read_table(path):
    # what lists call their items is Parquet's affair
    return store.read_table(path).to_pylist(), store.read_table(path).column_names, store.probe_fingerprint(path)


FORMATS = {
    "a.h5": (write_arrays, read_arrays),
    "a.parquet": (lambda path: store.write_table(path, PROVENANCE, TABLE), read_table),
    "a.json": (lambda path: store.write_json(path, PROVENANCE, {"a": 1.25, "λ": ["ü", None]}), store.read_json),
}
every_format = pytest.mark.parametrize("name", FORMATS)


def refused(path, read, content: bytes, right) -> bool:
    """Whether content is refused by the name of its file; if it is read, then as it was written."""
    path.write_bytes(content)
    try:
        found = read(path)
    except LinexpError as error:
        line = str(error)
        assert line.startswith(str(path)) and line.endswith(f"make it again: snakemake --cores all -f {path}"), line
        assert "\n" not in line
        return True
    assert found == right
    return False


@pytest.mark.long  # HDF5 asks for as many bytes as a flipped length says: up to 2 GB
@every_format
def test_a_flipped_bit_anywhere_is_never_read_as_other_data(tmp_path, name):
    path, (write, read) = tmp_path / name, FORMATS[name]
    write(path)
    whole, right = path.read_bytes(), read(path)
    places = RANDOM.permutation(len(whole) * 8)[:2500]
    count = 0
    for place in places:
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        count += refused(path, read, bytes(content), right)
    assert count > 0.05 * len(places)


@every_format
def test_a_file_that_ends_anywhere_is_refused(tmp_path, name):
    path, (write, read) = tmp_path / name, FORMATS[name]
    write(path)
    whole, right = path.read_bytes(), read(path)
    last = len(whole.rstrip())
    for length in {*range(0, last, max(1, last // 300)), last - 1}:
        assert refused(path, read, whole[:length], right), length


# --- whole, but not what is wanted


def made(folder, name, monkeypatch):
    """An artifact as the workflow makes it: at a path from the folder that it works in."""
    monkeypatch.chdir(folder)
    FORMATS[name.rpartition("/")[2]][0](name)
    return folder / name


def said(read, path) -> str:
    with pytest.raises(LinexpError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@every_format
def test_a_file_of_another_format_is_refused(tmp_path, name, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(store.Provenance, "attributes", lambda _: ATTRIBUTES | {"format": "0"})
        FORMATS[name][0](tmp_path / name)
    for read in (FORMATS[name][1], store.probe_fingerprint):
        line = said(read, tmp_path / name)
        made = f"{tmp_path / name} was made in format 0, by linexp {__version__}; this one reads format {seals.FORMAT}"
        assert line == f"{made}; make it again: snakemake --cores all -f {tmp_path / name}"


@every_format
def test_a_file_of_before_formats_had_numbers_is_refused(tmp_path, name, monkeypatch):
    old = {key: value for key, value in ATTRIBUTES.items() if key not in ("format", "recipe")}
    with monkeypatch.context() as patched:
        patched.setattr(store.Provenance, "attributes", lambda _: old)
        FORMATS[name][0](tmp_path / name)
    line = said(FORMATS[name][1], tmp_path / name)
    assert line.startswith(f"{tmp_path / name} was made before formats had numbers, by linexp {__version__}; ")


@every_format
def test_a_file_of_another_release_is_read(tmp_path, name, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(store.Provenance, "attributes", lambda _: ATTRIBUTES | {"linexp_version": "0.0.9"})
        FORMATS[name][0](tmp_path / name)
    FORMATS[name][1](tmp_path / name)


@every_format
def test_a_file_in_the_place_of_another_model_s_is_refused(tmp_path, name, monkeypatch):
    right, wrong = f"results/net/layer4/{name}", tmp_path / "results/other/layer4" / name
    path = made(tmp_path, right, monkeypatch)
    found = FORMATS[name][1](path)
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes(path.read_bytes())
    for read in (FORMATS[name][1], store.probe_fingerprint):
        line = said(read, wrong)
        assert line.startswith(
            f"{wrong} was made as {right}, for other images or another model or layer; make it again"
        )
    path.rename(tmp_path / name)
    assert "was made as" in said(FORMATS[name][1], tmp_path / name)
    path.parent.mkdir(exist_ok=True)
    (tmp_path / "moved").mkdir()
    (tmp_path / "results").rename(tmp_path / "moved/results")
    (tmp_path / name).rename(tmp_path / "moved" / right)
    assert FORMATS[name][1](tmp_path / "moved" / right) == found, "a folder that was moved as a whole is read"


@every_format
def test_a_file_that_the_workflow_did_not_make_is_refused(tmp_path, name):
    write_without_seal = {
        "a.h5": lambda path: h5py.File(path, "w").close(),
        "a.parquet": lambda path: pq.write_table(TABLE, path),
        "a.json": lambda path: path.write_text("{}"),
    }
    write_without_seal[name](tmp_path / name)
    for read in (FORMATS[name][1], store.probe_fingerprint):
        assert said(read, tmp_path / name).startswith(f"{tmp_path / name} does not say how it was made")


def test_what_an_artifact_says_of_itself_cannot_be_changed_unnoticed(tmp_path):
    write_arrays(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.attrs["probe_fingerprint"] = "e" * 64
    assert "is damaged in what it says of how it was made" in said(store.probe_fingerprint, tmp_path / "a.h5")


# --- the seal of a table


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_the_seal_of_a_table_does_not_depend_on_how_it_is_cut(rows):
    pieces = [TABLE.slice(begin, rows) for begin in range(0, len(TABLE), rows)]
    assert seals.sha256_of_table(pa.concat_tables(pieces)) == seals.sha256_of_table(TABLE)


def test_every_change_of_a_table_changes_its_seal():
    columns = {name: TABLE[name].to_pylist() for name in TABLE.column_names}
    changes = {
        "neuron": (3, 4),
        "status": (1, ""),
        "concepts": (1, None),
        "weights": (0, [0.5, 1.0]),
        "dead": (0, None),
        "image": (1, {"bytes": None, "path": None}),
    }
    seen = {seals.sha256_of_table(TABLE), seals.sha256_of_table(TABLE.slice(1)), seals.sha256_of_table(TABLE[:0])}
    for name, (row, value) in changes.items():
        values = [*columns[name][:row], value, *columns[name][row + 1 :]]
        place = TABLE.column_names.index(name)
        seen.add(seals.sha256_of_table(TABLE.set_column(place, name, pa.array(values, TABLE.schema.field(name).type))))
    seen.add(seals.sha256_of_table(TABLE.rename_columns(["unit", *TABLE.column_names[1:]])))
    moved = pa.array([["dog"], ["cat"], None, ["x"]] * 10, pa.list_(pa.string()))
    seen.add(seals.sha256_of_table(TABLE.set_column(2, "concepts", moved)))
    field = TABLE.schema.field("neuron").with_metadata({"left_out": "3"})
    seen.add(seals.sha256_of_table(TABLE.cast(TABLE.schema.set(0, field))))
    assert len(seen) == 3 + len(changes) + 3
