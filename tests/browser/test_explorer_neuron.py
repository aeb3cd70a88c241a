"""The page of a neuron: what it says, and what one tries on it against numpy."""

import re
import time
from urllib.parse import quote_plus

import numpy as np
import pytest
from playwright.sync_api import expect

from helpers.made_up_layer import HOSTILE
from linexp.figures.activation_ranges import activation_ranges


def tried(page) -> float:
    """The correlation that the page computed, with all its digits."""
    return float(page.locator(".result").get_attribute("data-value"))


def wait_for_another(page, value: float) -> float:
    expect(page.locator(".result")).not_to_have_attribute("data-value", str(value))
    return tried(page)


def wait_for_value(page, expected: float) -> None:
    until = time.monotonic() + 8
    while abs(tried(page) - expected) >= 1e-6:
        assert time.monotonic() < until, f"{tried(page)} is not {expected}"
        page.wait_for_timeout(20)


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("−", "-")) for text in texts]


def heading(page) -> str:
    return page.locator("h1:visible").inner_text()


@pytest.mark.parametrize("neuron", [0, 7, 23])
def test_a_shared_link_opens_the_neuron_with_all_methods_and_scores(layer, opened, neuron):
    page = opened(layer.url(f"#neuron={neuron}"))
    assert heading(page) == f"Neuron {neuron}"
    rows = page.locator(".methods tbody tr")
    assert rows.count() == 2
    for row, method in zip(rows.all(), ("le", "best"), strict=True):
        scores = layer.scores[(layer.scores["method"] == method) & (layer.scores["neuron"] == neuron)].iloc[0]
        assert row.locator("th").inner_text() == method
        assert row.locator(".wide .value").inner_text() == f"{scores['correlation']:.3f}".replace("-", "−")
        low, high = map(float, re.findall(r"-?\d\.\d+", row.locator(".interval").inner_text().replace("−", "-")))
        assert low < scores["correlation"] < high
        assert set(row.locator(".word").all_inner_texts()) == set(layer.explained[method][neuron].concepts)


@pytest.mark.parametrize("neuron", [0, 7, 11])
def test_an_explanation_as_it_is_has_the_score_of_the_workflow(layer, opened, neuron):
    page = opened(layer.url(f"#neuron={neuron}"))
    for method in ("le", "best"):
        page.locator(".workbench").get_by_role("button", name=method, exact=True).click()
        scores = layer.scores[(layer.scores["method"] == method) & (layer.scores["neuron"] == neuron)]
        expected = scores["correlation"].iloc[0]
        wait_for_value(page, expected)
        row = page.locator(".methods tbody tr", has=page.get_by_role("rowheader", name=method, exact=True))
        assert f"95 % interval {row.locator('.interval').inner_text()}" in page.locator(".result").inner_text()


def test_what_one_tries_is_scored_as_numpy_scores_it(layer, opened):
    page = opened(layer.url("#neuron=0"))
    first = dict(zip(layer.explained["le"][0].concepts, layer.explained["le"][0].weights, strict=True))
    value = tried(page)
    assert value == pytest.approx(layer.correlation(0, first), abs=1e-6)

    changed, removed = list(first)[:2]
    page.get_by_label(f"weight of {changed}", exact=True).fill("-1.375")
    value = wait_for_another(page, value)
    assert value == pytest.approx(layer.correlation(0, first | {changed: -1.375}), abs=1e-6)

    page.get_by_role("button", name=f"remove {removed}", exact=True).click()
    value = wait_for_another(page, value)
    weights = {name: weight for name, weight in (first | {changed: -1.375}).items() if name != removed}
    assert value == pytest.approx(layer.correlation(0, weights), abs=1e-6)

    added = next(name for name in layer.concepts if name not in first)
    page.get_by_label("Add a concept").fill(added)
    page.keyboard.press("Enter")
    value = wait_for_another(page, value)
    page.get_by_label(f"weight of {added}", exact=True).fill("0.5")
    value = wait_for_another(page, value)
    assert value == pytest.approx(layer.correlation(0, weights | {added: 0.5}), abs=1e-6)
    assert page.locator(".result").inner_text().startswith(f"{value:.3f}".replace("-", "−"))

    page.get_by_label("Add a concept").fill("unheard of")
    page.keyboard.press("Enter")
    assert "not among the 8 concepts" in page.locator(".problem").inner_text()


