"""What a layer opens on, what there is to believe, and what neurons do to the output; questions with their clicks."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from helpers.made_up_layer import CLASSES, EFFECT_IMAGES, FIGURES
from helpers.screens import PHONE
from linexp.scoring.words import verdict_text

LAPTOP = {"width": 1440, "height": 900}
NEURONS = "tbody tr[data-neuron]"
SEEN = """() => [...document.querySelectorAll("tr[data-neuron]")].filter((row) => {
  const { top, bottom } = row.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}).length"""


def best_rows(layer):
    """The scores of the best method of each neuron, or of `le` where it has none."""
    scores = layer.scores
    wanted = scores["best_method"].fillna("le")
    return scores[scores["method"] == wanted].sort_values("neuron").set_index("neuron")


def shown(page) -> list[int]:
    return [int(number) for number in page.locator(NEURONS).evaluate_all("rows => rows.map(r => r.dataset.neuron)")]


def counted(page) -> int:
    return int(page.locator("#count").inner_text().split()[0])


@pytest.mark.parametrize("page", [{"viewport": LAPTOP}], indirect=True, ids=[""])
def test_a_layer_opens_on_its_overview_with_six_rows_of_the_table_in_sight(many_methods, opened, page):
    opened(many_methods.url())
    assert page.locator("#overview").bounding_box()["y"] < 150
    assert page.evaluate(SEEN) >= 6


def test_methods_are_ranked_with_what_chance_reaches_and_the_first_is_named(layer, opened):
    page = opened(layer.url())
    means = layer.scores.fillna({"correlation": 0}).groupby("method")["correlation"].mean().sort_values(ascending=False)
    rows = page.locator(".ranking tbody tr")
    assert [row.locator("th a").inner_text() for row in rows.all()] == means.index.tolist()
    nulls = layer.scores.groupby("method")["null_p95"].mean()
    for row, (method, mean) in zip(rows.all(), means.items(), strict=True):
        assert row.locator(".figure strong").inner_text() == f"{mean:.2f}"
        assert row.locator("td").nth(2).inner_text() == f"{nulls[method]:.2f}"
    difference = means.iloc[0] - means.iloc[1]
    assert rows.nth(0).locator(".against span").inner_text() == f"+{difference:.2f}"
    assert page.locator("#overview .told").first.inner_text().startswith(f"{means.index[0]} predicts best")


def test_which_method_is_best_is_answered_on_opening_and_one_click_shows_it_pair_by_pair(layer, opened):
    page = opened(layer.url())
    sure = page.locator(".ranking tbody tr").first.locator(".sure")
    assert sure.count() == ("beyond doubt:" in page.locator("#overview .told").first.inner_text())
    page.get_by_role("link", name="All scores, controls and checks").click()
    expect(page.get_by_role("heading", name="Methods, pair by pair")).to_be_visible()


def test_the_table_shows_each_neuron_by_its_best_method_with_its_verdict_and_null(layer, opened):
    page = opened(layer.url())
    rows = best_rows(layer)
    assert len(set(rows["method"])) == 2
    for neuron in (0, 2, 3, 5):
        row, expected = page.locator(f'tr[data-neuron="{neuron}"]'), rows.loc[neuron]
        explanation = layer.explained[expected["method"]][neuron]
        assert set(row.locator(".term .word").all_inner_texts()) <= set(explanation.concepts)
        assert row.locator(".shown .value").inner_text() == (
            "–" if np.isnan(expected["correlation"]) else f"{expected['correlation']:.2f}".replace("-", "−")
        )
        assert verdict_text(expected["verdict"]) in row.locator(".status").inner_text()
        assert row.locator(".shown .chance").count() == (0 if np.isnan(expected["null_p95"]) else 1)


def test_which_neurons_are_not_explained_by_anything_and_why_takes_one_click(layer, opened):
    page = opened(layer.url())
    explained = layer.scores["verdict"].eq("explained").groupby(layer.scores["neuron"]).any()
    unexplained = sorted(explained[~explained].index)
    page.get_by_role("link", name=f"{len(unexplained)} explained by no method").click()
    expect(page.locator("#count")).to_have_text(f"{len(unexplained)} of 24 neurons")
    assert shown(page) == unexplained
    first = page.locator(NEURONS).first
    assert "nothing predicts it much better" in first.locator(".why").inner_text()
    expect(page).to_have_url(layer.url("#status=by_none"))


def test_links_of_the_overview_lead_to_the_neurons_that_they_count(layer, opened):
    page = opened(layer.url())
    links = page.locator("#verdicts a, .lengths a, .groups a").evaluate_all(
        "links => links.map(link => [link.textContent, link.getAttribute('href')])"
    )
    assert len(links) > 6
    for text, address in links:
        page.evaluate("address => { location.hash = address; }", address)
        count = int(text.split()[0])
        expect(page.locator("#count")).to_have_text(f"{count} of 24 neurons")


def test_which_neurons_are_polysemantic_takes_one_click(layer, opened):
    page = opened(layer.url())
    page.get_by_role("button", name="Meanings").click()
    rows = best_rows(layer)
    meanings = (1 / (1 - rows["polysemanticity"])).dropna()
    first = shown(page)[0]
    assert meanings[first] == pytest.approx(meanings.max())
    assert page.locator('th[data-column="meanings"]').get_attribute("aria-sort") == "descending"


def test_whether_a_neuron_is_monosemantic_is_read_beside_it(layer, opened):
    page = opened(layer.url())
    rows = best_rows(layer)
    place = page.locator("thead th[data-column]").evaluate_all(
        "heads => heads.findIndex(head => head.dataset.column === 'meanings')"
    )
    for neuron in (0, 2, 7):
        page.get_by_label("Search", exact=True).fill(str(neuron))
        cells = page.locator(f'tr[data-neuron="{neuron}"] > *')
        assert cells.nth(place).inner_text() == f"{1 / (1 - rows.loc[neuron, 'polysemanticity']):.1f}"


def test_what_a_neuron_does_to_the_output_takes_one_click(layer, opened):
    page = opened(layer.url())
    page.locator('tr[data-neuron="7"] th a').click()
    weight = np.random.default_rng(1).normal(size=(len(CLASSES), 24))[:, 7]
    effects = sorted(zip(weight - weight.mean(), CLASSES, strict=True))
    head = page.locator(".neuron-head")
    expect(head).to_contain_text(f"On the output it raises {effects[-1][1]}")
    rows = page.get_by_role("region", name="Raises").locator("tbody tr")
    assert rows.first.locator("th").inner_text() == effects[-1][1]
    assert float(rows.first.locator("td").nth(1).inner_text()) == pytest.approx(effects[-1][0], abs=6e-3)
    highest = effects[-1][0] * layer.activations[:, 7].max()
    assert float(rows.first.locator("td").nth(3).inner_text()) == pytest.approx(highest, rel=1e-2)
    lowered = page.get_by_role("region", name="Lowers").locator("tbody tr").first
    assert lowered.locator("th").inner_text() == effects[0][1]


def test_where_the_tail_was_replayed_the_effects_are_those_at_high_activations(deep_layer, opened):
    page = opened(deep_layer.url("#neuron=7"))
    measured = np.random.default_rng(1).normal(size=(len(CLASSES), 8))[:, 7]
    effects = sorted(zip(measured - measured.mean(), CLASSES, strict=True))
    card = page.locator("section[aria-labelledby=output]")
    assert f"over the {EFFECT_IMAGES} images with its highest activations" in card.inner_text()
    for region, expected in (("Raises", effects[-1]), ("Lowers", effects[0])):
        table = page.get_by_role("region", name=region)
        assert table.locator("thead th").all_inner_texts() == [region, "logit at high activations"]
        row = table.locator("tbody tr").first
        assert row.locator("th").inner_text() == expected[1]
        assert float(row.locator("td").last.inner_text().replace("−", "-")) == pytest.approx(expected[0], abs=6e-3)


def test_the_figures_of_the_layer_are_one_click_away_and_say_their_size(layer, opened):
    page = opened(layer.url())
    page.get_by_role("link", name="2 figures").click()
    heading = page.get_by_role("heading", name="Figures")
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    drawn = page.locator(".figures img")
    assert drawn.evaluate_all("images => images.map(image => image.getAttribute('src'))") == [
        f"data/figures/{name}.svg" for name in FIGURES
    ]
    for image in drawn.all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 0
    for (label, caption), shown in zip(FIGURES.values(), page.locator(".figures figcaption").all(), strict=True):
        assert shown.inner_text().split("\n") == [label, caption]
    assert "0.0 MB of this folder" in page.locator("section[aria-labelledby=figures]").inner_text()


def test_the_page_of_a_neuron_begins_with_its_best_explanation_and_what_chance_reaches(layer, opened):
    rows = best_rows(layer)
    for method in ("le", "best"):
        neuron = rows.index[(rows["method"] == method) & rows["null_p95"].notna()][0]
        page = opened(layer.url(f"#neuron={neuron}"))
        assert set(page.locator(".hero .word").all_inner_texts()) == set(layer.explained[method][neuron].concepts)
        head = page.locator(".neuron-head").inner_text()
        assert f"By its best method, which val chooses: {method}" in head
        assert f"{rows.loc[neuron, 'null_p95']:.2f} in the 95th percentile" in head
        best = page.locator(".methods tbody tr", has=page.get_by_text("best", exact=True).and_(page.locator(".badge")))
        assert best.locator("th").inner_text() == method


def test_a_metric_that_fails_its_sanity_check_is_marked_wherever_it_is_shown(layer, opened):
    reason = "95 % of neurons when labels go missing, for 50 % when wrong ones are added"
    page = opened(layer.url())
    marks = [".ranking .fails", "thead .fails"]
    for selector in marks:
        assert reason in page.locator(selector).first.get_attribute("aria-label")
    assert "⚠ fails" in page.locator("#score option").first.inner_text()
    page = opened(layer.url("#neuron=0"))
    assert reason in page.locator(".methods thead .fails").first.get_attribute("aria-label")
    page = opened(layer.url("#layer"))
    assert page.locator("#layer .fails").count() >= 2


def test_how_stable_a_concept_is_shows_on_its_chip_and_in_numbers(layer, opened):
    explanation = layer.explained["le"][0]
    page = opened(layer.url("#neuron=0"))
    chip = page.locator(".methods .term:has(.word)", has_text=explanation.concepts[0]).first
    assert "chosen again in 100 % of resamples" in chip.get_attribute("title")
    assert "in its place other 10 %" in chip.get_attribute("title")
    page.get_by_text("How stable the concepts are").click()
    rows = page.locator(".stability tbody tr")
    assert [row.locator("th").inner_text() for row in rows.all()] == list(explanation.concepts)
    assert [row.locator("td").nth(2).inner_text() for row in rows.all()] == [
        f"{100 - 10 * k} %" for k in range(len(explanation.concepts))
    ]


def test_chance_and_best_method_filter_too(layer, opened):
    page = opened(layer.url("#best=best"))
    rows = layer.scores.drop_duplicates("neuron").set_index("neuron")
    expected = sorted(rows.index[rows["best_method"] == "best"])
    assert shown(page)[:3] == expected[:3] and counted(page) == len(expected)
    page = opened(layer.url("#method=le&chance=0.15.."))
    of_le = layer.scores[layer.scores["method"] == "le"].set_index("neuron")["null_p95"]
    assert counted(page) == (of_le >= 0.15).sum()


@pytest.mark.parametrize("page", [{"forced_colors": "active"}], indirect=True, ids=[""])
def test_bars_are_seen_in_forced_colours(layer, opened, page):
    opened(layer.url())
    fill = page.locator(f"{NEURONS} .shown .fill").first
    colours = fill.evaluate("bar => [bar, bar.parentElement].map(one => getComputedStyle(one).backgroundColor)")
    assert colours[0] != colours[1]
    assert page.locator(".rank-bar .fill").first.evaluate("bar => getComputedStyle(bar).fill") != "rgb(255, 255, 255)"


@pytest.mark.parametrize("page", [{"viewport": PHONE}, {}], indirect=True, ids=["phone", "desktop"])
def test_no_minor_fault_of_accessibility_either(layer, opened, page):
    for view in (
        "",
        "#status=by_none",
        "#q=nothing",
        *(f"#neuron={n}" for n in (0, 5, 4711)),
        "#layer",
        "#concept=grass",
    ):
        opened(layer.url(view))
        for summary in page.locator("summary:visible").all():
            if not summary.evaluate("element => element.parentElement.open"):
                summary.click()
        faults = Axe().run(page, options={"preload": False}).response["violations"]
        assert (view, [(fault["id"], fault["nodes"][0]["html"]) for fault in faults]) == (view, [])
