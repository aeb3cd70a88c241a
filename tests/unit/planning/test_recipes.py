"""A recipe is older than its artifact exactly where the artifact was made by it."""

import hashlib
import json
import os
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from snakemake.iocontainers import InputFiles

from linexp.artifacts import store
from linexp.artifacts.attributes import record_path
from linexp.errors import LinexpError
from linexp.planning import recipes

CODE, FILES = {"make.py": "1", "linexp/a.py": "2"}, {"mine.txt": "3"}
SETTINGS = {"method": {"lambda": 0.2, "greedy": {"width": 10}}, "neurons": [1, 2]}
NAMES = ("a.h5", "a.parquet", "a.json", "a.safetensors", "a.csv")


def recipe(settings=SETTINGS, code=CODE, files=FILES, made_by="make", made_from=()) -> recipes.Recipe:
    parts = {"settings": settings, "code": code, "files": files, "made_from": list(made_from)}
    return {"format": 1, "made_by": made_by, **parts}


def make(name: str, made_from: dict[str, str] | None = None) -> str:
    """An artifact by the first recipe, under results."""
    made = store.Provenance("make", SETTINGS, "", {"code": CODE, "files": FILES}, made_from or {})
    path = f"results/net/{name}"
    match name.rpartition(".")[2]:
        case "h5":
            store.write_arrays(path, made, {"numbers": np.array([1.0, 2.0])})
        case "parquet":
            store.write_table(path, made, pa.table({"a": [1, 2]}))
        case "json":
            store.write_json(path, made, {"a": 1})
        case "safetensors":
            import torch

            from linexp.artifacts.weights import write_weights

            write_weights(path, {"a": torch.zeros(2)}, made)
        case "csv":
            with store.create_file(path, made) as temporary:
                temporary.write_text("a\n1\n")
    return path


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(wanted: recipes.Recipe, *outputs: str) -> tuple[list[str], bool]:
    """What is said of artifacts, and whether Snakemake would make them again."""
    path = recipes.recipe_path(outputs[0])
    changes = recipes.write(path, wanted, outputs)
    newest = max((os.stat(output).st_mtime for output in outputs if os.path.exists(output)), default=0)
    return changes, os.stat(path).st_mtime > newest


@pytest.mark.parametrize("name", NAMES)
def test_an_artifact_that_was_made_so_is_left_alone(name):
    assert written(recipe(), make(name)) == ([], False)
    assert os.stat(recipes.recipe_path(f"results/net/{name}")).st_mtime == 1


def test_a_recipe_lies_in_a_hidden_folder_of_the_results():
    path = make("a.h5")
    written(recipe(), path)
    assert json.loads((Path("results/.recipes/net/a.h5.json")).read_text())["settings"] == SETTINGS


