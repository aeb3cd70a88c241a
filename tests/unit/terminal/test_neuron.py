"""What `python -m linexp show` and `find` print, and the one line that they end with when something is wrong."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from linexp.__main__ import main
from linexp.artifacts import store
from linexp.explanations import Explanation, to_table
from linexp.fitting import stable
from linexp.terminal.neuron import BAR, Layer, find_concept, neuron_text, read_layer

REPOSITORY = Path(__file__).parents[3]
PROVENANCE = store.Provenance("test", {}, "f")
LE = [
    Explanation(0, ["dog", "snow", "night"], [2.0, 1.0, -0.5], 0.25),
    Explanation(1, ["sled DOG", "dogma"], [3.0, 1.0]),
    Explanation(2, status="unexplained"),
    Explanation(3, ["bad\x1b[31m name"], [1.0]),
]
OTHER = [Explanation(n, ["dog"], [1.0]) for n in range(2)]
RANDOM = [Explanation(n, ["dog"], [9.0], 1.0) for n in range(4)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "net" / "layer4"
    methods = {"le": LE, "other": OTHER, "random_concepts": RANDOM}
    rows = [
        {
            "method": method,
            "simulator": "s",
            "neuron": neuron,
            "status": "ok",
            "correlation": None if method == "le" and neuron == 2 else 0.5 + neuron / 10,
            "ablation_optim": -0.001,
            "ablation_norm": None,
        }
        for method in methods
        for neuron in range(4)
    ]
    store.write_table(folder / "scores.parquet", PROVENANCE, pa.Table.from_pandas(pd.DataFrame(rows)))
    for method, explained in methods.items():
        store.write_table(folder / f"explanations/{method}.parquet", PROVENANCE, to_table(explained))
    activations = np.tile(np.arange(80, dtype=np.float32)[:, None] / 10, 4)
    store.write_arrays(folder / "activations.h5", PROVENANCE, {"activations": activations})
    return folder


def _run(capsys, *arguments) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def _method(text: str, method: str) -> list[str]:
    """The lines of one method."""
    return next(part for part in text.split("\n\n") if part.startswith(method)).splitlines()


def test_a_neuron_is_shown_with_scores_weights_and_activations(folder, capsys):
    status, out, _ = _run(capsys, "show", folder, 0)
    assert status == 0
    head, dog, snow, night, bias = _method(out, "le ")
    assert head == "le   correlation 0.50, ablation (optim) 0.00"
    assert dog.split() == ["2.00", "█" * BAR, "dog"]
    assert snow.split() == ["1.00", "█" * (BAR // 2), "snow"]
    assert night.split() == ["-0.50", "░" * (BAR // 4), "night"]
    assert bias.split() == ["0.25", "(bias)"]
    bins = _method(out, "activations of 80 images")[1:]
    assert [int(line.split()[-1]) for line in bins] == [10] * 8
    assert [line.split()[0] for line in bins][:2] == ["0", "0.988"]
    assert _method(out, "random_concepts")[0].startswith("random_concepts (null control)")


def test_a_neuron_says_which_method_is_the_best_and_where_simulators_differ(folder, tmp_path, capsys):
    copy = tmp_path / "layer4"
    shutil.copytree(folder, copy)
    scores = store.read_table(copy / "scores.parquet").to_pandas()
    scores["best_method"] = scores["neuron"].map({0: "le", 1: "other"}).astype("string")
    judged = scores["method"] != "random_concepts"
    scores["verdict_flips"] = (scores["neuron"] > 0).astype("boolean").where(judged)
    store.write_table(copy / "scores.parquet", PROVENANCE, pa.Table.from_pandas(scores, preserve_index=False))
    names = []
    for neuron in range(3):
        _, out, _ = _run(capsys, "show", copy, neuron)
        heads = [part.splitlines()[0] for part in out.split("\n\n")[1:-1]]
        names += [head.split("   ")[0] for head in heads]
    differ = "simulators differ on the verdict"
    assert names == [
        *("le (best on val)", "other", "random_concepts (null control)"),
        *(f"le ({differ})", f"other (best on val; {differ})", "random_concepts (null control)"),
        *(f"le ({differ})", f"other ({differ})", "random_concepts (null control)"),
    ]


STABLE = stable.Stability(
    0,
    "ok",
    ["dog", "snow", "night"],
    [0.964, 0.5, 0.0],
    [1.9, 0.8, None],
    [2.1, 1.1, None],
    [["wolf", "cat", "fox"], [], ["dusk"]],
    [[0.02, 0.01, 0.01], [], [1.0]],
    0.0,
    40,
)


def test_a_neuron_is_shown_with_what_resampled_images_choose(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    copy = tmp_path / "layer4"
    shutil.copytree(folder, copy)
    others = [stable.Stability(one.neuron, one.status, list(one.concepts)) for one in LE[2:3]]
    store.write_table(copy / "stability/le.parquet", PROVENANCE, stable.to_table([STABLE, *others]))
    _, out, _ = _run(capsys, "show", copy, 0)
    _, dog, snow, night, bias = _method(out, "le ")
    assert dog.endswith("dog    96 % (1.90 to 2.10), else wolf 2 %, cat 1 %")
    assert snow.endswith("snow   50 % (0.80 to 1.10)")
    assert night.endswith("night  0 %, else dusk 100 %")
    assert bias.endswith("(bias)") and "%" not in "".join(_method(out, "other "))
    for neuron in (1, 2):
        _, out, _ = _run(capsys, "show", copy, neuron)
        assert "%" not in out
    assert _run(capsys, "find", copy, "dog")[0] == 0


def test_a_neuron_is_shown_with_its_ceilings_why_it_is_not_explained_and_what_it_lacks(folder):
    layer = read_layer(folder)
    ceilings = dict.fromkeys(["ceiling_search", "ceiling_concepts", "ceiling_simulator"], 0.25)
    told = {"why_not": "no_word", "missing_concept": "sled", "missing_correlation": 0.125, "ceiling_embeddings": 0.75}
    here = layer.scores["method"].eq("le") & layer.scores["neuron"].eq(0)
    scores = layer.scores.assign(
        **{name: pd.Series(value, layer.scores.index[here]) for name, value in (ceilings | told).items()}
    )
    text = neuron_text(Layer(layer.folder, scores, layer.explanations), 0, np.arange(5.0))
    assert _method(text, "le ")[-3:] == [
        "  at most: 10 concepts 0.25, all concepts 0.25, all by the simulator 0.25, image embeddings 0.75",
        "  not explained: no word for it",
        "  lacks: sled (0.12 with what is left)",
    ]
    assert not any(name in "".join(_method(text, "other ")) for name in ("at most", "not explained", "lacks"))


def test_a_stability_of_other_explanations_or_images_is_refused(folder, tmp_path, capsys):
    other = stable.Stability(0, "ok", ["dog"], [1.0], [1.0], [1.0], [[]], [[]], 1.0, 40)
    for provenance, found, message in (
        (PROVENANCE, other, "le.parquet is of other explanations than those that lie there; make it again with"),
        (store.Provenance("test", {}, "g"), STABLE, "made from different images"),
    ):
        shutil.copytree(folder, copy := tmp_path / provenance.probe_fingerprint / "layer4")
        store.write_table(copy / "stability/le.parquet", provenance, stable.to_table([found]))
        status, out, err = _run(capsys, "show", copy, 0)
        assert (status, out, len(err.splitlines())) == (1, "", 1)
        assert message in err


def test_what_an_autoencoder_leaves_is_said_of_its_features(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")  # the path is in the first line
    shutil.copytree(folder, copy := tmp_path / "layer4")
    for left, lines in (
        ({"variance_left": 0.143, "mean_active": 8.25}, 2),
        ({}, 1),
    ):
        with store.create_arrays(copy / "activations.h5", PROVENANCE) as file:
            store.write_array(file, "activations", np.eye(5, 4, dtype=np.float32))
            file.attrs.update(left)
        _, out, _ = _run(capsys, "show", copy, 0)
        head = out.split("\n\n")[0].splitlines()
        assert len(head) == lines and head[0].endswith("layer4, neuron 0")
    with store.create_arrays(copy / "activations.h5", PROVENANCE) as file:
        store.write_array(file, "activations", np.eye(5, 4, dtype=np.float32))
        file.attrs.update({"variance_left": 0.143, "mean_active": 8.25})
    assert read_layer(copy, copy / "activations.h5").reconstruction == (
        "the autoencoder leaves 14.3 % of the layer's variance, 8.25 features of a place are active"
    )


def test_what_is_missing_is_said(folder, capsys):
    _, out, _ = _run(capsys, "show", folder, 2)
    assert _method(out, "le ")[:2] == ["le   ablation (optim) 0.00", "  unexplained"]
    assert _method(out, "other ")[1] == "  missing"


def test_control_characters_of_a_name_reach_no_terminal(folder, capsys):
    for arguments in (("show", folder, 3), ("find", folder, "name")):
        _, out, _ = _run(capsys, *arguments)
        assert "name" in out
        assert "\x1b" not in out


def test_lines_are_cut_at_the_width_of_the_screen(folder):
    text = neuron_text(read_layer(folder), 0, np.arange(5.0), width=34)
    assert max(map(len, _method(text, "le ")[1:])) <= 34
    assert "…" in text


def test_several_simulators_are_told_apart(folder):
    layer = read_layer(folder)
    twice = pd.concat([layer.scores, layer.scores.assign(simulator="t", correlation=-0.25)])
    text = neuron_text(type(layer)(layer.folder, twice, layer.explanations), 0, np.arange(5.0))
    assert (
        _method(text, "le ")[0]
        == "le   s: correlation 0.50, ablation (optim) 0.00; t: correlation -0.25, ablation (optim) 0.00"
    )


def test_a_constant_neuron_has_no_bins(folder):
    assert neuron_text(read_layer(folder), 0, np.full(7, 0.5)).endswith("activations of 7 images\n  0.5 on all of them")


def test_neurons_are_found_by_whole_words_with_a_line_each(folder, capsys):
    status, out, _ = _run(capsys, "find", folder, "dog")
    rows = [line.split(maxsplit=4)[:4] for line in out.splitlines()[4:]]
    assert status == 0
    assert out.startswith("2 neurons have 'dog' in an explanation\n")
    # by the method whose share × correlation is highest; the null control is not asked
    assert rows == [["1", "other", "0.60", "100"], ["0", "other", "0.50", "100"]]


def test_positive_share_times_correlation_comes_first(folder):
    def of(neuron: int, *pairs: tuple[float, str]) -> Explanation:
        return Explanation(neuron, [concept for _, concept in pairs], [weight for weight, _ in pairs])

    known = [
        of(0, (1.0, "snow"), (-4.0, "dog")),  # inhibited by dogs: last, whatever the share
        of(1, (4.0, "dog")),  # but the simulation is no good
        of(2, (2.0, "sled dog"), (1.0, "dog"), (1.0, "snow")),  # both concepts count
        of(3, (1.0, "dog"), (1.0, "snow")),
        of(4, (1.0, "snow")),
        of(5, (3.0, "dog"), (1.0, "hot dog")),  # simulated the wrong way round
    ]
    correlations = {0: 0.9, 1: 0.2, 2: 0.6, 3: 0.7, 4: 0.9, 5: -0.8}
    rows = [{"method": "le", "neuron": neuron, "correlation": value} for neuron, value in correlations.items()]
    layer = Layer(folder, pd.DataFrame(rows), {"le": {one.neuron: one for one in known}})
    found = find_concept(layer, "dog")
    assert [one.neuron for one in found] == [2, 3, 1, 5, 0]
    assert [one.share for one in found] == [0.75, 0.5, 1.0, 1.0, 0.0]
    assert [one.rank for one in found] == pytest.approx([0.45, 0.35, 0.2, 0.0, 0.0])


def test_methods_and_lines_can_be_limited(folder, capsys):
    _, out, _ = _run(capsys, "find", folder, "DOG", "--method", "random_concepts", "--limit", "1")
    assert out.startswith("4 neurons have 'DOG'")
    assert out.splitlines()[-1] == "… and 3 more; --limit 4 shows all"
    assert len(out.splitlines()) == 6


def test_brackets_and_stars_of_a_word_are_no_pattern(folder, capsys):
    assert _run(capsys, "find", folder, "[31m", "name")[0] == 0
    assert _run(capsys, "find", folder, "d[aeiou]g")[0] == 1
    assert _run(capsys, "find", folder, ".*")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "FOLDER", 4), "neuron 4 is not in .*; ask for one of its 4 neurons, 0 to 3"),
        (("show", "FOLDER", -1), "neuron -1 is not in .*; ask for one of its 4 neurons"),
        (("show", "FOLDER/no", 0), "no/scores.parquet does not exist; make it with `snakemake --cores all .*`"),
        (("find", "FOLDER", "snwo"), "no explanation in .* has 'snwo'; try snow"),
        (("find", "FOLDER", "do"), "no explanation in .* has 'do'; try dog, dogma, sled DOG"),
        (("find", "FOLDER", " "), "has ' '; try another word"),
        (("find", "FOLDER", "dog", "--method", "l"), "there is no method 'l' in .*; it has le, other"),
        (("find", "FOLDER", "dog", "--limit", "0"), "--limit: 0 lines are none; give 1 or more"),
    ],
)
def test_a_mistake_ends_in_one_line_that_says_what_to_do(arguments, message, folder, capsys):
    arguments = [str(argument).replace("FOLDER", str(folder)) for argument in arguments]
    status, out, err = _run(capsys, *arguments)
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("linexp: ")
    assert re.search(message, err)


def test_artifacts_of_different_images_are_refused(folder, tmp_path, capsys):
    copy = tmp_path / "layer4"
    shutil.copytree(folder, copy)
    other = store.Provenance("test", {}, "g")
    store.write_arrays(copy / "activations.h5", other, {"activations": np.ones((80, 4), np.float32)})
    status, _, err = _run(capsys, "show", copy, 0)
    assert status == 1
    assert "made from different images" in err


def test_names_of_units_are_shown_where_they_have_some(folder, tmp_path, capsys):
    _, plain, _ = _run(capsys, "find", folder, "dog")
    copy = tmp_path / "layer4"
    shutil.copytree(folder, copy)
    (activations,) = store.read_arrays(folder / "activations.h5", "activations")
    names = ["stripes", "a\x1b[31mb", "fur", "x" * 40]
    store.write_arrays(copy / "activations.h5", PROVENANCE, {"activations": activations, "names": names})
    _, shown, _ = _run(capsys, "show", copy, 0)
    assert shown.splitlines()[0] == f"{copy}, neuron 0 (stripes)"[:100] or shown.splitlines()[0].endswith("…")
    _, found, _ = _run(capsys, "find", copy, "dog")
    header, *rows = found.splitlines()[3:]
    assert header.split()[:3] == ["neuron", "name", "method"]
    assert [row.split()[:2] for row in rows] == [["1", "a\ufffd[31mb"], ["0", "stripes"]]
    assert "name" not in plain.splitlines()[3]


def test_activations_that_are_not_there_are_named(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folder, tmp_path / "layer4", ignore=shutil.ignore_patterns("activations.h5"))
    status, _, err = _run(capsys, "show", "layer4", 0)
    assert status == 1
    assert "layer4/activations.h5 does not exist; make it with" in err


def test_a_target_like_another_shows_the_activations_of_that_one(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(REPOSITORY / "config.yaml", "config.yaml")
    shutil.copytree(folder, "results/resnet50_greedy/layer4", ignore=shutil.ignore_patterns("activations.h5"))
    status, _, err = _run(capsys, "show", "results/resnet50_greedy/layer4", 0)
    assert (status, "results/resnet50/layer4/activations.h5 does not exist" in err) == (1, True)
    Path("results/resnet50/layer4").mkdir(parents=True)
    shutil.copy(folder / "activations.h5", "results/resnet50/layer4")
    status, out, _ = _run(capsys, "show", "results/resnet50_greedy/layer4", 0)
    assert (status, "activations of 80 images" in out) == (0, True)
