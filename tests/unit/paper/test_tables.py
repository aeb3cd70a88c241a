"""The tables of the paper: the printed figures agree with each other, and the measured ones with direct means."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from linexp.artifacts import store
from linexp.artifacts.store import Provenance
from linexp.errors import LinexpError
from linexp.importers import read_explanations
from linexp.paper.tables import COLUMNS, Cell, fill, paper_tables, printed_figure

TABLES = paper_tables()
MADE = Provenance("score_explanations", {}, "0" * 64)
published_files = pytest.mark.skipif(
    "PUBLISHED" not in os.environ, reason="the environment variable PUBLISHED names no folder of published files"
)


def _printed(number: int) -> pd.DataFrame:
    """The figures of a table as they are printed, by row and column."""
    cells = TABLES[number].cells()
    return pd.DataFrame([(cell.row, cell.column, cell.printed) for cell in cells]).pivot(index=0, columns=1, values=2)


def _part(number: int, part: int) -> pd.DataFrame:
    """Values (0), standard errors (1) or lengths (2)."""
    return _printed(number).map(lambda figure: printed_figure(figure)[part])


def test_there_are_the_fifteen_tables_with_all_their_figures():
    figures = {number: len(table.cells()) for number, table in TABLES.items()}
    expected = {1: 30, 2: 25, 3: 5, 4: 10, 5: 10, 6: 3, 7: 2, 8: 6, 9: 10, 10: 20, 11: 20, 12: 6, 13: 12, 14: 6, 15: 6}
    assert figures == expected
    assert all(table.caption and table.stub for table in TABLES.values())


# the totals are of the text of the paper, not of our file
@pytest.mark.parametrize(
    ("number", "part", "total"),
    [
        (1, 0, 6.08721),
        (2, 0, 4.8954),
        (2, 1, 0.068),
        (3, 0, 0.1677),
        (4, 0, 38.51),
        (5, 0, 1.9858),
        (6, 0, 1.0711),
        (7, 0, 0.7015),
        (8, 0, 2.0109),
        (8, 2, 27.05),
        (9, 0, 0.301),
        (9, 1, 0.0054),
        (10, 0, 2.6334),
        (10, 2, 25.49),
        (11, 0, 3.0313),
        (11, 2, 27.72),
        (12, 0, 2.4751),
        (12, 2, 27.33),
        (13, 0, 2.1939),
        (14, 0, 1.1184),
        (15, 0, 1.3663),
        (15, 1, 0.024),
    ],
)
def test_the_printed_figures_add_up(number, part, total):
    assert np.nansum(_part(number, part).to_numpy()) == pytest.approx(total, abs=1e-9)


def test_figures_that_the_paper_prints_twice_are_the_same():
    second, lengths = _part(2, 0), _part(4, 0)
    assert second.loc["ResNet-18 (Places365)"].equals(_part(11, 0).loc["layer4"].rename("ResNet-18 (Places365)"))
    fifty, tenth = second.loc["ResNet-50 (ImageNet)"], _part(10, 0).loc["layer4"]
    assert fifty.drop("Network Dissection").tolist() == tenth.drop("Network Dissection").tolist()
    assert (fifty["Network Dissection"], tenth["Network Dissection"]) == (0.1242, 0.1231)  # the paper's own difference
    vgg, vit = "classifier[4] (second to last, fully connected)", "11/11, MLP"
    assert second.loc["VGG-16 (CIFAR-100)"].dropna().tolist() == _part(12, 0).loc[vgg].tolist()
    assert second.loc["ViT-B/16 (ImageNet)"].dropna().tolist() == _part(13, 0).loc[vit].tolist()
    assert _printed(9).loc["Optim"].tolist() == _printed(3).iloc[0].tolist()
    linear = ["LE (Label)", "LE (SigLIP)"]
    assert _part(8, 0).loc["Original", linear].tolist() == fifty[linear].tolist()
    assert [_part(number, 0).iloc[:, 0].max() for number in (6, 7)] == [fifty["LE (SigLIP)"]] * 2
    for number, row, model in [
        (8, "Original", "ResNet-50 (ImageNet)"),
        (10, "layer4", "ResNet-50 (ImageNet)"),
        (11, "layer4", "ResNet-18 (Places365)"),
        (12, vgg, "VGG-16 (CIFAR-100)"),
    ]:
        assert _part(number, 2).loc[row, linear].tolist() == lengths.loc[model, linear].tolist()


@pytest.mark.parametrize("number", [10, 11])
def test_rows_of_layers_are_measured_on_them(number):
    assert all(cell.layers == (cell.row,) for cell in TABLES[number].cells())


def test_the_impact_on_all_layers_is_that_of_all_their_neurons():
    neurons = pd.Series({"conv 1": 64, "layer 1": 256, "layer 2": 512, "layer 3": 1024, "layer 4": 2048}).add_prefix(
        "ResNet-50, "
    )
    impact = _part(1, 0)
    means = impact.loc[neurons.index].mul(neurons, axis=0).sum() / neurons.sum()
    np.testing.assert_allclose(means, impact.loc["ResNet-50, all"], rtol=2e-3)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("0.1242 ± 0.002", (0.1242, 0.002, None)),
        ("0.2924 (4.37)", (0.2924, None, 4.37)),
        ("0.054%", (0.00054, None, None)),
        ("n/a", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_a_printed_figure_is_taken_apart(printed, expected):
    assert printed_figure(printed) == pytest.approx(
        [np.nan if part is None else part for part in expected], nan_ok=True
    )


def _scores(path: Path, seed: int, n: int = 60, **columns) -> pd.DataFrame:
    """Scores of two methods with two simulators, some of them undefined, as a file and as a table."""
    rng = np.random.default_rng(seed)
    parts = []
    for method in ("le_siglip", "clip_dissect"):
        for simulator in ("main", "other"):
            values = {name: rng.uniform(-0.2, 0.9, n) for name in ("correlation", "ablation_optim", "ablation_norm")}
            values["correlation"][::7] = np.nan
            lengths, dead = rng.integers(0, 11, n).astype(np.int32), np.arange(n) % 5 == 0
            part = {"method": method, "simulator": simulator, "dead": dead, "n_concepts": lengths}
            parts.append(pd.DataFrame({**part, **values, **columns}))
    table = pd.concat(parts, ignore_index=True)
    store.write_table(path, MADE, pa.Table.from_pandas(table, preserve_index=False))
    return table


def _cell(measure: str, *files: Path, **settings) -> Cell:
    defaults = {"target": "net", "layers": tuple(path.stem for path in files), "method": "le_siglip"}
    return Cell("row", "column", "", measure, **defaults | settings, simulator="main", files=tuple(map(str, files)))


@pytest.mark.parametrize("measure", ["correlation", "correlation_alive", "ablation_optim", "ablation_norm"])
def test_a_cell_is_the_mean_over_neurons_with_undefined_scores_as_zero(tmp_path, measure):
    table = _scores(tmp_path / "scores.parquet", 1)
    rows = table[(table["method"] == "le_siglip") & (table["simulator"] == "main")]
    rows = rows[~rows["dead"]] if measure.endswith("alive") else rows
    values = np.array([0.0 if np.isnan(v) else v for v in rows[measure.removesuffix("_alive")]])
    (row,) = fill(2, [_cell(measure, tmp_path / "scores.parquet")], seed=3).to_dict("records")
    assert (row["measured"], row["se"]) == pytest.approx((values.mean(), stats.sem(values)))
    bootstrap = stats.bootstrap([values], np.mean, method="percentile", rng=0).confidence_interval
    assert (row["low"], row["high"]) == pytest.approx(bootstrap, abs=0.1 * row["se"])
    assert row["length"] == pytest.approx(rows["n_concepts"].mean())
    assert (row["table"], row["neurons"], row["layer"]) == (2, len(rows), "scores")


def test_a_length_is_the_mean_number_of_concepts_over_the_layers_taken_together(tmp_path):
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    tables = pd.concat([_scores(paths[0], 1), _scores(paths[1], 2, n=10)])
    lengths = tables.query("method == 'clip_dissect' and simulator == 'main'")["n_concepts"]
    (row,) = fill(4, [_cell("mean_length", *paths, method="clip_dissect")], seed=0).to_dict("records")
    assert row["measured"] == row["length"] == pytest.approx(lengths.mean())
    assert (row["neurons"], row["layer"]) == (70, "a+b")


def test_dead_neurons_are_counted_and_impacts_averaged_where_there_is_any(tmp_path):
    dead = np.arange(40) < 10
    store.write_arrays(tmp_path / "activations.h5", MADE, {"dead": dead})
    impact = pd.DataFrame({"beta": [0.1, 0.5] * 3, "top_impact": [0.2, 0.5, np.nan, np.nan, 0.4, 0.6]})
    store.write_table(tmp_path / "impact.parquet", MADE, pa.Table.from_pandas(impact, preserve_index=False))
    cells = [
        _cell("dead", tmp_path / "activations.h5", method=None),
        _cell("top_impact", tmp_path / "impact.parquet", method=None, beta=0.1),
    ]
    rows = fill(14, cells, seed=0)
    assert rows["measured"].tolist() == pytest.approx([0.25, 0.3])
    assert rows["neurons"].tolist() == [40, 2] and rows["length"].isna().all()


def test_what_was_not_computed_or_has_no_file_is_empty(tmp_path):
    _scores(tmp_path / "scores.parquet", 1, ablation_optim=np.nan)
    without = replace(_cell("correlation"), note="no images", printed="0.2924 (4.37)")
    rows = fill(3, [_cell("ablation_optim", tmp_path / "scores.parquet"), without], seed=0)
    assert list(rows) == COLUMNS
    assert rows[["measured", "se", "low", "high"]].isna().all(axis=None)
    assert (rows["neurons"].isna().tolist(), rows["note"].tolist()) == ([False, True], ["", "no images"])
    assert rows.loc[1, ["paper", "paper_length"]].tolist() == [0.2924, 4.37]


def test_scores_without_the_method_are_told(tmp_path):
    _scores(tmp_path / "scores.parquet", 1)
    with pytest.raises(LinexpError, match="has no scores of milan with simulator main; delete it and run again"):
        fill(2, [_cell("correlation", tmp_path / "scores.parquet", method="milan")], seed=0)


@published_files
@pytest.mark.parametrize("number", [2, 4, 11])
def test_published_scores_fill_the_paper_s_own_figures(tmp_path, number):
    names = {"le_siglip": "LE_siglip", "le_label": "LE_label", "clip_dissect_published": "CLIP_Dissect"}
    names |= {"milan": "MILAN", "network_dissection_broden": "NetDissect"}
    for method, name in names.items():
        explained = read_explanations(Path(os.environ["PUBLISHED"]) / f"{name}__resnet18_places365_layer4.csv")
        scores = explained.to_pandas().rename(columns={"published_correlation": "correlation"})
        scores = scores.assign(method=method, simulator="main", dead=False, n_concepts=scores["concepts"].map(len))
        table = pa.Table.from_pandas(scores.drop(columns=["concepts", "weights"]), preserve_index=False)
        store.write_table(tmp_path / f"{method}.parquet", MADE, table)
    cells = [
        cell for cell in TABLES[number].cells() if cell.target.startswith("resnet18") and cell.layers == ("layer4",)
    ]
    files = [replace(cell, simulator="main", files=(str(tmp_path / f"{cell.method}.parquet"),)) for cell in cells]
    rows = fill(number, files, seed=0)
    digits = 2 if number == 4 else 4
    assert [f"{mean:.{digits}f}" for mean in rows["measured"]] == [cell.printed.split()[0] for cell in cells]
    assert rows["neurons"].eq(512).all() and rows["low"].lt(rows["measured"]).all()
    if number == 2:
        assert rows["se"].round(3).tolist() == rows["paper_se"].tolist()
    if number == 11:
        assert [f"{length:.2f}" for length in rows["length"][-2:]] == ["4.70", "4.25"]
