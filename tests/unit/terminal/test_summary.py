"""The table that `make demo` prints has every mean, and fits on a screen."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from linexp.scoring.summary import summarise
from linexp.terminal.summary import WIDTH, summary_text

METRICS = ["correlation", "recall", "ablation_optim", "ablation_norm", "ablation_constant"]
N = 40


def _scores(methods: list[str], mean: float = 0.4, simulator: str = "clip") -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.concat(
        pd.DataFrame(
            {"method": method, "simulator": simulator, "neuron": range(N), "dead": np.arange(N) < 3, "n_concepts": 4}
            | {"verdict": np.repeat(["explained", "predicts_only", "not_above_chance"], [20, 10, 10])}
            | {"best_method": np.repeat(["le_label", "clip_dissect"], [30, 10]), "verdict_flips": None}
            | {metric: rng.normal(mean, 0.2, N) for metric in METRICS}
        )
        for method in methods
    )


def _sanity(method: str) -> pd.DataFrame:
    rows = [
        (method, metric, test, share, N, share >= 0.9, True)
        for metric in METRICS[:4]
        for test, share in (("missing_labels", 0.975), ("extra_labels", 0.0 if metric == "recall" else 1.0))
    ]
    columns = ["explanation", "metric", "test", "share_passed", "neurons", "passed", "trusted"]
    return pd.DataFrame(rows, columns=columns).assign(simulator="clip")


def _shuffled(scores: pd.DataFrame) -> pd.DataFrame:
    pairs = scores[["method", "simulator"]].drop_duplicates()
    return pairs.assign(shuffled_mean=0.01, shuffled_p95=np.arange(len(pairs)) / 100)


def _text(folder: Path, summary: pd.DataFrame, copies: int = 0) -> list[str]:
    summary.assign(copies=copies).to_csv(folder / "summary.csv", index=False, float_format="%.6f")
    return summary_text(folder).splitlines()


@pytest.fixture
def everything() -> pd.DataFrame:
    scores = _scores(["le_label", "clip_dissect", "random_concepts"])
    return summarise(scores, METRICS, 0, _sanity("le_label"), _shuffled(scores), _scores(["le_label"], -0.1))


def test_means_intervals_and_controls_are_those_of_the_summary(everything, tmp_path):
    lines = _text(tmp_path, everything)
    table = lines[1:7]
    assert " ".join(table[0].split()) == "method correlation ablation (optim) ablation (norm) length shuffled"
    assert set(table[3]) == {"-"}
    shown = [table[1], table[2], table[4], table[5]]
    labels = ["le_label", "clip_dissect", "random_concepts", "untrained le_label"]
    for line, label, (_, row) in zip(shown, labels, everything.iterrows(), strict=True):
        means = [
            f"{row[m]:.3f} [{row[f'{m}_low']:.2f}, {row[f'{m}_high']:.2f}]"
            for m in ("correlation", "ablation_optim", "ablation_norm")
        ]
        p95 = row["correlation_shuffled_p95"]
        assert line.split() == " ".join([label, *means, "4.0", "–" if np.isnan(p95) else f"{p95:.3f}"]).split()
    assert len({len(line) for line in table}) == 1


def test_verdicts_have_a_table_of_their_own(everything, tmp_path):
    lines = _text(tmp_path, everything)
    table = lines[8:14]
    assert table[0].split() == ["method", "explained", "predicts", "only", "best"]
    shares = [
        f"{everything[name][0]:.0%} [{everything[f'{name}_low'][0]:.0%}, {everything[f'{name}_high'][0]:.0%}]"
        for name in ("explained", "predicts_only", "best")
    ]
    assert [share[:6] for share in shares] == ["50% [3", "25% [1", "75% [6"]
    assert table[1].split() == ["le_label", *" ".join(shares).split()]
    assert set(table[3]) == {"-"} and table[5].startswith("untrained le_label")
    assert table[4].split()[-1] == table[5].split()[-1] == "–", "no control is the best"


def test_what_the_best_methods_reach_is_told_below_them(everything, tmp_path):
    reached, low, high = (everything[f"correlation_best{end}"][0] for end in ("", "_low", "_high"))
    line = f"The best method of each neuron, chosen on val: correlation {reached:.3f} [{low:.2f}, {high:.2f}]"
    assert 0.3 < reached < 0.5 and _text(tmp_path, everything)[14] == line


def test_verdicts_on_which_simulators_differ_are_a_column_where_there_are_several(tmp_path):
    scores = pd.concat([_scores(["le"]), _scores(["le"], simulator="siglip")])
    lines = _text(tmp_path, summarise(scores.assign(verdict_flips=np.arange(2 * N) % N < 10), METRICS))
    headers = [line.split() for line in lines if "explained" in line]
    assert headers == [["method", "explained", "predicts", "only", "verdict", "differs"]] * 2
    assert [line.split()[7] for line in lines[5:13:7]] == ["25%", "25%"]


def test_what_an_autoencoder_leaves_of_the_layer_is_told_of_features_alone(everything, tmp_path):
    scores = _scores(["le_label", "clip_dissect"])
    fit = {"variance_left": 0.1234, "mean_active": 7.04}
    of_features = summarise(scores, METRICS, untrained=_scores(["le_label"]), features=fit)
    assert of_features["variance_left"].isna().tolist() == [False, False, True], "of the untrained copy it is another"
    told = "the autoencoder leaves 12.3 % of the layer's variance, 7.04 features of a place are active"
    assert told in _text(tmp_path, of_features)[0]
    assert "autoencoder" not in _text(tmp_path, everything)[0]


def test_images_that_are_copies_of_others_are_told(everything, tmp_path):
    assert _text(tmp_path, everything, copies=16)[0].endswith("; 16 images are copies of others")


def test_facts_badges_and_places_stand_around_the_table(everything, tmp_path):
    lines = _text(tmp_path, everything)
    floor = everything["ablation_constant"][0]
    assert lines[0] == f"40 neurons, 3 dead; simulator clip; ablation of the best constant {floor:.3f}"
    text = "\n".join(lines)
    assert "le_label: correlation passed (0.97, 1.00), recall failed (0.97, 0.00)" in " ".join(lines)
    assert "ablation_constant" not in text and "nan" not in text
    places = [f"scores: {tmp_path / 'scores.parquet'}", f"report: {tmp_path / 'report' / 'index.html'}"]
    assert lines[-1] == places[0], "there is no report yet"
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "index.html").touch()
    assert _text(tmp_path, everything)[-2:] == places


def test_nothing_is_wider_than_the_screen_whatever_the_names_and_numbers(tmp_path):
    scores = _scores(["le_label", "a_method_with_a_very_long_name_of_its_own"], -40.5)
    untrained = _scores(["le_label", "a_method_with_a_very_long_name_of_its_own"], -0.2)
    lines = _text(tmp_path, summarise(scores, METRICS, 0, _sanity("le_label"), _shuffled(scores), untrained))
    assert max(map(len, lines[:-2])) == WIDTH
    assert any(line.startswith("untrained a") and "…" in line for line in lines)


@pytest.mark.filterwarnings("error")
def test_every_simulator_has_a_table(tmp_path):
    scores = pd.concat([_scores(["le"]), _scores(["le"], simulator="siglip")])
    lines = _text(tmp_path, summarise(scores, METRICS))
    assert [line for line in lines if "; simulator" in line] == [lines[0], lines[7]]
    assert "; simulator clip;" in lines[0] and "; simulator siglip;" in lines[7]
    assert not [line for line in lines if line.startswith("--") or "anity" in line]


def test_what_was_not_computed_is_a_dash(tmp_path):
    scores = _scores(["le"]).assign(ablation_optim=np.nan, ablation_norm=np.nan, ablation_constant=np.nan)
    lines = _text(tmp_path, summarise(scores, METRICS))
    assert lines[0] == "40 neurons, 3 dead; simulator clip"
    assert lines[2].split()[4:] == ["–", "–", "4.0", "–"]


def test_a_single_neuron_has_means_without_intervals(tmp_path):
    scores = _scores(["le"]).iloc[:1].assign(correlation=0.5)
    lines = _text(tmp_path, summarise(scores, METRICS))
    assert lines[2].split()[:2] == ["le", "0.500"]
    assert "[" not in lines[2]
