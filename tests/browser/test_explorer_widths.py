"""At no width is a page wider than its window, or the explanation too narrow to be read."""

from itertools import combinations

import pytest

WIDTHS = (390, 736, 737, 820, 960, 1024, 1280, 1440, 1920)
READABLE = 280
HEADER = 70


def widen(page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def pixels(page, selector: str, side: str) -> float:
    return page.locator(selector).bounding_box()[side]


@pytest.mark.parametrize("view", ["", "#neuron=0", "#layer"])
def test_no_width_makes_a_page_scroll_sideways(many_methods, opened, view):
    page = opened(many_methods.url(view))
    for width in WIDTHS:
        widen(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_score_columns_go_before_the_explanation_shrinks(many_methods, opened):
    page = opened(many_methods.url("#method=le"))
    shown = []
    for width in WIDTHS[2:]:
        widen(page, width)
        assert pixels(page, "th.words", "width") >= READABLE
        assert pixels(page, ".neurons thead", "height") <= HEADER
        scores = page.locator('th[data-column^="score:"]').evaluate_all("heads => heads.map(h => h.dataset.column)")
        assert "score:le" in scores
        left_out = (
            page.locator("#left-out").inner_text().removeprefix("No room for the scores of ").rstrip(".").split(", ")
        )
        assert all(
            (f"score:{method}" in scores) != (method in left_out) for method in ("le_siglip", "network_dissection")
        )
        shown.append(len(scores))
    assert shown == sorted(shown) and shown[0] < shown[-1] == 7


@pytest.mark.parametrize("page", [{"viewport": {"width": 737, "height": 900}}], indirect=True, ids=[""])
def test_the_column_that_the_table_is_sorted_by_stays(many_methods, opened, page):
    opened(many_methods.url("#sort=-score:network_dissection"))
    head = page.locator('th[data-column="score:network_dissection"]')
    assert head.get_attribute("aria-sort") == "descending"
    assert head.locator("button").evaluate("button => button.scrollWidth <= button.clientWidth")


ARROW = 36  # pixels of a select that are no text
ROOM = """selects => selects.map(select => {
  const context = document.createElement("canvas").getContext("2d");
  context.font = getComputedStyle(select).font;
  return select.clientWidth - context.measureText(select.selectedOptions[0].text).width;
})"""

CELLS = """row => [...row.children].map(cell => {
  const inside = document.createRange();
  inside.selectNodeContents(cell);
  return inside.getBoundingClientRect().toJSON();
}).filter(box => box.width)"""


def test_what_is_chosen_is_read_in_full(many_methods, opened):
    page = opened(many_methods.url())
    page.locator("#filters").evaluate("details => { details.open = true; }")
    for width in WIDTHS:
        widen(page, width)
        assert min(page.locator("#neurons select").evaluate_all(ROOM)) >= ARROW, width


def test_nothing_of_an_explanation_lies_over_something_else(many_methods, opened):
    page = opened(many_methods.url("#neuron=0"))
    for width in WIDTHS:
        widen(page, width)
        for row in page.locator(".methods tbody tr").all():
            for one, other in combinations(row.evaluate(CELLS), 2):
                beside = one["left"] >= other["right"] - 1 or other["left"] >= one["right"] - 1
                assert beside or one["top"] >= other["bottom"] - 1 or other["top"] >= one["bottom"] - 1, (width, one)
