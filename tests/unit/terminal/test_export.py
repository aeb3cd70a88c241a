"""`linexp export`: explanations and scores of a layer in one flat table, and what is refused."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linexp.__main__ import main
from linexp.artifacts import store
from linexp.explanations import Explanation, to_table

PROVENANCE = store.Provenance("test", {}, "f")
LE = [
    Explanation(0, ["dog", "snow"], [2.0, -0.5], 0.25, val_correlation=0.75),
    Explanation(1, ["=night"], [-1.0]),
    Explanation(2, status="unexplained"),
]
MILAN = [Explanation(n, ["a dog"], [1.0]) for n in range(3)]


@pytest.fixture
def folder(tmp_path):
    """A layer with two methods and simulators; an imported one has a column of scores that ours are called too."""
    folder = tmp_path / "results/net/layer4"
    rows = [
        {"method": method, "simulator": simulator, "neuron": neuron, "status": "no_effect", "correlation": neuron / 10}
        for method in ("le", "milan")
        for simulator in ("s", "t")
        for neuron in (0, 1, 2)
    ]
    table = pd.DataFrame(rows).assign(ablation_optim=None, verdict="explained")
    store.write_table(folder / "scores.parquet", PROVENANCE, pa.Table.from_pandas(table, preserve_index=False))
    store.write_table(folder / "explanations/le.parquet", PROVENANCE, to_table(LE))
    published = to_table(MILAN).append_column("correlation", pa.array([0.9, 0.8, None], pa.float64()))
    store.write_table(folder / "explanations/milan.parquet", PROVENANCE, published)
    return folder


def _export(capsys, *arguments) -> tuple[int, str, str]:
    status = main(["export", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_layer_is_one_flat_table_with_names_that_do_not_collide(folder, tmp_path, capsys, suffix):
    path = tmp_path / f"out/neurons{suffix}"
    status, out, err = _export(capsys, folder, path)
    assert (status, err) == (0, "")
    assert out == f"{path}: 12 rows, one a neuron, method and simulator; 11 columns\n"
    table = pd.read_csv(path) if suffix == ".csv" else pq.read_table(path).to_pandas()
    assert list(table) == [
        *("neuron", "method", "simulator", "explanation"),
        *("val_correlation", "explanation_status", "explanation_correlation"),
        *("status", "correlation", "ablation_optim", "verdict"),
    ]
    rows = table.set_index(["method", "simulator", "neuron"])
    assert rows.loc[("le", "t", 0), "explanation"] == "2.000·dog - 0.500·snow + 0.250"
    assert rows.loc[("le", "s", 0), "val_correlation"] == 0.75
    assert list(rows.loc[("le", "s", 2), ["explanation", "explanation_status", "status"]]) == [
        *("unexplained", "unexplained", "no_effect")
    ]
    assert rows.loc[("milan", "t", 1), ["explanation_correlation", "correlation"]].tolist() == [0.8, 0.1]
    assert pd.isna(rows.loc[("le", "s", 1), "explanation_correlation"])
    assert set(rows["verdict"]) == {"explained"}
    quote = "'" if suffix == ".csv" else ""  # a spreadsheet would compute what begins with a minus
    assert rows.loc[("le", "s", 1), "explanation"] == f"{quote}-1.000·=night"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("neurons.xlsx", "neurons.xlsx: give the file a name that ends in .csv or .parquet"),
        ("FOLDER/scores.parquet", "scores.parquet is a file of the workflow; give another name"),
        ("FOLDER/scores.parquet/x.csv", "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_harms_nothing(folder, capsys, file, message):
    before = (folder / "scores.parquet").read_bytes()
    status, out, err = _export(capsys, folder, file.replace("FOLDER", str(folder)))
    assert (status, out) == (1, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert (folder / "scores.parquet").read_bytes() == before
