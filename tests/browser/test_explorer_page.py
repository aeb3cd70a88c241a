"""What holds of every view: nothing becomes markup, nothing is too wide, no serious fault of accessibility."""

import re
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from helpers.made_up_layer import HOSTILE
from helpers.screens import DESKTOP, PHONE

VIEWS = ["", "#neuron=0", "#layer"]
WITHOUT_FETCHING = {"preload": False}  # of style sheets, which the policy of the page forbids
SERIOUS = ("serious", "critical")
LOOKS = [
    pytest.param({"viewport": size, "color_scheme": scheme}, id=f"{name}-{scheme}")
    for name, size in (("desktop", DESKTOP), ("phone", PHONE))
    for scheme in ("light", "dark")
]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("page", LOOKS, indirect=True)
def test_there_is_no_serious_fault_of_accessibility_and_nothing_is_wider_than_the_window(layer, opened, view):
    page = opened(layer.url(view))
    for summary in page.locator("summary:visible").all():
        if not summary.evaluate("element => element.parentElement.open"):
            summary.click()
    faults = [
        fault
        for fault in Axe().run(page, options=WITHOUT_FETCHING).response["violations"]
        if fault["impact"] in SERIOUS
    ]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= window


@pytest.mark.parametrize("page", LOOKS[2:3], indirect=True)
def test_a_phone_finds_a_neuron_and_turns_to_the_next(layer, opened):
    page = opened(layer.url())
    page.get_by_label("Search", exact=True).fill("7, 8")
    row = page.locator('tr[data-neuron="7"]')
    assert row.locator(".term").first.is_visible()
    row.click()
    page.get_by_role("link", name="Next neuron, 8").click()
    expect(page.locator("#neuron h1")).to_have_text("Neuron 8")


@pytest.mark.parametrize("view", VIEWS)
def test_markup_in_names_stays_text(layer, opened, view):
    neuron = next(one.neuron for one in layer.explained["le"] if HOSTILE in one.concepts)
    page = opened(layer.url(view.replace("=0", f"={neuron}")))
    page.wait_for_timeout(200)
    assert page.evaluate("window.broken") is None
    assert page.locator('img[src="x"]').count() == 0
    if view != "#layer":
        assert HOSTILE in page.locator("main").evaluate("main => main.textContent")
    else:
        assert '"note": "</pre><script>"' in page.locator("pre").text_content()


def test_the_scripts_of_the_page_are_only_its_own_files(layer, opened):
    page = opened(layer.url())
    policy = page.locator('meta[http-equiv="Content-Security-Policy"]').get_attribute("content")
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert page.evaluate("[...document.scripts].every(script => script.src && !script.textContent)")
    data = [path.read_text(encoding="utf-8") for path in (layer.page.parent / "data").rglob("*.js")]
    assert not any(re.search(r"</script|\u2028", text) for text in data)


def test_the_layer_is_told_of_in_full(layer, opened):
    page = opened(layer.url("#layer"))
    text = page.locator("#layer").inner_text()
    le = layer.scores[layer.scores["method"] == "le"]["correlation"].fillna(0).mean()
    assert f"{le:.3f}" in page.locator("#layer .plain").first.inner_text()
    assert "passed" not in page.locator(".badges").inner_text() and "0.95, 0.50" in text
    assert "1 of them dead" in text and "fingerprint f" in text
    assert page.locator(".reliability circle").count() == 3
    total = sum(path.stat().st_size for path in layer.page.parent.rglob("*") if path.is_file())
    assert float(re.search(r"([\d.]+) MB: pictures", text)[1]) == pytest.approx(total / 1e6, abs=0.1)


def test_the_folder_can_be_moved(layer, opened, tmp_path):
    moved = tmp_path / "any place, #1"
    shutil.copytree(layer.page.parent, moved)
    page = opened((moved / "index.html").as_uri() + "#neuron=2")
    assert page.locator("h1:visible").inner_text() == "Neuron 2"


def test_a_folder_without_its_data_says_so(layer, browser, tmp_path):
    incomplete = tmp_path / "report"
    shutil.copytree(layer.page.parent, incomplete)
    (incomplete / "data/neurons/2.js").unlink()
    page = browser.new_page()
    page.goto((incomplete / "index.html").as_uri() + "#neuron=2")
    page.wait_for_selector("#problem:visible")
    assert "data/neurons/2.js cannot be loaded" in page.locator("#problem").inner_text()
    page.close()
