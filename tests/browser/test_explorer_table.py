"""The table of neurons: search, sorting, filters, and what the address keeps of them."""

import re

import pytest
from playwright.sync_api import expect

from helpers.made_up_layer import HOSTILE

NEURONS = "tbody tr[data-neuron]"
ALL_ROWS_IN_SIGHT = {"viewport": {"width": 1280, "height": 3600}}
LE = "#method=le"

pytestmark = pytest.mark.parametrize("page", [ALL_ROWS_IN_SIGHT], indirect=True, ids=[""])


def shown(page) -> list[int]:
    """The neurons in the rows that are drawn."""
    return [int(number) for number in page.locator(NEURONS).evaluate_all("rows => rows.map(r => r.dataset.neuron)")]


def by_size(explanation) -> list[str]:
    """Its concepts, those of the largest weights first."""
    order = sorted(range(len(explanation.weights)), key=lambda k: -abs(explanation.weights[k]))
    return [explanation.concepts[k] for k in order]


def using(layer, fits, method: str = "le") -> list[int]:
    """The neurons whose explanation has a concept that fits."""
    return [one.neuron for one in layer.explained[method] if any(map(fits, one.concepts))]


def search(page, query: str) -> list[int]:
    page.get_by_label("Search", exact=True).fill(query)
    numbers = shown(page)
    assert len(numbers) == int(re.match(r"\d+", page.locator("#count").inner_text())[0])
    return numbers


def test_the_first_page_shows_all_neurons_with_words_scores_and_images(layer, opened):
    page = opened(layer.url(LE))
    assert page.locator("#count").inner_text() == "24 neurons"
    assert page.locator("h1:visible").inner_text() == "What do these neurons do?"
    row = page.locator('tr[data-neuron="0"]')
    explanation = layer.explained["le"][0]
    assert row.locator(".term .word").all_inner_texts() == by_size(explanation)
    scores = layer.scores[layer.scores["neuron"] == 0].set_index("method")["correlation"]
    assert row.locator("td.score .value").all_inner_texts() == [f"{scores[m]:.2f}" for m in ("le", "best")]
    assert page.locator('tr[data-neuron="3"]').inner_text().count("dead") == 1
    assert "unexplained" in page.locator('tr[data-neuron="5"]').inner_text()
    sizes = row.locator("img").evaluate_all("images => images.map(i => [i.complete, i.naturalWidth])")
    assert len(sizes) == 3 and all(complete and width == 32 for complete, width in sizes)


def test_a_concept_finds_the_neurons_that_it_explains_by_the_beginnings_of_its_words(layer, opened):
    page = opened(layer.url(LE))
    dogs = using(layer, lambda concept: "dog" in concept and concept != HOSTILE)
    assert sorted(search(page, "dog")) == dogs
    assert sorted(search(page, "DOG's")) == using(layer, lambda concept: "dog's" in concept)
    assert sorted(search(page, "car")) == using(layer, lambda concept: concept in ("carpet", "red car"))
    assert search(page, "ass") == []
    assert page.locator("#empty").is_visible()
    both = set(using(layer, lambda c: c == "grass")) & set(using(layer, lambda c: c == "sky"))
    assert sorted(search(page, "grass, sky")) == sorted(both)


def test_neurons_are_found_by_number_and_concepts_by_method(layer, opened):
    page = opened(layer.url(LE))
    assert search(page, "17") == [17]
    assert search(page, "17, 4") == [4, 17]
    assert search(page, "99") == []
    by_best = using(layer, lambda concept: concept == "grass", "best")
    assert sorted(search(page, "best:grass")) == by_best
    page.get_by_label("search in all methods").check()
    assert sorted(search(page, "grass")) == sorted({*by_best, *using(layer, lambda concept: concept == "grass")})
    page.get_by_role("button", name="Clear all").click()
    assert page.locator("#count").inner_text() == "24 neurons"
    expect(page).to_have_url(layer.url("#"))


