"""The index of all layers: its list, two layers side by side, and what the address keeps."""

from collections import Counter

import numpy as np
import pytest
from playwright.sync_api import expect

from helpers.made_up_layer import HOSTILE, SIMULATOR
from linexp.artifacts import store
from linexp.explorer import across


@pytest.fixture(scope="module")
def finished(layer, deep_layer):
    """Both, as they are called in the index."""
    return {"net / one": layer, f"net / {HOSTILE}": deep_layer}


@pytest.fixture(scope="module")
def index(finished, tmp_path_factory):
    layers = []
    for name, one in finished.items():
        folder = one.page.parent.parent
        named = {method: folder / f"{method}.parquet" for method in one.explained}
        titles = {method: f"by {method}" for method in named}
        own = name.removeprefix("net / ")
        files = (folder / "scores.parquet", folder / "summary.csv", named, one.page.as_uri())
        layers.append(across.FinishedLayer("net", own, SIMULATOR, titles, "le", *files))
    folder = next(iter(finished.values())).page.parent.parent
    page = tmp_path_factory.mktemp("results") / "index.html"
    across.write_index(page, layers, {"<two>": folder / "two.json"}, {}, store.Provenance("make_index", {}, ""))
    return page.as_uri()


def headlines(one):
    scores = one.scores.assign(wanted=one.scores["best_method"].fillna("le"))
    return scores[scores["method"] == scores["wanted"]].set_index("neuron").sort_index()


def test_the_list_has_every_layer_with_the_numbers_of_its_artifacts(finished, index, opened):
    page = opened(index)
    rows = page.locator("#list tbody tr")
    found = {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows.all()}
    assert found.keys() == finished.keys()
    heads = page.locator("#list thead th").evaluate_all("heads => heads.map(h => h.dataset.column)")[1:]
    for name, one in finished.items():
        told, best = dict(zip(heads, found[name], strict=True)), headlines(one)
        assert told["neurons"] == str(len(one.explained["le"])) == str(len(best))
        means = {method: rows["correlation"].fillna(0).mean() for method, rows in one.scores.groupby("method")}
        assert told["best"] == f"by {max(means, key=means.get)}"
        assert float(told["correlation"]) == pytest.approx(max(means.values()), abs=6e-4)
        share = (best["verdict"] == "explained").mean()
        assert float(told["verdict0"].removesuffix(" %")) == pytest.approx(100 * share, abs=0.51)
        concepts = {c for neuron, row in best.iterrows() for c in one.explained[row["method"]][neuron].concepts}
        assert told["concepts"] == str(len(concepts))
    assert rows.locator("a").first.get_attribute("href").endswith("report/index.html")
    assert "0.400" in page.locator("section", has=page.locator("#calibrations")).inner_text()


def test_headers_sort_the_list_and_the_address_keeps_it(index, opened):
    page = opened(index)
    head = page.locator('#list th[data-column="neurons"]')
    numbers = page.locator("#list tbody td:nth-child(2)")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert numbers.all_inner_texts() == ["24", "8"]
    page.keyboard.press("Enter")
    assert numbers.all_inner_texts() == ["8", "24"]
    page.reload()
    assert numbers.all_inner_texts() == ["8", "24"]


def test_two_layers_are_side_by_side_with_their_distributions_and_concepts(finished, index, opened):
    page = opened(index)
    page.get_by_label("Second").select_option("net / one")
    page.get_by_label("First").select_option(f"net / {HOSTILE}")
    first, second = finished[f"net / {HOSTILE}"], finished["net / one"]
    for bars, one in zip(page.locator("#pair svg").all(), (first, second), strict=True):
        titles = bars.locator("title").evaluate_all("titles => titles.map(title => title.textContent)")
        known = headlines(one)["correlation"].dropna().clip(0, 1)
        counts = np.histogram(known, across.BINS, (0, 1))[0]
        assert [int(title.split(": ")[1].split()[0]) for title in titles] == counts.tolist()
    uses = []
    for one in (first, second):
        best = headlines(one)
        uses.append(Counter(c for n, row in best.iterrows() for c in set(one.explained[row["method"]][n].concepts)))
    both = [f"{c} ({uses[0][c]}, {uses[1][c]})" for c in uses[0].keys() & uses[1].keys()]
    shown = (
        page.locator("#pair .thirds section").first.locator("li").evaluate_all("items => items.map(i => i.textContent)")
    )
    assert sorted(shown) == sorted(both)
    assert "same images" in page.locator("#pair").inner_text()
    expect(page.locator("h3").first).to_have_text(f"net / {HOSTILE}")
    page.reload()
    expect(page.locator("h3").first).to_have_text(f"net / {HOSTILE}")
    assert page.evaluate("window.broken") is None
