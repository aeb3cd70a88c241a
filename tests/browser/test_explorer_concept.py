"""The page of a concept: its neurons, its images, and how well models see it, against numpy and scikit-learn."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sklearn.metrics import average_precision_score, roc_auc_score

from helpers.made_up_layer import HOSTILE
from helpers.screens import DESKTOP, PHONE
from linexp.artifacts import store

MODERATE = ("moderate", "serious", "critical")
LOOKS = [
    pytest.param({"viewport": size, "color_scheme": scheme}, id=f"{name}-{scheme}")
    for name, size in (("desktop", DESKTOP), ("phone", PHONE))
    for scheme in ("light", "dark")
]


def by_rank(layer, name: str) -> list[tuple[int, str, float]]:
    """Neuron, method and share, by numpy: of each neuron the method of the highest rank."""
    found = {}
    for method, known in layer.explained.items():
        scores = layer.scores[layer.scores["method"] == method].set_index("neuron")["correlation"].fillna(0)
        for one in known:
            if name in one.concepts:
                share = one.weights[one.concepts.index(name)] / np.abs(one.weights).sum()
                score = scores[one.neuron]
                key = (-max(share, 0) * max(score, 0), -max(share, 0), -score)
                found[one.neuron] = min(found.get(one.neuron, (key, method, share)), (key, method, share))
    order = sorted(found, key=lambda neuron: (found[neuron][0], neuron))
    return [(neuron, found[neuron][1], found[neuron][2]) for neuron in order]


def test_its_neurons_are_ranked_with_the_sign_of_what_it_adds(layer, opened):
    page = opened(layer.url("#concept=dog"))
    expected = by_rank(layer, "dog")
    rows = page.locator(".of-concept tbody tr").all()
    assert len(rows) == len(expected) and any(share < 0 for *_, share in expected)
    for row, (neuron, method, share) in zip(rows, expected, strict=True):
        assert row.locator("th").inner_text() == f"Neuron {neuron}"
        assert row.locator(".wide .value").inner_text() == f"{100 * share:.0f} %".replace("-", "−")
        assert row.locator(".by").inner_text() == method
        assert row.locator(".marked .word").inner_text() == "dog"
    above = sum(share >= 0 for *_, share in expected)
    assert f"of {above} with a positive weight" in page.locator(".concept-head").inner_text()


def test_its_images_are_those_of_the_highest_p(layer, opened):
    page = opened(layer.url("#concept=sky"))
    p = np.sort(layer.p[layer.test, layer.concepts.index("sky")])[::-1]
    captions = page.locator("section[aria-labelledby=its-images] figcaption").all_inner_texts()
    assert captions == [f"P {value:.2f}" for value in p[:12]]


def test_how_well_the_models_see_it_is_auc_and_average_precision_over_all_images(layer, opened):
    page = opened(layer.url("#concept=dog"))
    index = store.read_table(layer.page.parent.parent / "index.parquet").to_pandas()
    labels, p = index["label"] == 0, layer.p[:, layer.concepts.index("dog")]
    card = page.locator("section[aria-labelledby=known]")
    expected = [roc_auc_score(labels, p), average_precision_score(labels, p)]
    assert card.locator("tbody .value").all_inner_texts() == [f"{value:.3f}" for value in expected]
    assert f"{labels.sum()} of {len(labels)} images" in card.inner_text()
    page = opened(layer.url("#concept=sky"))
    assert "No image of this probe is labelled with it" in page.locator("section[aria-labelledby=known]").inner_text()


def test_related_concepts_are_near_by_their_texts_and_lead_on(layer, opened):
    texts, *_ = store.read_arrays(layer.page.parent.parent / "concepts.h5", "embeddings")
    about = texts - texts.mean(axis=0)
    about /= np.linalg.norm(about, axis=1, keepdims=True)
    cosines = about @ about.T - 2 * np.eye(len(texts))
    number = int(cosines.max(axis=1).argmax())
    nearest = layer.concepts[int(cosines[number].argmax())]
    page = opened(layer.url())
    page.evaluate("name => { location.hash = new URLSearchParams({ concept: name }); }", layer.concepts[number])
    link = page.locator(".related a").first
    expect(link).to_have_text(nearest)
    assert f"cosine {cosines.max():.2f}" in page.locator(".related li").first.inner_text()
    link.click()
    expect(page.locator("#concept h1")).to_have_text(f"Concept {nearest}")


def test_chips_of_a_neuron_lead_to_concepts_and_keys_back(layer, opened):
    page = opened(layer.url("#neuron=0"))
    chip = page.locator(".hero a.term").first
    name = chip.locator(".word").inner_text()
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#concept h1")).to_have_text(f"Concept {name}")
    expect(page.locator("#concept h1")).to_be_focused()
    page.go_back()
    expect(page.locator("#neuron h1")).to_have_text("Neuron 0")
    page.go_forward()
    expect(page.locator("#concept h1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#neurons")).to_be_visible()


def test_an_unknown_concept_is_said_to_be_none_and_case_does_not_matter(layer, opened):
    page = opened(layer.url("#concept=unheard+of"))
    assert page.locator("h1:visible").inner_text() == "No such concept"
    page = opened(layer.url("#concept=Hot+Dog"))
    assert page.locator("h1:visible").inner_text().split() == ["Concept", "hot", "dog"]


def test_a_concept_of_markup_has_a_page_and_stays_text(layer, opened):
    page = opened(layer.url())
    page.evaluate("name => { location.hash = new URLSearchParams({ concept: name }); }", HOSTILE)
    expect(page.locator("#concept h1")).to_be_visible()
    assert HOSTILE in page.locator("#concept h1").evaluate("heading => heading.textContent")
    assert page.evaluate("window.broken") is None and page.locator('img[src="x"]').count() == 0


@pytest.mark.parametrize("view", ["#concept=dog", "#q=dog&in=all", "#neuron=5"])
@pytest.mark.parametrize("page", LOOKS, indirect=True)
def test_no_moderate_fault_of_accessibility_and_nothing_too_wide(layer, opened, view):
    page = opened(layer.url(view))
    found = Axe().run(page, options={"preload": False}).response["violations"]
    faults = [fault for fault in found if fault["impact"] in MODERATE]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= window