def test_a_click_on_a_concept_searches_for_it_and_another_one_takes_it_away(layer, opened):
    page = opened(layer.url(LE))
    button = page.locator("#common button").first
    concept, uses = button.evaluate("b => [b.firstChild.data, b.lastChild.textContent.trim()]")
    button.click()
    assert page.get_by_label("Search", exact=True).input_value() == concept
    assert int(uses) == len(using(layer, lambda name: name == concept))
    page.locator("#common button", has_text=concept).first.click()
    assert page.locator("#count").inner_text() == "24 neurons"


@pytest.mark.parametrize("method", ["le", "best"])
def test_the_headers_sort_in_both_directions_with_missing_scores_last(layer, opened, method):
    page = opened(layer.url(LE))
    scores = layer.scores[layer.scores["method"] == method].set_index("neuron")["correlation"]
    known = scores.dropna().sort_values(ascending=False, kind="stable").index.tolist()
    missing = sorted(scores[scores.isna()].index)
    head = page.locator(f'th[data-column="score:{method}"]')
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert shown(page) == [*known, *missing]
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert shown(page) == [*known[::-1], *missing]


def test_a_histogram_leaves_out_what_lies_outside_its_handles(layer, opened):
    page = opened(layer.url(LE))
    handle = page.get_by_label("Number of concepts of le: at least")
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    long = [one.neuron for one in layer.explained["le"] if len(one.concepts) >= 3]
    assert 0 < len(long) < 24
    assert page.locator("#count").inner_text() == f"{len(long)} of 24 neurons"
    assert shown(page) == long
    told = page.locator(".histogram").nth(1).locator(".told")
    assert told.inner_text() == f"3 to 4: {len(long)} neurons"
    expect(page).to_have_url(layer.url("#method=le&length=3.."))
    page.reload()
    page.wait_for_selector("html.ready")
    assert page.locator("#count").inner_text() == f"{len(long)} of 24 neurons"
    page.get_by_label("Number of concepts of le: at most").press("ArrowLeft")
    assert shown(page) == [one.neuron for one in layer.explained["le"] if len(one.concepts) == 3]
    assert told.inner_text().startswith("3 to 3: ")


def test_a_filter_means_the_same_values_whichever_method_is_shown(layer, opened):
    page = opened(layer.url("#value=0.4..0.9&length=1..4"))
    for method in ("le", "best"):
        page.get_by_label("Explanations by").select_option(method)
        scores = layer.scores[layer.scores["method"] == method].set_index("neuron")["correlation"]
        expected = scores.index[scores.between(0.4, 0.9)].tolist()
        assert 1 < len(expected) < 24
        assert shown(page) == expected
        value = page.get_by_role("group", name=f"Correlation of {method}, filter")
        assert value.locator(".told").inner_text() == f"0.4 to 0.9: {len(expected)} neurons"
        expect(page).to_have_url(re.compile("value=0.4..0.9&length=1..4$"))
    bar = value.locator("title").evaluate_all("titles => titles.map(title => title.textContent)")
    known = scores.dropna()
    low = float(bar[-1].split(" to ")[0])
    assert bar[-1].split(": ")[1].startswith(f"{(known >= low).sum()} neuron")


def test_values_beyond_the_axis_and_addresses_that_say_nothing_are_understood(layer, opened):
    assert shown(opened(layer.url("#method=le&length=7.."))) == []
    assert len(shown(opened(layer.url("#maximum=..1000")))) == 24
    assert len(shown(opened(layer.url("#method=le&value=3-17&length=a..b&maximum=1")))) == 24


