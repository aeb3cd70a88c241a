"""Rows that count still are those whose explanations are the same, of a table that was made in the same way."""

import numpy as np
import pandas as pd
import pytest

from linexp.artifacts import store
from linexp.scoring import sanity
from linexp.scoring.kept_rows import kept_rows

COMMON = {"results/index.parquet": "1", "results/activations.h5": "2"}
ONE, TWO = {"results/one.h5": "3"}, {"results/two.h5": "4"}
PATH = "results/net/sanity.csv"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def provenance(methods, made_from, seed=0, code="1", made_by="check_sanity") -> store.Provenance:
    settings = {"methods": methods, "seed": seed}
    return store.Provenance(made_by, settings, "f", {"code": {"a.py": code}, "files": {}}, made_from)


def checks() -> pd.DataFrame:
    """Of labels and of two methods, one of which could not be checked; with a name that looks like none."""
    rng = np.random.default_rng(0)
    layer = sanity.Checked(rng.normal(size=(60, 5)), seed=0)
    names = sanity.SINGLE_CONCEPT, "NA", "12"
    tables = [sanity.check(name, rng.random((60, 4)), rng.random((4, 5)) * (name != "12"), layer) for name in names]
    return sanity.joined([tables[0], *(table.assign(simulator="two") for table in tables[1:])])


@pytest.fixture
def written():
    store.write_csv(PATH, provenance(["NA", "12"], COMMON | ONE | TWO), checks())


def kept(made: store.Provenance) -> set[str]:
    return kept_rows(PATH, made, {"methods"}, COMMON, sanity.read)[0]


def test_a_method_more_or_less_or_another_of_one_keeps_the_rows_of_the_others(written):
    three = {"results/three.h5": "5"}
    assert kept(provenance(["NA", "12", "more"], COMMON | ONE | TWO | three)) == {*COMMON, *ONE, *TWO}
    assert kept(provenance(["NA"], COMMON | ONE)) == {*COMMON, *ONE}
    assert kept(provenance(["NA", "12"], COMMON | ONE | {"results/two.h5": "another"})) == {*COMMON, *ONE}


@pytest.mark.parametrize(
    "made",
    [
        provenance(["NA", "12"], COMMON | ONE | TWO),  # asked for again
        provenance(["NA"], COMMON | ONE, seed=1),
        provenance(["NA"], COMMON | ONE, code="2"),
        provenance(["NA"], COMMON | ONE, made_by="another"),
        provenance(["NA"], COMMON | ONE | {"results/index.parquet": "another"}),
    ],
)
def test_what_was_made_otherwise_and_what_is_asked_for_again_keeps_nothing(made, written):
    assert kept(made) == set()


def test_what_is_not_there_or_damaged_keeps_nothing(place, written):
    made = provenance(["NA"], COMMON | ONE)
    (place / PATH).write_text((place / PATH).read_text().replace("true", "false").replace("True", "False") + " ")
    assert kept(made) == set()
    (place / PATH).unlink()
    assert kept(made) == set()


def test_checks_that_are_kept_are_written_as_they_were(place, written):
    before = (place / PATH).read_text()
    still, table = kept_rows(PATH, provenance(["NA"], COMMON | ONE), {"methods"}, COMMON, sanity.read)
    fresh = checks()
    parts = [table[table["explanation"] != "NA"], fresh[fresh["explanation"] == "NA"]]
    parts = [parts[0].iloc[: len(fresh) // 3], parts[1], parts[0].iloc[len(fresh) // 3 :]]
    store.write_csv(PATH, provenance([], {}), sanity.joined(parts))
    assert still and (place / PATH).read_text() == before and len(parts) == 3
