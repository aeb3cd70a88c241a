"""An explanation as chips: the largest weights first, and none cut without a word."""

import pytest
from playwright.sync_api import expect

from helpers.screens import DESKTOP, PHONE


def by_size(explanation) -> list[tuple[str, float]]:
    pairs = zip(explanation.concepts, explanation.weights, strict=True)
    return sorted(pairs, key=lambda pair: -abs(pair[1]))


@pytest.mark.parametrize("page", [{"viewport": DESKTOP}, {"viewport": PHONE}], indirect=True, ids=["desktop", "phone"])
def test_what_does_not_fit_is_counted_and_the_largest_weights_are_shown(long_explanations, opened, page):
    opened(long_explanations.url("#method=le"))
    cut = 0
    for row in page.locator("tr[data-neuron]").all():
        explanation = long_explanations.explained["le"][int(row.get_attribute("data-neuron"))]
        expected = [concept for concept, _ in by_size(explanation)]
        if not expected:
            continue
        words = row.locator(".word").all_inner_texts()
        assert words == expected[: len(words)] and len(words) > 2
        more, bias = row.locator(".more"), row.locator(".bias")
        if more.count():
            cut += 1
            left = len(expected) + 1 - len(words)
            assert more.inner_text() == f"+{left}"
            assert all(concept in more.get_attribute("title") for concept in [*expected[len(words) :], "bias"])
        else:
            assert words == expected and bias.inner_text() == "+0.250 bias"
        assert row.locator(".terms").evaluate("box => box.scrollHeight <= box.clientHeight")
    assert cut > 2


def test_a_chip_that_the_search_marks_is_not_hidden_silently(long_explanations, opened):
    explanation = next(one for one in long_explanations.explained["le"] if len(one.concepts) == 14)
    smallest = by_size(explanation)[-1][0]
    page = opened(long_explanations.url(f"#method=le&q={explanation.neuron}, {smallest}"))
    row = page.locator(f'tr[data-neuron="{explanation.neuron}"]')
    assert smallest in row.locator(".more.marked").get_attribute("title")


@pytest.mark.parametrize("view", ["#method=le", "#neuron="])
def test_negative_weights_look_negative_without_colour_too(layer, opened, view):
    explanation = next(one for one in layer.explained["le"] if min(one.weights, default=0) < 0)
    page = opened(layer.url(f"{view}{explanation.neuron if view[1] == 'n' else ''}"))
    box = page.locator(".hero" if view[1] == "n" else f'tr[data-neuron="{explanation.neuron}"] .terms')
    expect(box).to_be_visible()
    for (concept, weight), chip in zip(by_size(explanation), box.locator(".term:has(.word)").all(), strict=True):
        assert chip.locator(".word").inner_text() == concept
        assert chip.locator(".weight").inner_text().startswith("−") == (weight < 0)
        dashed = chip.evaluate("chip => getComputedStyle(chip).outlineStyle") == "dashed"
        assert dashed == (weight < 0)
    assert box.locator(".bias").inner_text() == "+0.250 bias"