def test_the_address_and_the_back_button_keep_search_and_order(layer, opened):
    page = opened(layer.url("#q=dog&sort=-score:best&method=best"))
    before = shown(page)
    assert page.get_by_label("Explanations by").input_value() == "best"
    assert sorted(before) == using(layer, lambda concept: "dog" in concept and concept != HOSTILE, "best")
    page.locator(NEURONS).first.click()
    expect(page.locator("h1:visible")).to_have_text(f"Neuron {before[0]}")
    page.go_back()
    page.wait_for_selector("#neurons:not([hidden])")
    assert shown(page) == before


def test_what_waits_to_be_kept_in_the_address_of_a_neuron_is_not_written_into_that_of_the_table(layer, opened):
    page = opened(layer.url("#q=dog"))
    neuron = shown(page)[0]
    page.locator(NEURONS).first.click()
    expect(page.locator("h1:visible")).to_have_text(f"Neuron {neuron}")
    page.evaluate(
        """address => {
          linexp.address.keep(address);
          linexp.address.flush();
          linexp.address.keep(address);
          addEventListener("popstate", linexp.address.flush, { once: true });
          history.back();
        }""",
        f"#neuron={neuron}",
    )
    page.wait_for_selector("#neurons:not([hidden])")
    assert page.url.endswith("#q=dog")


def test_dead_neurons_can_be_chosen_and_left_out(layer, opened):
    page = opened(layer.url(LE))
    page.get_by_label("Status").select_option("dead")
    assert shown(page) == [3]
    page.get_by_label("Status").select_option("alive")
    assert page.locator("#count").inner_text() == "23 of 24 neurons"
    page.get_by_label("Status").select_option("unexplained")
    assert shown(page) == [5]


def test_a_large_layer_has_only_the_rows_in_sight_in_the_document(large_layer, opened):
    page = opened(large_layer.url(LE))
    assert page.locator("#count").inner_text() == "2,048 neurons"
    assert len(shown(page)) < 80
    # what is above the table may still grow
    at_the_end = "document.querySelector('tr[data-neuron=\"2047\"]')"
    page.wait_for_function(f"() => {{ scrollTo(0, document.body.scrollHeight); return {at_the_end}; }}")
    assert len(shown(page)) < 80
    assert page.locator('tr[data-neuron="2047"]').get_attribute("aria-rowindex") == "2049"
    page.get_by_label("Search", exact=True).fill("concept 17")
    expected = using(large_layer, lambda concept: concept.split()[1].startswith("17"))
    assert page.locator("#count").inner_text() == f"{len(expected)} of 2,048 neurons"
    assert shown(page) and set(shown(page)) <= set(expected)


def test_explanations_sort_by_the_names_of_their_concepts_and_methods_by_theirs(layer, opened):
    page = opened(layer.url(LE))
    heads = page.locator('th[data-column="explanation"], th[data-column="best"]')
    heads.first.get_by_role("button").click()
    order = shown(page)
    # the browser's own order of names, that of all names being the test's only input
    names = sorted({concept for one in layer.explained["le"] for concept in one.concepts})
    ranks = {
        name: rank for rank, name in enumerate(page.evaluate("names => names.sort(Intl.Collator().compare)", names))
    }
    explained = [one for one in layer.explained["le"] if one.concepts]
    explained.sort(key=lambda one: ([ranks[concept] for concept in one.concepts], one.neuron))
    others = [one.neuron for one in layer.explained["le"] if not one.concepts]
    assert order == [one.neuron for one in explained] + others
    page.keyboard.press("Enter")
    explained.sort(key=lambda one: [-ranks[concept] for concept in one.concepts] + [1])
    assert shown(page)[0] == explained[0].neuron and shown(page)[-len(others) :] == others


def test_what_sorts_alike_stays_in_the_order_of_neurons(layer, opened):
    page = opened(layer.url("#sort=best"))
    titles = page.locator(f"{NEURONS} td.method").all_inner_texts()
    assert titles == sorted(titles) and len(set(titles)) > 1
    numbers = shown(page)
    for title in set(titles):
        alike = [number for number, one in zip(numbers, titles, strict=True) if one == title]
        assert alike == sorted(alike)