CHANGES = {
    "a setting": (recipe(settings=SETTINGS | {"method": {"lambda": 0.05, "greedy": {"width": 10}}}), "0.2 → 0.05"),
    "a setting more": (recipe(settings=SETTINGS | {"seed": 0}), "seed null → 0"),
    "a setting less": (recipe(settings={"method": SETTINGS["method"]}), "neurons [1, 2] → null"),
    "an integer for a number": (recipe(settings=SETTINGS | {"neurons": [1.0, 2]}), "neurons"),
    "code": (recipe(code=CODE | {"linexp/a.py": "x"}), "linexp/a.py changed"),
    "code more": (recipe(code=CODE | {"linexp/b.py": "x"}), "linexp/b.py changed"),
    "a file": (recipe(files={"mine.txt": "x"}), "mine.txt changed"),
    "a script": (recipe(made_by="draw"), "made by make"),
    "an artifact more": (recipe(made_from=["results/b.h5"]), "not made from results/b.h5"),
    "a format": (recipe() | {"format": 2}, "format 1 → 2"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", [case for case in CHANGES if case != "an integer for a number"])
def test_what_was_made_otherwise_is_made_again_and_the_change_is_told(case, name):
    wanted, words = CHANGES[case]
    path = make(name)
    (change,), again = written(wanted, path)
    assert again and words in change
    # as long as it has not been made again
    assert written(wanted, path)[1]
    assert written(recipe(), path) == ([], False)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_made_from_other_artifacts_is_made_again_though_those_are_all_still_there(name):
    paths = [make(f"{letter}.json") for letter in "bc"]
    path = make(name, {paths[0]: json.loads(Path(paths[0]).read_text())["id"]})
    assert written(recipe(made_from=paths[:1]), path) == ([], False)
    changes = [f"not made from {paths[1]}", f"made from {paths[0]}"]
    assert written(recipe(made_from=paths[1:]), path) == (changes, True)


def test_an_artifact_that_is_not_there_needs_no_newer_recipe():
    assert written(recipe(), "results/net/a.h5") == ([], True)
    assert os.stat("results/.recipes/net/a.h5.json").st_mtime == 1


@pytest.mark.parametrize("name", NAMES)
def test_damage_and_files_of_another_place_are_made_again(name, place):
    path = place / make(name)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert written(recipe(), f"results/net/{name}")[1]
    path.write_bytes(content)
    assert not written(recipe(), f"results/net/{name}")[1]
    other = place / "results/other" / name
    other.parent.mkdir()
    path.rename(other)
    if name.endswith("csv"):
        target = record_path(other)
        target.parent.mkdir(parents=True, exist_ok=True)
        record_path(path).rename(target)
    changes, again = written(recipe(), f"results/other/{name}")
    assert again and changes == ["it does not say how it was made"]


def test_a_file_that_was_put_in_the_place_of_one_with_a_record_is_made_again(place):
    path = place / make("a.csv")
    path.write_text("a\n2\n")
    assert written(recipe(), "results/net/a.csv")[1]


def test_an_artifact_of_the_future_is_made_again_too():
    path = make("a.h5")
    later = time.time() + 3600
    os.utime(path, (later, later))
    assert written(recipe(files={}), path)[1]


def test_a_recipe_that_is_to_be_followed_is_not_written_again():
    path, wanted = make("a.h5"), recipe(files={})
    written(wanted, path)
    before = os.stat(recipes.recipe_path(path)).st_ino
    written(wanted, path)
    assert os.stat(recipes.recipe_path(path)).st_ino == before


def test_one_of_two_artifacts_of_a_job_that_was_made_otherwise_is_enough():
    paths = make("a.safetensors"), make("a.json")
    assert written(recipe(), *paths) == ([], False)
    path = Path(paths[1])
    path.write_text(path.read_text().replace('"made_by": "make"', '"made_by": "fake"'))
    assert written(recipe(), *paths)[1]


def test_each_change_is_told_once_with_the_first_artifact_that_it_is_of():
    said = []
    told = recipes.Told(said.append)
    told("a.h5", ["lambda 1 → 2", "x changed"])
    told("b.h5", ["x changed"])
    told("c.h5", ["x changed", "y changed", "z changed", "v changed", "w changed"])
    assert said == [
        "linexp: a.h5 is made again, reason: lambda 1 → 2; x changed",
        "linexp: c.h5 is made again, reason: y changed; z changed; v changed; 1 more",
    ]


def test_files_of_the_user_count_by_content_wherever_they_lie(place):
    digests = []
    for folder in ("here", "there"):
        for name in ("a/words.txt", "b/words.txt", "c.txt"):
            file = place / folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(name)
        files = [str(place / folder / name) for name in ("a/words.txt", "b/words.txt", "c.txt")]
        digests.append(recipes._digests(files, "results/x.h5"))
    assert digests[0] == digests[1]
    assert list(digests[0]) == ["words.txt", "words.txt, another", "c.txt"]
    assert len(set(digests[0].values())) == 3


def test_a_folder_that_is_touched_is_compared_with_the_index_whatever_is_made_of_it(place):
    photo, index, labels = place / "photos/1.jpg", "results/probes/mine/index.parquet", "results/probes/mine/labels.h5"
    photo.parent.mkdir()
    photo.write_text("a photo")
    Path(index).parent.mkdir(parents=True)
    pq.write_table(pa.table({"key": ["1.jpg"], "sha256": [hashlib.sha256(photo.read_bytes()).hexdigest()]}), index)
    Path(labels).write_text("no table")
    inputs = InputFiles(fromdict={"source": "photos", "index": index})
    before = recipes.new_recipe("make_labels", {}, inputs, [labels])
    os.utime(photo, (1, 1))
    assert recipes.new_recipe("make_labels", {}, inputs, [labels]) == before


def test_a_file_dated_in_the_future_is_refused_by_name(place):
    for name, ahead in (("old.txt", -1000), ("now.txt", 5), ("my words.txt", 7200), ("later.txt", 3600)):
        (place / name).touch()
        os.utime(place / name, (0, time.time() + ahead))
    recipes.check_times(["old.txt", "now.txt", "gone.txt"], place)
    with pytest.raises(LinexpError, match=r"^my words.txt is dated .*, in the future, and .*: touch 'my words.txt'$"):
        recipes.check_times(["old.txt", "later.txt", "my words.txt", "gone.txt"], place)


def test_the_clock_is_that_of_the_file_system(place, monkeypatch):
    (place / "words.txt").touch()
    slow = time.time() - 3600
    monkeypatch.setattr(recipes.time, "time", lambda: slow)
    recipes.check_times(["words.txt"], place)


def test_names_that_are_too_long_together_for_the_log_of_slurm_are_refused(place):
    """Its executor names a folder by all wildcards of a job, with _ between them, and without slashes."""
    names = {"target": "t" * 60, "layer": "l" * 50, "simulator": "s" * 50}
    fitting = names | {"method": "m" * (recipes.LONGEST - 163)}
    recipes.check_names("simulate", fitting)
    (place / "_".join(fitting.values())).mkdir()
    said = rf"^simulate: the names of its target, layer, simulator, method have 263 .*{recipes.LONGEST} .* method, 'mmm"
    with pytest.raises(LinexpError, match=said):
        recipes.check_names("simulate", names | {"method": "m" * 100})
    with pytest.raises(OSError, match="too long"):
        (place / "_".join([*names.values(), "m" * 100])).mkdir()
