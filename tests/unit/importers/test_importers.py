"""Published explanation files are read as what they say, or refused with the row named."""

import csv
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linexp.errors import LinexpError
from linexp.explanations import Explanation, to_table
from linexp.importers import FORMATS, check_layer_size, complete, read_explanations, write_linear_csv

published_files = pytest.mark.skipif(
    "PUBLISHED" not in os.environ, reason="the environment variable PUBLISHED names no folder of published files"
)
SCHEMA = to_table([]).schema
LINEAR = "unit,val correlation,weight0,concept0,weight1,concept1,weight2,concept2,bias,sim correlation\n"
NO_LITERALS = ["[('a', 1)", "[(str(1), 1)]", "5", "[5]", "[()]", "[(5,)]", "'a'", "('a', 1)", "-" * 100000 + "1"]


@pytest.fixture
def file(tmp_path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "explanations.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def _texts(table: pa.Table) -> dict[int, list[str]]:
    return {row["neuron"]: row["concepts"] for row in table.to_pylist()}


def test_a_linear_explanation_is_read_without_its_padding_and_by_descending_weight(file):
    text = f"""layer,{LINEAR}layer4,7,0.25,-0.5,dog,2.5,"gymnasium, indoor",0.0,0,-0.125,0.5
layer4,2,,1.5,0,0,0.0,,,0,nan
layer4,3,0.5,0.0,0,0,0,0,0,0.75,\n"""
    table = read_explanations(file(text))
    assert table.schema == SCHEMA.append(pa.field("published_correlation", pa.float64()))
    first, second, third = table.to_pylist()
    assert first == {
        "neuron": 7,
        "concepts": ["gymnasium, indoor", "dog"],
        "weights": [2.5, -0.5],
        "bias": -0.125,
        "val_correlation": 0.25,
        "status": "ok",
        "published_correlation": 0.5,
    }
    assert (second["concepts"], second["weights"]) == (["0"], [1.5])  # a zero with a weight is a name
    assert (second["val_correlation"], second["published_correlation"]) == (None, None)
    assert (third["concepts"], third["bias"], third["status"]) == ([], 0.75, "unexplained")


def test_columns_may_come_in_any_order_and_pairs_may_lack(file):
    text = "bias,sim ablation(norm),concept1,weight0,unit,concept0,sim ablation(optim),weight1\n"
    table = read_explanations(file(text + "0.5,0.1,cat,1,4,dog,0.2,3\n"))
    row = table.to_pylist()[0]
    assert (row["neuron"], row["concepts"], row["weights"], row["bias"]) == (4, ["cat", "dog"], [3.0, 1.0], 0.5)
    assert (row["published_ablation_optim"], row["published_ablation_norm"]) == (0.2, 0.1)
    assert row["val_correlation"] is None and "published_correlation" not in row


@pytest.mark.parametrize(
    "text, expected",
    [
        ("unit,description,sim correlation\n1,Dogs,0.5\n0,null,0.25\n", {1: ["Dogs"], 0: ["null"]}),
        ("layer,unit,description,similarity\nfc,3,nan,0.5\n", {3: ["nan"]}),
        ("layer,unit,description\nfc,3,  \nfc,4,caf\xe9 \u96ea (a)\n", {3: [], 4: ["caf\xe9 \u96ea (a)"]}),
        ("layer,unit,summary\nconv1,5,\nconv1,5,eyes\nconv1,5,dogs\nconv1,2,a\n", {5: ["eyes"], 2: ["a"]}),
        (
            "unit,category,label,score,color-label\n1,scene,dining_room-s,0.5,red-c\n2,color,red-c,0,\n3,,,,\n"
            "4,texture,polka-dotted,0.1,\n5,scene,bakery-shop-s,0.1,\n",
            {0: ["dining room"], 1: ["red"], 2: [], 3: ["polka-dotted"], 4: ["bakery-shop"]},
        ),
        (
            'neuron,concept,concept_id,metric\n0,"a, b",15,1\n1,(n0 & n1) | ~n2,x,1\n',
            {0: ["a, b"], 1: ["(n0 & n1) | ~n2"]},
        ),
        (
            "unit,category,label,score,length,category_noncomp,label_noncomp,score_noncomp\n"
            "3,((scene AND object) AND (NOT color)),((harbor-s AND boat) AND (NOT red-c)),0.12,3,object,boat,0.08\n"
            "1,(object OR texture),(air_conditioner OR polka-dotted),0.10,2,object,lamp,0.06\n"
            "2,scene,bakery-shop-s,0.05,1,scene,bakery-shop-s,0.05\n0,,,,,color,blue-c,0.02\n",
            {
                3: ["((harbor AND boat) AND (NOT red))"],
                1: ["(air conditioner OR polka-dotted)"],
                2: ["bakery-shop"],
                0: ["blue"],
            },
        ),
        ("Neuron ID,label\n0,fish\n7,\n2,shark\n", {0: ["fish"], 7: [], 2: ["shark"]}),
        ("Neuron ID,Label 1,Label 2,Label 3\n9,snow,ice, \n4, ,ice,water\n3, , , \n", {9: ["snow"], 4: ["ice"], 3: []}),
        (
            "group,Unnamed: 0,concept_set_words,concept_set_noun_phrases\n"
            '6,6,"[(\'brass\', 0.1), (\'gold\', 0.05)]","[(""dog\'s tail"", 0.04), (\'eye\', 0.03)]"\n'
            "8,8,\"[('fox', 0.1)]\",[]\n9,9,,\n",
            {6: ["dog's tail"], 8: ["fox"], 9: []},
        ),
    ],
)
def test_a_single_text_has_weight_1_and_a_blank_one_is_unexplained(file, text, expected):
    table = read_explanations(file(text))
    assert _texts(table) == expected
    for row in table.to_pylist():
        assert (row["bias"], row["val_correlation"]) == (0.0, None)
        assert (row["weights"], row["status"]) == (([1.0], "ok") if row["concepts"] else ([], "unexplained"))


def test_a_byte_order_mark_quotes_blank_rows_and_lines_in_a_cell_are_read(file):
    path = file('\ufeffunit, description\r\n\r\n1,"say ""cheese"", or\nnot"\r\n,\r\n2.0,x\r\n')
    assert _texts(read_explanations(path)) == {1: ['say "cheese", or\nnot'], 2: ["x"]}
    assert _texts(read_explanations(file("unit,description\r1,a\r"))) == {1: ["a"]}


def test_of_a_file_with_several_layers_one_is_read(file):
    path = file("layer,unit,description\nconv1,0,a\nfc,0,b\nfc,1,c\n")
    assert _texts(read_explanations(path, layer="fc")) == {0: ["b"], 1: ["c"]}
    with pytest.raises(LinexpError, match="has the layers 'conv1', 'fc'; say which one"):
        read_explanations(path)
    with pytest.raises(LinexpError, match="no layer 'layer4'; take one of 'conv1', 'fc'"):
        read_explanations(path, layer="layer4")
    assert _texts(read_explanations(file("layer,unit,description\nfc,0,b\n"))) == {0: ["b"]}
    assert _texts(read_explanations(file("unit,description\n0,b\n"), layer="fc")) == {0: ["b"]}


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "has no explanations"),
        ("unit,description\n", "has no explanations"),
        (b"\x89PNG\r\n\xff\xfe", "is not UTF-8"),
        ("unit,description\n1,caf\xe9\n".encode("latin-1"), "is not UTF-8"),
        ("unit,description\n1,a\0b\n", "is not text"),
        ("a,b\n1,2\n", "linear .unit, bias.*description .unit, description.*falcon"),
        ("unit;description\n1;a\n", "does not fit"),
        ('unit,description\n\n1,a\n2,"b\n3,c\n', "row 4: is not CSV"),
        ('unit,description\n1,"a\nb"\n2,"b"c\n', "row 3: is not CSV"),
        ("unit,description\n1,a\n2,b, c\n", "row 3: has 3 cells, the header 2"),
        ("unit,description\n1\n", "row 2: has 1 cells, the header 2"),
        ("unit,description,unit\n1,a,2\n", "row 1: column 'unit' is there twice"),
        ("unit,description\n1,a\n2,b\n1,c\n", "row 4, column 'unit': '1' is there twice, first in row 2"),
        ("unit,description\n1,a\n-2,b\n", "row 3, column 'unit': '-2' is not a unit"),
        ("unit,description\n1.5,a\n", "row 2, column 'unit': '1.5' is not a unit"),
        ("unit,description\n2147483648,a\n", "row 2, column 'unit': '2147483648' is not a unit"),
        ("unit,description\nx,a\n", "row 2, column 'unit': 'x' is not a finite number"),
        ("unit,description\n,a\n", "row 2, column 'unit': '' is not a finite number"),
        (
            "unit,category,label,object-label\n0,scene,bar-s,\n",
            "row 2, .* '0' is not a unit; write a whole number from 1",
        ),
        *(
            (
                f"unit,category,label{further}\n3,scene,bar-s{',1' * further.count(',')}\n",
                "do not tell whether units are",
            )
            for further in ("", ",score", ",score,length")
        ),
        ("unit,description,sim correlation\n1,a,high\n", "row 2, column 'sim correlation': 'high' is not"),
        (LINEAR + "1,,1,a,0,0,0,0,0,\n2,,heavy,a,0,0,0,0,0,\n", "row 3, column 'weight0': 'heavy' is not"),
        (LINEAR + "1,,nan,a,0,0,0,0,0,\n", "row 2, column 'weight0': 'nan' is not"),
        (LINEAR + "1,,nan,0,0,0,0,0,0,\n", "row 2, column 'weight0': 'nan' is not"),
        (LINEAR + "1,,1,a,,b,0,0,0,\n", "row 2, column 'weight1': '' is not"),
        (LINEAR + "1,,1,a,2,,0,0,0,\n", "row 2, column 'concept1': '' is blank, but weight1 is 2"),
        (LINEAR + "1,,1,a,0,0,0,0,inf,\n", "row 2, column 'bias': 'inf' is not"),
        (LINEAR + "1,0.1,1,a,0,0,0,0,,\n", "row 2, column 'bias': '' is not"),
        (LINEAR + '1,"0,5",1,a,0,0,0,0,0,\n', "row 2, column 'val correlation': '0,5' is not"),
        (LINEAR.replace("sim correlation", "status") + "1,,1,a,0,0,0,0,0,fine\n", "column 'status': 'fine' is not"),
        *(
            (f'group,concept_set_noun_phrases\n1,[]\n3,"{cell}"\n', "row 3, column 'concept_set_noun_phrases'")
            for cell in NO_LITERALS
        ),
        ('group,concept_set_noun_phrases\n"1,2","[(\'a\', 1)]"\n', "row 2, column 'group': '1,2' is not"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_with_the_row(file, text, message):
    with pytest.raises(LinexpError, match=message) as caught:
        read_explanations(file(text))
    assert "explanations.csv" in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_not_there_and_a_format_that_does_not_fit_are_refused(file, tmp_path):
    with pytest.raises(LinexpError, match="cannot be read"):
        read_explanations(tmp_path / "absent.csv")
    with pytest.raises(LinexpError, match="cannot be read"):
        read_explanations(tmp_path)
    path = file("unit,description\n1,a\n")
    with pytest.raises(LinexpError, match="'milan' is not known; take auto or one of linear"):
        read_explanations(path, format="milan")
    with pytest.raises(LinexpError, match=r"columns of invert \(neuron, concept, concept_id\)$"):
        read_explanations(path, format="invert")
    assert _texts(read_explanations(path, format="description")) == {1: ["a"]}


def test_units_that_may_be_counted_from_either_end_are_counted_as_the_user_says(file):
    path = file("unit,category,label\n3,scene,bar-s\n")
    assert _texts(read_explanations(path, format="network_dissection")) == {2: ["bar"]}
    with pytest.raises(LinexpError, match=r"from 0 or from 1; count them from 1 and say `format: network_dissection`$"):
        read_explanations(path)


def test_no_format_is_taken_for_another_one(file):
    for name, known in FORMATS.items():
        fitting = [other for other, candidate in FORMATS.items() if set(candidate.columns) <= set(known.columns)]
        assert fitting == [name]


def test_neurons_that_a_file_leaves_out_are_missing_and_others_are_left_out(file):
    table = read_explanations(file("unit,description,sim correlation\n5,a,0.5\n1,b,0.25\n3,c,\n"))
    filled = complete(table, np.array([1, 2, 5, 0], np.int32))
    assert filled.schema == table.schema
    assert _texts(filled) == {0: [], 1: ["b"], 2: [], 5: ["a"]}
    assert filled["neuron"].to_pylist() == [0, 1, 2, 5]
    assert filled["status"].to_pylist() == ["missing", "ok", "missing", "ok"]
    assert filled["published_correlation"].to_pylist() == [None, 0.25, None, 0.5]
    assert filled["bias"].to_pylist() == [0.0] * 4
    assert complete(table, range(6)).filter(pa.array([False, True] * 3)) == table.sort_by("neuron")


def test_the_file_of_a_larger_layer_is_refused(file):
    path = file("unit,description\n5,a\n1,b\n")
    check_layer_size(read_explanations(path), 6, path)
    with pytest.raises(LinexpError, match="explains neuron 5, but the layer has 5 neurons"):
        check_layer_size(read_explanations(path), 5, path)


finite = st.floats(allow_nan=False, allow_infinity=False)
name = st.text('ab 0.ß雪"\\,\n\r\t(', min_size=1, max_size=9).filter(lambda text: text.strip() not in ("", "0", "0.0"))


@st.composite
def _any_table(draw) -> pa.Table:
    explanations = []
    for neuron in draw(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=5, unique=True)):
        concepts = draw(st.lists(name, max_size=10))
        weights = sorted(draw(st.lists(finite, min_size=len(concepts), max_size=len(concepts))), reverse=True)
        statuses = ["ok", "not_converged"] if concepts else ["unexplained", "constant", "missing"]
        status = draw(st.sampled_from(statuses))
        explanations.append(Explanation(neuron, concepts, weights, draw(finite), draw(st.none() | finite), status))
    table = to_table(explanations)
    for column in draw(st.lists(st.sampled_from(["correlation", "ablation_optim", "ablation_norm"]), unique=True)):
        scores = draw(st.lists(st.none() | finite, min_size=len(table), max_size=len(table)))
        table = table.append_column(f"published_{column}", pa.array(scores, pa.float64()))
    return table


