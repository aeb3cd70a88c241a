"""`linexp presence`: a part of P in a file, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from linexp.__main__ import main
from linexp.artifacts import store
from linexp.concepts import places, presence

PROVENANCE = store.Provenance("made_up", {}, "probe")
P = np.array([[0, 0.5, 0], [0.25, 0, 0.125], [0, 1, 0], [0.75, 0, 0.5]], np.float32)


@pytest.fixture
def path(tmp_path):
    """P of places of two images."""
    rows, columns = np.nonzero(P)
    begins = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=4))]).astype(np.int64)
    arrays = {"begins": begins, "columns": columns.astype(np.int32), "shares": P[rows, columns]}
    store.write_arrays(tmp_path / "areas.h5", PROVENANCE, arrays | {"concepts": ["sky", "dog", "red"]})
    recipe = places.recipe_of({"areas": tmp_path / "areas.h5"})
    with places.opened(recipe) as (p, concepts), store.create_arrays(tmp_path / "P.h5", PROVENANCE) as file:
        presence.write_statistics(file, p, concepts, np.arange(4), 0.0)
        places.write_recipe(file, recipe, 4)
    return tmp_path / "P.h5"


def test_a_part_of_p_is_written(path, capsys):
    table = path.with_name("some.csv")
    assert main(["presence", str(path), str(table), "--rows", "1:4", "--concepts", "red", "sky"]) == 0
    found = pd.read_csv(table)
    assert list(found) == ["row", "red", "sky"] and found["row"].tolist() == [1, 2, 3]
    np.testing.assert_allclose(found[["red", "sky"]], P[1:, [2, 0]], atol=1e-6)
    assert "3 rows, 2 concepts" in capsys.readouterr().out


def test_all_of_it_is_written_where_nothing_else_is_said(path):
    table = path.with_name("all.parquet")
    assert main(["presence", str(path), str(table)]) == 0
    np.testing.assert_array_equal(pd.read_parquet(table)[["sky", "dog", "red"]], P)


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--rows", "2:9"], "--rows: '2:9' are no rows"), (["--concepts", "sk"], "no concept 'sk' is kept; did you mean")],
)
def test_what_is_not_there_is_refused(path, more, said, capsys):
    assert main(["presence", str(path), str(path.with_name("some.csv")), *more]) == 1
    assert said in capsys.readouterr().err