def test_the_images_on_which_it_errs_most_are_those_of_least_squares(layer, opened):
    page = opened(layer.url("#neuron=0"))
    explanation = layer.explained["le"][0]
    p = layer.p[layer.test][:, [layer.concepts.index(name) for name in explanation.concepts]] @ explanation.weights
    real = layer.activations[layer.test, 0].astype(float)
    slope, intercept = np.polyfit(p, real, 1)
    order = np.argsort(real - slope * p - intercept)
    captions = page.locator(".errors b").all_inner_texts()
    expected = [*order[::-1][:6], *order[:6]]
    assert numbers(captions) == pytest.approx([real[i] for i in expected], rel=2e-2, abs=1e-3)


def test_the_ranges_show_the_images_of_the_library_with_their_activations(layer, opened):
    page = opened(layer.url("#neuron=7"))
    ranges = activation_ranges(layer.activations[:, 7], 0)
    found = page.locator(".range")
    assert found.count() == len(ranges)
    for section, expected in zip(found.all(), ranges, strict=True):
        assert section.locator("h3").inner_text() == expected.label
        values = numbers(section.locator("figcaption").all_inner_texts())
        assert values == pytest.approx(layer.activations[expected.images, 7].tolist(), rel=1e-2, abs=1e-3)


def test_a_point_of_the_scatter_shows_its_image(layer, opened):
    page = opened(layer.url("#neuron=0"))
    slider = page.get_by_label("Image, from the highest activation to the lowest")
    real = np.sort(layer.activations[layer.test, 0])[::-1]
    slider.focus()
    slider.press("ArrowRight")
    text = page.locator(".point-card").inner_text()
    assert float(re.search(r"real ([\d.]+)", text)[1]) == pytest.approx(real[1], rel=1e-2)
    before = page.locator(".point-card img").get_attribute("src")
    circle = page.locator(".points circle").nth(5)
    circle.scroll_into_view_if_needed()
    circle.hover(force=True)
    assert page.locator(".point-card img").get_attribute("src") != before
    page.get_by_label("images as points").check()
    assert page.locator(".scatter image").count() > 5
    axes = page.locator(".scatter .axis").bounding_box()
    for image in page.locator(".scatter image").all():
        box = image.bounding_box()
        assert axes["x"] <= box["x"] and box["x"] + box["width"] <= axes["x"] + axes["width"]
        assert axes["y"] <= box["y"] and box["y"] + box["height"] <= axes["y"] + axes["height"]
    assert page.locator(".slider span").is_visible()


def test_keys_go_to_the_next_neuron_to_the_search_and_back(layer, opened):
    page = opened(layer.url("#neuron=0"))
    for key, expected in (("j", 1), ("ArrowRight", 2), ("k", 1), ("ArrowLeft", 0), ("k", 0)):
        page.keyboard.press(key)
        expect(page.locator("#neuron h1")).to_have_text(f"Neuron {expected}")
    page.keyboard.press("/")
    page.keyboard.type("sky")
    assert page.get_by_label("Search", exact=True).input_value() == "sky"
    page.keyboard.press("Escape")
    assert page.get_by_label("Search", exact=True).input_value() == ""
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body")
    page.go_back()
    page.wait_for_selector("#neuron:not([hidden])")
    page.keyboard.press("Escape")
    page.wait_for_selector("#neurons:not([hidden])")


def test_what_is_typed_before_the_browser_has_left_the_neuron_is_searched(layer, opened):
    page = opened(layer.url("#neuron=0"))
    page.evaluate("""() => {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
      for (const text of ["s", "sk", "sky"]) {
        document.activeElement.value = text;
        document.activeElement.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }""")
    expect(page).to_have_url(re.compile("=sky"))
    assert page.get_by_label("Search", exact=True).input_value() == "sky"