@given(table=_any_table())
def test_what_is_written_is_read_back(tmp_path_factory, table):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    write_linear_csv(table, path)
    again = read_explanations(path)
    assert again.select(table.column_names) == table and set(again.column_names) == set(table.column_names)


def test_the_written_file_has_the_published_columns_and_padding(tmp_path):
    write_linear_csv(to_table([Explanation(3, ["a, b", "c"], [2.5, -1.0], 0.5)]), tmp_path / "written.csv")
    header, row = csv.reader((tmp_path / "written.csv").read_text(encoding="utf-8").splitlines())
    pairs = [f"{part}{number}" for number in range(10) for part in ("weight", "concept")]
    assert header == ["unit", "val correlation", *pairs, "bias"]
    assert row == ["3", "", "2.5", "a, b", "-1.0", "c", *["0.0", "0"] * 8, "0.5"]


@pytest.mark.parametrize(
    "explanation, message",
    [
        (Explanation(3, list("abcdefghijk"), [1.0] * 11), "neuron 3 has 11 concepts; keep 10 at most"),
        (Explanation(3, ["0"], [0.0]), "neuron 3 has a concept that reads as padding"),
        (Explanation(3, [" "], [1.0]), "neuron 3 has a concept that reads as padding"),
        (Explanation(3, ["a"], [float("nan")]), "neuron 3 has a number that is not finite"),
        (Explanation(3, ["a"], [1.0], float("inf")), "neuron 3 has a number that is not finite"),
    ],
)
def test_what_the_format_cannot_hold_is_not_written(tmp_path, explanation, message):
    with pytest.raises(LinexpError, match=message):
        write_linear_csv(to_table([explanation]), tmp_path / "written.csv")
    assert list(tmp_path.iterdir()) == []


