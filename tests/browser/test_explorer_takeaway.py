"""What one takes away from the explorer: rows as CSV, and explanations to quote."""

import csv

import pytest
from playwright.sync_api import expect

from helpers.made_up_layer import HOSTILE
from linexp.importers.linear import spreadsheet_text

DIGITS = 3


def saved(page) -> list[dict[str, str]]:
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Save as CSV").click()
    assert downloading.value.suggested_filename == "neurons.csv"
    with open(downloading.value.path(), encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_rows_in_the_table_are_saved_in_their_order_with_explanations_and_scores(layer, opened):
    page = opened(layer.url("#method=le&q=dog&sort=-score%3Ale"))
    shown = page.locator("tbody tr[data-neuron]").evaluate_all("rows => rows.map(r => r.dataset.neuron)")
    rows = saved(page)
    assert [row["neuron"] for row in rows[: len(shown)]] == shown and 0 < len(rows) < 24
    scores = layer.scores.set_index(["method", "neuron"])
    for row in rows:
        one, told = layer.explained["le"][int(row["neuron"])], scores.loc["le", int(row["neuron"])]
        assert row["explanation"] == spreadsheet_text(one.text(DIGITS))
        assert row["method"] == "le" and row["verdict"] == told["verdict"]
        assert row["dead"] == str(told["dead"]).lower()
        by_other = scores.loc["best", int(row["neuron"])]["correlation"]
        for column, score in (("correlation", told["correlation"]), ("correlation (best)", by_other)):
            found = float(row[column] or "nan")
            assert found == pytest.approx(score, abs=1e-3, nan_ok=True)
    falling = [float(row["correlation"]) for row in rows if row["correlation"]]
    assert len(falling) > 5
    assert falling == sorted(falling, reverse=True)


def test_all_rows_are_saved_with_what_is_unexplained_dead_and_hostile(layer, opened):
    rows = {int(row["neuron"]): row for row in saved(opened(layer.url("#method=le")))}
    assert sorted(rows) == list(range(24))
    assert rows[5]["explanation"] == "unexplained" and rows[5]["correlation"] == ""
    assert rows[3]["dead"] == "true"
    hostile = [number for number, one in enumerate(layer.explained["le"]) if HOSTILE in one.concepts]
    assert hostile and all(HOSTILE in rows[number]["explanation"] for number in hostile)
    begins = [one.neuron for one in layer.explained["le"] if one.concepts and one.weights[0] < 0]
    assert all(rows[number]["explanation"].startswith("'-") for number in begins)


def test_the_best_explanation_of_a_neuron_is_quoted_as_text_and_as_latex(layer, opened):
    best = layer.scores.set_index(["method", "neuron"])["best_method"]["le"]
    neuron = next(one.neuron for one in layer.explained["le"] if HOSTILE in one.concepts and best[one.neuron] == "le")
    page = opened(layer.url(f"#neuron={neuron}"))
    one = layer.explained["le"][neuron]
    assert page.get_by_label("As text").input_value() == one.text(DIGITS)
    latex = page.get_by_label("As LaTeX").input_value()
    assert latex.startswith("$") and latex.endswith(" + 0.250$") and r"\& " in latex
    assert latex.count(r"\,\text{") == len(one.concepts)
    button = page.locator(".quoted button").first
    button.click()
    expect(button).to_have_text("Copied")


def test_a_neuron_without_an_explanation_has_nothing_to_quote(layer, opened):
    page = opened(layer.url("#neuron=5"))
    assert page.get_by_label("As text").count() == 0