def test_what_one_tries_is_kept_by_the_address(layer, opened):
    page = opened(layer.url("#neuron=0"))
    before = tried(page)
    changed, removed, *others = layer.explained["le"][0].concepts
    page.get_by_label(f"weight of {changed}", exact=True).fill("-1.375")
    value = wait_for_another(page, before)
    page.get_by_role("button", name=f"remove {removed}", exact=True).click()
    value = wait_for_another(page, value)
    expect(page).to_have_url(re.compile(re.escape(f"try=-1.375+{quote_plus(changed)}")))
    expect(page).not_to_have_url(re.compile(re.escape(f"+{quote_plus(removed)}")))
    page.reload()
    page.wait_for_selector("html.ready")
    assert tried(page) == pytest.approx(value, abs=1e-12)
    assert page.locator(".weights .name").all_inner_texts() == [changed, *others]
    shared = opened(page.url)
    assert tried(shared) == pytest.approx(value, abs=1e-12)
    shared.locator(".workbench").get_by_role("button", name="le", exact=True).click()
    wait_for_value(shared, before)
    expect(shared).to_have_url(layer.url("#neuron=0"))
    shared.locator(".workbench").get_by_role("button", name="best", exact=True).click()
    wait_for_another(shared, before)
    expect(shared).to_have_url(layer.url("#neuron=0&from=best"))


def test_a_slider_that_is_drawn_about_changes_the_address_a_few_times_a_second_at_most(layer, opened):
    page = opened(layer.url("#neuron=0"))
    page.evaluate("""() => {
      window.changes = 0;
      const replace = history.replaceState.bind(history);
      history.replaceState = (...given) => { window.changes += 1; replace(...given); };
    }""")
    slider = page.locator(".weights input[type=range]").first
    moves = "slider => { slider.value = Math.random(); slider.dispatchEvent(new Event('input')); }"
    for _ in range(60):
        slider.evaluate(moves)
    slider.evaluate("slider => { slider.value = 0; slider.dispatchEvent(new Event('input')); }")
    expect(page).to_have_url(re.compile("&try=0[+]"))
    assert page.evaluate("window.changes") < 20


def test_removing_a_concept_leaves_the_focus_at_the_one_after_it(layer, opened):
    page = opened(layer.url("#neuron=0"))
    names = list(layer.explained["le"][0].concepts)
    page.get_by_role("button", name=f"remove {names[0]}", exact=True).click()
    for name in names[1:]:
        expect(page.get_by_role("button", name=f"remove {name}", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
    expect(page.get_by_label("Add a concept")).to_be_focused()
    expect(page).to_have_url(layer.url("#neuron=0&try="))
    page.reload()
    page.wait_for_selector("html.ready")
    assert page.locator(".weights li").count() == 0


def test_escape_goes_back_to_the_row_that_one_came_from_and_j_and_k_go_on_from_there(large_layer, opened):
    page = opened(large_layer.url("#sort=-neuron"))
    page.keyboard.press("j")
    expect(page.locator('tr[data-neuron="2047"] a')).to_be_focused()
    for _ in range(30):
        page.keyboard.press("j")
    page.keyboard.press("k")
    link = page.locator('tr[data-neuron="2018"] a')
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#neuron h1")).to_have_text("Neuron 2018")
    page.keyboard.press("j")
    expect(page.locator("#neuron h1")).to_have_text("Neuron 2017")
    page.keyboard.press("Escape")
    expect(page.locator('tr[data-neuron="2017"] a')).to_be_focused()
    expect(page.locator('tr[data-neuron="2017"] a')).to_be_in_viewport()


def test_next_follows_the_order_of_the_table(layer, opened):
    page = opened(layer.url("#sort=-neuron"))
    page.locator('tr[data-neuron="23"] a').click()
    page.wait_for_selector("#neuron:not([hidden]) h1")
    page.get_by_role("link", name="Next neuron, 22").click()
    expect(page.locator("#neuron h1")).to_have_text("Neuron 22")


@pytest.mark.parametrize("neuron", [3, 5])
def test_dead_and_unexplained_neurons_have_a_page_too(layer, opened, neuron):
    page = opened(layer.url(f"#neuron={neuron}"))
    assert heading(page) == f"Neuron {neuron}"
    assert page.locator(".result strong").inner_text() == "–"


def test_an_unknown_neuron_is_said_to_be_none(layer, opened):
    assert heading(opened(layer.url("#neuron=4711"))) == "No such neuron"


def test_a_concept_of_markup_can_be_tried(layer, opened):
    page = opened(layer.url("#neuron=5"))
    page.get_by_label("Add a concept").fill(HOSTILE)
    page.get_by_role("button", name="Add", exact=True).click()
    value = wait_for_another(page, "")
    assert value == pytest.approx(layer.correlation(5, {HOSTILE: 1.0}), abs=1e-6)
