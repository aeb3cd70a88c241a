"""Identities: what tells artifacts apart, and that those that do not belong together are not used together."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import torch

from linexp.artifacts import ancestry, store
from linexp.artifacts.attributes import read_attributes
from linexp.artifacts.weights import write_weights
from linexp.errors import LinexpError


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ancestry._attributes.cache_clear()
    yield tmp_path
    ancestry._attributes.cache_clear()


def write_h5(path: str, made: store.Provenance, number: int) -> None:
    with store.create_arrays(path, made) as file:
        store.write_rows(file, "rows", [np.full((300, 20), number, np.float32)], 300)
        store.write_array(file, "names", ["a", "b"])
        store.write_array(file, "count", 7)


def write_attribute(path: str, made: store.Provenance, number: int) -> None:
    with store.create_arrays(path, made) as file:
        file.attrs["temperature"] = float(number)


def write_large(path: str, made: store.Provenance, number: int) -> None:
    rows = np.zeros((2100, 2048), np.float32)
    rows[2050, 3] = number
    with store.create_arrays(path, made) as file:
        store.write_rows(file, "rows", np.array_split(rows, 5), len(rows))


def write_csv(path: str, made: store.Provenance, number: int) -> None:
    with store.create_file(path, made) as temporary:
        temporary.write_text(f"a\n{number}\n")


WRITE = {
    "rows.h5": write_h5,
    "attribute.h5": write_attribute,
    "large.h5": write_large,
    "strings.h5": lambda path, made, number: store.write_arrays(path, made, {"a": [str(number)]}),
    "number.h5": lambda path, made, number: store.write_arrays(path, made, {"a": number}),
    "a.parquet": lambda path, made, number: store.write_table(path, made, pa.table({"a": [number]})),
    "a.json": lambda path, made, number: store.write_json(path, made, {"a": number}),
    "a.safetensors": lambda path, made, number: write_weights(path, {"a": torch.tensor([number])}, made),
    "a.csv": write_csv,
}


def identity(name: str, number: int = 1, settings=None, made_from=None, made_by="rule", folder="results/net") -> str:
    made = store.Provenance(made_by, settings or {}, "f", made_from=made_from or {})
    WRITE[name](f"{folder}/{name}", made, number)
    return read_attributes(f"{folder}/{name}")["id"]


@pytest.mark.parametrize("name", WRITE)
def test_an_identity_tells_content_settings_scripts_and_ancestors_apart_and_nothing_else(name, monkeypatch):
    first = identity(name)
    assert first == identity(name) == identity(name, folder="results/other")
    monkeypatch.setattr("linexp.artifacts.seals.__version__", "99")
    assert first == identity(name)
    others = [
        identity(name, number=2),
        identity(name, settings={"a": 1}),
        identity(name, made_by="another"),
        identity(name, made_from={"results/x.h5": "1"}),
    ]
    assert len({first, *others}) == 5


def job(*inputs: str) -> SimpleNamespace:
    """What a Snakemake script has, with the recipe that was planned."""
    recipe = "results/.recipes/net/out.h5.json"
    Path(recipe).parent.mkdir(parents=True, exist_ok=True)
    Path(recipe).write_text(json.dumps({"made_by": "rule", "code": {"a.py": "1"}, "files": {}}))

    class Inputs(list):
        def get(self, name):
            return ["results/mine.csv"] if name == "files" and "results/mine.csv" in self else None

    files = Inputs([*inputs, "data/photos", recipe])
    files.recipe = recipe
    return SimpleNamespace(input=files, params={"a": 1})


def test_what_is_made_names_the_artifacts_that_it_was_made_from():
    ids = {f"results/net/{name}": identity(name) for name in ("rows.h5", "a.json")}
    made = ancestry.provenance_of(job(*ids), "f")
    assert (made.made_by, made.settings, made.recipe["code"]) == ("rule", {"a": 1}, {"a.py": "1"})
    assert made.made_from == ids


def test_files_of_the_user_among_the_results_are_no_artifacts(place):
    (place / "results").mkdir()
    (place / "results/mine.csv").write_text("neuron\n")
    assert ancestry.provenance_of(job("results/mine.csv"), "f").made_from == {}


def test_an_artifact_whose_ancestor_is_another_is_refused_by_name():
    parent = identity("rows.h5")
    identity("a.parquet", made_from={"results/net/rows.h5": parent})
    assert ancestry.identities(["results/net/a.parquet"])
    identity("rows.h5", number=2)
    ancestry._attributes.cache_clear()
    with pytest.raises(LinexpError) as error:
        ancestry.provenance_of(job("results/net/a.parquet"), "f")
    assert str(error.value) == (
        "results/net/a.parquet was made from another results/net/rows.h5 than the one that lies there; "
        "make it again: snakemake --cores all -f results/net/a.parquet"
    )


def test_an_ancestor_that_was_deleted_is_not_asked(place):
    identity("a.parquet", made_from={"results/net/rows.h5": identity("rows.h5")})
    (place / "results/net/rows.h5").unlink()
    ancestry._attributes.cache_clear()
    assert list(ancestry.identities(["results/net/a.parquet"])) == ["results/net/a.parquet"]


def test_an_input_that_is_damaged_is_refused_by_name(place):
    identity("a.json")
    (place / "results/net/a.json").write_text("{}")
    with pytest.raises(LinexpError, match=r"results/net/a.json is damaged, or does not say how it was made; make it"):
        ancestry.identities(["results/net/a.json"])
