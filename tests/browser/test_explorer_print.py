"""On paper all rows are there, on as many pages as they need, in ink on white."""

import re

import pytest

PAPER = {"width": 703, "height": 1032}  # A4 within margins of 12 mm, in CSS pixels
AT_PRINT = """addEventListener("beforeprint", () => {
  const rows = document.querySelectorAll("tr[data-neuron]");
  window.printed = [rows.length, document.querySelectorAll(".neurons .more").length];
})"""


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_all_rows_are_printed_whole_and_no_page_is_empty(long_explanations, opened):
    page = opened(long_explanations.url())
    on_screen = page.locator("tr[data-neuron]").count()
    assert on_screen < 24
    page.evaluate(AT_PRINT)
    pages = pages_of(page.pdf(format="A4"))
    assert page.evaluate("window.printed") == [24, 0]
    assert page.locator("tr[data-neuron]").count() == on_screen
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    height = page.evaluate("document.body.scrollHeight")
    assert height / PAPER["height"] <= pages <= height / PAPER["height"] + 2  # rows are not torn, the head is repeated


def test_what_was_searched_for_is_printed_and_what_cannot_be_pressed_is_not(layer, opened):
    page = opened(layer.url("#method=le&q=dog&length=2.."))
    page.emulate_media(media="print")
    told = page.locator("#asked")
    assert told.inner_text() == "Explanations by le; search for dog; Number of concepts of le 2 to 4"
    assert page.locator(".controls").is_hidden() and page.locator(".foot").is_hidden()
    page.emulate_media(media="screen")
    assert told.is_hidden()


@pytest.mark.parametrize("view", ["", "#neuron=0", "#layer"])
@pytest.mark.parametrize("page", [{"color_scheme": "dark"}], indirect=True, ids=["dark"])
def test_paper_is_white_in_a_dark_scheme_too_and_nothing_is_wider_than_it(layer, opened, view):
    page = opened(layer.url(view))
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size(PAPER)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    colour = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')")
    assert colour.strip() == "#1c2024"
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
