"""P of places that is made as it is read gives what a stored P would: rows, statistics, moments, explanations."""

import h5py
import numpy as np
import pyarrow as pa
import pytest

from helpers.summed import cross_moments, second_moments
from linexp.artifacts import store
from linexp.concepts import places, presence
from linexp.concepts.areas import open_areas
from linexp.errors import LinexpError
from linexp.fitting.data import FittingFiles, read_problem
from linexp.probes.areas import Areas
from linexp.probes.index import distinct_rows_of, place_index, rows_of

N, GRID, M, NEURONS = 160, 4, 12, 5
PROVENANCE = store.Provenance("made_up", {}, "probe")


def sparse(dense: np.ndarray) -> Areas:
    rows, columns = np.nonzero(dense)
    begins = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(dense)))]).astype(np.int64)
    names = [f"concept {number}" for number in range(dense.shape[1])]
    return Areas(begins, columns.astype(np.int32), dense[rows, columns].astype(np.float32), names)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Areas and embeddings of places, activations that follow some, and an index of places; a concept is nowhere."""
    folder, rng = tmp_path_factory.mktemp("places"), np.random.default_rng(0)
    n = N * GRID**2
    dense = (rng.random((n, M)) * (rng.random((n, M)) < 0.2)).astype(np.float32)
    dense[:, 3] = 0
    store.write_arrays(folder / "areas.h5", PROVENANCE, vars(sparse(dense)))
    np.save(folder / "dense.npy", dense)
    split = np.array(["train", "val", "test"])[rng.choice(3, N, p=[0.7, 0.15, 0.15])]
    contents = [str(row if row % 20 else 0) for row in range(N)]
    index = pa.table({"sha256": contents, "split": split.tolist()})
    store.write_table(folder / "index.parquet", PROVENANCE, place_index(index, GRID))
    activations = 2 * dense[:, :NEURONS] + 0.1 * rng.random((n, NEURONS)).astype(np.float32)
    with store.create_arrays(folder / "activations.h5", PROVENANCE) as file:
        store.write_rows(file, "activations", [activations], n, 64)
    for name in ("one", "two"):
        for kind, count in (("images", n), ("concepts", M)):
            values = rng.normal(size=(count, 8)).astype(np.float32)
            values /= np.linalg.norm(values, axis=1, keepdims=True)
            arrays = {"embeddings": values.astype(np.float16) if kind == "images" else values}
            arrays |= {"concepts": [f"word {number}" for number in range(M)]} if kind == "concepts" else {}
            store.write_arrays(folder / f"{kind}_{name}.h5", PROVENANCE, arrays)
        store.write_json(folder / f"{name}.json", PROVENANCE, {"a": 9.0, "b": 0.1})
    return folder


def inputs(folder, kind: str) -> dict:
    if kind == "areas":
        return {"areas": folder / "areas.h5"}
    files = {name: [folder / f"{name}_{model}.h5" for model in ("one", "two")] for name in ("images", "concepts")}
    return files | {"calibration": [folder / "one.json", folder / "two.json"]}


def written(folder, kind: str, is_stored: bool):
    """P of places as a recipe, or the same stored as P of images is."""
    recipe = places.recipe_of(inputs(folder, kind))
    index = store.read_table(folder / "index.parquet")
    path = folder / f"P_{kind}_{is_stored}.h5"
    least = 0.0 if kind == "areas" else 0.5
    with places.opened(recipe) as (p, concepts), store.create_arrays(path, PROVENANCE) as file:
        train = rows_of(index, "train")
        if is_stored:
            presence.write_presence(file, p, concepts, train, len(index), least, 2)
        else:
            presence.write_statistics(file, p, concepts, train, least, 2)
            places.write_recipe(file, recipe, len(index))
    return path


@pytest.mark.parametrize("kind", ["areas", "pseudo"])
def test_rows_and_statistics_are_those_of_a_stored_p(folder, kind):
    made, stored = (written(folder, kind, is_stored) for is_stored in (False, True))
    with h5py.File(made) as file:
        assert "P" not in file
    some = np.array([0, 5, 6, 2047, 2048, N * GRID**2 - 1])
    with places.open_presence(made, threads=2) as lazy, places.open_presence(stored) as whole:
        assert lazy.shape == whole.shape and lazy.shape[0] == N * GRID**2
        for rows in (None, some):
            one, other = list(lazy.blocks(rows)), list(whole.blocks(rows))
            assert list(map(len, one)) == list(map(len, other))
            np.testing.assert_allclose(np.concatenate(one), np.concatenate(other), atol=1e-6)
    for name in ("kept", "mean", "std", "top_mean"):
        (one,), (other,) = store.read_arrays(made, name), store.read_arrays(stored, name)
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert store.read_strings(made, "concepts") == store.read_strings(stored, "concepts")
    if kind == "areas":
        dense = np.load(folder / "dense.npy")
        with places.open_presence(made) as lazy:
            np.testing.assert_array_equal(np.concatenate(list(lazy.blocks())), np.delete(dense, 3, axis=1))


def test_only_some_concepts_may_be_kept_and_all_have_statistics(folder, tmp_path, capsys):
    index, among = store.read_table(folder / "index.parquet"), np.arange(M) % 2 == 0
    train = rows_of(index, "train")
    with places.opened(places.recipe_of(inputs(folder, "pseudo"))) as (p, concepts):
        with store.create_arrays(tmp_path / "P.h5", PROVENANCE) as file:
            presence.write_statistics(file, p, concepts, train, 0.0, 2, among)
        of_train = p.of(train).astype(np.float64)
    kept, mean, std, top = store.read_arrays(tmp_path / "P.h5", "kept", "mean", "std", "top_mean")
    assert kept.tolist() == among.tolist() and f"concepts: {M // 2} of {M} kept" in capsys.readouterr().err
    assert store.read_strings(tmp_path / "P.h5", "concepts") == concepts[::2]
    np.testing.assert_allclose(mean, of_train.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(std, of_train.std(axis=0), rtol=1e-5)
    np.testing.assert_allclose(top, np.sort(of_train, axis=0)[-5:].mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize("kind", ["areas", "pseudo"])
def test_moments_are_those_of_the_whole_matrix(folder, kind):
    index, path = store.read_table(folder / "index.parquet"), written(folder, kind, False)
    (activations,) = store.read_arrays(folder / "activations.h5", "activations")
    with places.open_presence(path) as lazy:
        p = np.concatenate(list(lazy.blocks()))
    moments = {}
    for split in ("train", "val"):
        rows = rows_of(index, split)
        with places.open_presence(path) as lazy:
            moments[split] = second_moments(lazy.blocks(rows))
        exact = np.cov(p[rows].T.astype(np.float64), bias=True)
        np.testing.assert_allclose(moments[split].covariance, exact, atol=2e-6)
        np.testing.assert_allclose(moments[split].mean, p[rows].mean(axis=0, dtype=np.float64), atol=1e-6)
    with store.create_arrays(folder / f"moments_{kind}.h5", PROVENANCE) as file:
        for split, found in moments.items():
            group = file.create_group(split)
            for name in ("count", "mean", "covariance"):
                store.write_array(group, name, getattr(found, name))
    files = FittingFiles(path, folder / f"moments_{kind}.h5", folder / "activations.h5", folder / "index.parquet")
    problem, rows = read_problem(files, None, False, threads=2), rows_of(index, "train")
    exact = cross_moments([p[rows]], [activations[rows]], moments["train"].mean)
    np.testing.assert_allclose(problem.train_q.covariance, exact.covariance, atol=1e-6)


def test_a_recipe_of_what_was_made_again_is_refused(folder):
    path = written(folder, "areas", False)
    with open_areas(folder / "areas.h5"):
        content = (folder / "areas.h5").read_bytes()
    try:
        store.write_arrays(folder / "areas.h5", PROVENANCE, vars(sparse(np.eye(M, dtype=np.float32))))
        with pytest.raises(LinexpError, match=r"was made from another .*areas\.h5; make it again: snakemake"):
            places.open_presence(path).__enter__()
    finally:
        (folder / "areas.h5").write_bytes(content)


def test_places_are_in_the_split_of_their_image_and_copies_stay_together(folder):
    index = store.read_table(folder / "index.parquet").to_pandas()
    assert len(index) == N * GRID**2
    assert (index["image"] == np.repeat(np.arange(N), GRID**2)).all()
    assert (index["place"] == np.tile(np.arange(GRID**2), N)).all()
    assert (index.groupby("image")["split"].nunique() == 1).all()
    table = store.read_table(folder / "index.parquet")
    for split in ("train", "val", "test"):
        rows = rows_of(table, split)
        assert (index["split"][rows] == split).all() and len(rows) == (index["split"] == split).sum()
        distinct = index.loc[distinct_rows_of(table, split)]
        images = distinct["image"].unique()
        assert len(distinct) == len(images) * GRID**2 and distinct["first"].nunique() == len(images)