@published_files
@pytest.mark.parametrize(
    "method, correlation, length",
    [
        ("LE_siglip", 0.4372, 4.25),
        ("LE_label", 0.3388, 4.70),
        ("CLIP_Dissect", 0.2208, 1),
        ("MILAN", 0.1557, 1),
        ("NetDissect", 0.2038, 1),
    ],
)
def test_published_scores_have_the_means_that_the_paper_prints(method, correlation, length):
    path = Path(os.environ["PUBLISHED"]) / f"{method}__resnet18_places365_layer4.csv"
    table = read_explanations(path)
    assert table["neuron"].to_pylist() == list(range(512))
    assert np.mean(table["published_correlation"].to_numpy()) == pytest.approx(correlation, abs=5e-5)
    assert np.mean([len(concepts) for concepts in table["concepts"].to_pylist()]) == pytest.approx(length, abs=5e-3)
    for row, (_, cells) in zip(table.to_pylist(), pd.read_csv(path, keep_default_na=False).iterrows(), strict=True):
        if "description" in cells:
            pairs = [(1.0, cells["description"])]
        else:
            pairs = [(float(cells[f"weight{i}"]), cells[f"concept{i}"]) for i in range(10)]
        assert list(zip(row["weights"], row["concepts"], strict=True)) == [pair for pair in pairs if pair[0]]


@published_files
@pytest.mark.parametrize("method", ["CLIP_Dissect", "MILAN"])
def test_published_originals_are_read_as_their_standardised_versions(method):
    folder = Path(os.environ["PUBLISHED"])
    original = read_explanations(folder / f"{method}_original__resnet18_places365.csv", layer="layer4")
    assert original == read_explanations(folder / f"{method}__resnet18_places365_layer4.csv").select(SCHEMA.names)


@published_files
def test_published_labels_of_network_dissection_lose_suffixes_and_underscores_only():
    folder = Path(os.environ["PUBLISHED"])
    original = _texts(read_explanations(folder / "NetDissect_original__resnet18_places365_layer4.csv"))
    # the publication replaced -s and -c inside names too
    faulty = {"bakery-shop": "bakeryhop", "desert-sand": "desertand", "field-cultivated": "field colorultivated"}
    for neuron, (text,) in _texts(read_explanations(folder / "NetDissect__resnet18_places365_layer4.csv")).items():
        (ours,) = original[neuron]
        assert text in {ours, ours.replace("-", ", "), f"{ours} color", faulty.get(ours)}
