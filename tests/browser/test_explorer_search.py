"""A search ranks neurons as the terminal does; words, numbers and concepts are understood; two clicks answer."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from linexp.scoring.reasons import CEILINGS
from linexp.scoring.words import WHY_NOT
from linexp.terminal.neuron import Layer, find_concept

ALL_ROWS_IN_SIGHT = {"viewport": {"width": 1440, "height": 3600}}
NEURONS = "tbody tr[data-neuron]"

pytestmark = pytest.mark.parametrize("page", [ALL_ROWS_IN_SIGHT], indirect=True, ids=[""])


def shown(page) -> list[int]:
    return [int(number) for number in page.locator(NEURONS).evaluate_all("rows => rows.map(r => r.dataset.neuron)")]


def search(page, query: str) -> list[int]:
    page.get_by_label("Search", exact=True).fill(query)
    return shown(page)


def found_by_terminal(layer, words: str, *methods: str):
    known = {method: {one.neuron: one for one in all_} for method, all_ in layer.explained.items()}
    return find_concept(Layer(Path(), layer.scores, known), words, methods)


def shares(page) -> list[float]:
    texts = page.locator(f"{NEURONS} .share .value").all_inner_texts()
    return [float(text.replace("−", "-").removesuffix(" %")) for text in texts]


def test_neurons_are_ranked_by_share_times_score_as_in_the_terminal(layer, opened):
    page = opened(layer.url("#method=le"))
    expected = found_by_terminal(layer, "dog", "le")
    assert search(page, "dog") == [one.neuron for one in expected]
    positive = [one.share for one in expected if one.share > 0]
    assert shares(page)[: len(positive)] == pytest.approx([100 * share for share in positive], abs=0.51)
    assert all(share < 0 for share in shares(page)[len(positive) :]) and len(positive) < len(expected)
    head = page.locator('th[data-column="share"]')
    assert head.get_attribute("aria-sort") == "descending"
    expect(page).to_have_url(re.compile("q=dog"))


def test_in_all_methods_each_neuron_has_one_row_by_the_method_that_says_it_best(layer, opened):
    page = opened(layer.url("#method=le"))
    page.locator("#filters").evaluate("details => { details.open = true; }")
    page.get_by_label("search in all methods").check()
    expected = found_by_terminal(layer, "dog")
    assert search(page, "dog") == [one.neuron for one in expected]
    for one in expected[:8]:
        told = page.locator(f'tr[data-neuron="{one.neuron}"] .share').inner_text()
        assert ("by best" in told) == (one.method == "best")


def test_another_order_can_be_asked_for_and_the_usual_one_comes_back(layer, opened):
    page = opened(layer.url("#method=le&q=dog"))
    ranked = shown(page)
    page.locator('th[data-column="neuron"] button').click()
    assert shown(page) == sorted(ranked)
    expect(page).to_have_url(re.compile("sort=neuron"))
    page.locator('th[data-column="share"] button').click()
    assert shown(page) == ranked
    expect(page).not_to_have_url(re.compile("sort="))
    page.get_by_role("button", name="Clear all").click()
    assert shown(page) == list(range(24)) and page.locator('th[data-column="share"]').count() == 0


@pytest.mark.parametrize("query", ["17", "#17", "neuron 17", "Neuron #17", "unit 17"])
def test_a_number_may_be_written_in_several_ways(layer, opened, query):
    assert search(opened(layer.url()), query) == [17]


@pytest.mark.parametrize(
    ("query", "expected", "loose"),
    [
        ("dog", {"dog", "hot dog", "watch dog's tail"}, False),
        ("dog hot", {"hot dog"}, False),
        ("tail watch", {"watch dog's tail"}, False),
        ("grass sky", {"grass", "sky"}, True),
        ("car", {"red car", "carpet"}, False),
        ("og", set(), False),
        ("og grass", {"grass"}, True),
        ("Gräss", {"grass"}, False),
    ],
)
def test_words_match_together_in_any_order_or_one_by_one(layer, opened, query, expected, loose):
    page = opened(layer.url())
    script = """([query, names]) => {
      const { plain, matching } = linexp.search;
      const found = matching(plain(query), names.map(plain));
      return [[...found.concepts].map(concept => names[concept]), found.loose];
    }"""
    assert page.evaluate(script, [query, layer.concepts]) == [
        [name for name in layer.concepts if name in expected], loose
    ]  # fmt: skip
    page.get_by_label("Search", exact=True).fill(query)
    told = page.locator("#found").inner_text()
    assert told.startswith("No concept has all of these words") == loose
    if not expected:
        assert told == "No concept has a word that begins so."
    assert all(name in told for name in expected)


def test_which_neurons_respond_to_a_concept_takes_one_click_for_all_methods(layer, opened):
    page = opened(layer.url())
    assert set(search(page, "grass")) <= {one.neuron for one in found_by_terminal(layer, "grass")}
    page.locator("#found").get_by_role("link", name="grass", exact=True).click()
    expect(page.locator("#concept h1")).to_have_text("Concept grass")
    rows = page.locator(".of-concept tbody th").all_inner_texts()
    assert rows == [f"Neuron {one.neuron}" for one in found_by_terminal(layer, "grass")]


def test_where_an_explanation_is_wrong_takes_two_clicks(layer, opened):
    page = opened(layer.url())
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator('tr[data-neuron="0"] th a').click()
    page.locator(".contents").get_by_role("button", name="Where it errs most").click()
    heading = page.get_by_role("heading", name="Where it errs most")
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    expect(page.locator(".errors .picture").first).to_be_in_viewport()


@pytest.mark.parametrize("method", ["le"])
def test_why_a_neuron_is_not_explained_is_said_with_its_ceilings(layer, opened, method):
    page = opened(layer.url("#neuron=5"))
    row = layer.scores[(layer.scores["method"] == method) & (layer.scores["neuron"] == 5)].iloc[0]
    card = page.locator("section[aria-labelledby=why-not]")
    assert card.locator("h2").inner_text() == "Why is it not explained?"
    reason = card.locator(".reasons").inner_text()
    assert WHY_NOT[row["why_not"]].told in reason and "zebra" in reason and "0.25" in reason
    values = card.locator(".ceiling .value").all_inner_texts()
    assert values == [f"{row[name]:.3f}" for name in CEILINGS]


def test_a_neuron_that_is_explained_has_its_ceilings_too(layer, opened):
    explained = layer.scores[(layer.scores["method"] == "le") & (layer.scores["verdict"] == "explained")]
    page = opened(layer.url(f"#neuron={explained['neuron'].iloc[0]}"))
    card = page.locator("section[aria-labelledby=why-not]")
    assert card.locator(".ceilings tbody th").all_inner_texts() == ["le"]


@pytest.mark.parametrize(
    ("value", "percentile", "kind"),
    [(0.0, None, "One meaning"), (0.3, 71.0, "One meaning"), (0.5, 4.0, "About 2 meanings"),
     (0.7, 25.0, "About 3 meanings"), (None, None, None)],
)  # fmt: skip
def test_whether_it_has_one_meaning_goes_by_the_number_of_the_table(layer, opened, value, percentile, kind):
    page = opened(layer.url())
    found = page.evaluate("given => linexp.reasons.meaning(...given)", [value, percentile])
    assert (found and found["kind"]) == kind
    if percentile is not None:
        assert f"{percentile:.0f} %" in found["text"] and f"like {1 / (1 - value):.1f} concepts" in found["text"]


def test_the_page_of_a_neuron_says_how_many_meanings_the_table_counts(layer, opened):
    page = opened(layer.url())
    heads = page.locator("thead th[data-column]").evaluate_all("heads => heads.map(head => head.dataset.column)")
    for neuron in (0, 2, 7):
        page = opened(layer.url(f"#q={neuron}"))
        number = float(page.locator(f"{NEURONS} > *").nth(heads.index("meanings")).inner_text())
        page.locator(f"{NEURONS} th a").click()
        expect(page.locator(".errors .picture").first).to_be_visible()
        told = page.locator(".neuron-head .meaning").inner_text()
        assert told.startswith("One meaning" if number < 1.5 else f"About {number:.0f} meanings")
