"""The page of an image: where the neuron fires in it and where its explanation says so, against the arrays."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from helpers.made_up_layer import BOX
from linexp.figures.activation_ranges import activation_ranges


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("−", "-")) for text in texts]


def click_first_image(page) -> int:
    """Go to the image that stands first among those of the ranges; its row."""
    link = page.locator(".range .picture a").first
    row = int(re.search(r"image=(\d+)", link.get_attribute("href"))[1])
    link.click()
    page.wait_for_selector("#image:not([hidden]) .enlarged")
    return row


def values_of(page, number: int) -> np.ndarray:
    """The numbers that the page has of a map."""
    table = page.locator(".map-values").nth(number)
    rows = table.locator("tbody tr").all()
    return np.array([numbers(row.locator("td").all_text_contents()) for row in rows])


def check_map(page, number: int, expected: np.ndarray, scale: np.ndarray) -> None:
    step = (scale.max() - scale.min()) / 255
    np.testing.assert_allclose(values_of(page, number), expected, atol=step / 2 + 1e-3)
    drawn = (
        page.locator(".seen canvas")
        .nth(number)
        .evaluate("c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)")
    )
    green = np.array(drawn).reshape(*expected.shape, 4)[..., 1]  # rises all along viridis
    assert np.corrcoef(np.argsort(np.argsort(green.ravel())), np.argsort(np.argsort(expected.ravel())))[0, 1] > 0.95


def test_an_image_that_is_clicked_is_enlarged_with_where_the_neuron_fires(layer, opened):
    page = opened(layer.url("#neuron=7"))
    row = click_first_image(page)
    expect(page).to_have_url(layer.url(f"#image={row}&of=7"))
    ranges = activation_ranges(layer.activations[:, 7], 0)
    assert row == ranges[0].images[0]
    shown = np.concatenate([one.images for one in ranges])
    check_map(page, 0, layer.maps.of(7, [row])[0], layer.maps.of(7, shown))
    assert page.locator(".seen canvas").count() == 1
    left, top, right, bottom = BOX
    seen, drawn = (page.locator(f".seen {what}").first.bounding_box() for what in ("canvas", "img >> nth=-1"))
    page_image = page.locator(".seen:has(canvas) img").bounding_box()
    width = page_image["width"]
    assert seen["x"] - page_image["x"] == pytest.approx((48 * left - 8) / 32 * width, abs=1)
    assert seen["width"] == pytest.approx(48 * (right - left) / 32 * width, abs=1)
    assert seen["y"] - page_image["y"] == pytest.approx(top * width, abs=1)
    assert seen["height"] == pytest.approx((bottom - top) * width, abs=1)
    assert drawn


def test_at_places_both_maps_are_there_with_their_values(places_layer, opened):
    page = opened(places_layer.url("#neuron=0"))
    row = click_first_image(page)
    activations, p = places_layer.of_places
    explanation = places_layer.explained["le"][0]
    columns = [places_layer.concepts.index(name) for name in explanation.concepts]
    simulated = sum(weight * p[..., column] for weight, column in zip(explanation.weights, columns, strict=True))
    shown = np.concatenate([one.images for one in activation_ranges(places_layer.activations[:, 0], 0)])
    check_map(page, 0, activations[row, ..., 0], activations[shown, ..., 0])
    check_map(page, 1, simulated[row], simulated[shown])
    text = page.locator("#image").inner_text()
    assert "Where neuron 0 fires" in text and "Where le says so, simulated by two" in text


def test_what_is_tried_at_places_is_of_image_averages(places_layer, opened):
    page = opened(places_layer.url("#neuron=0"))
    found = float(page.locator(".result").get_attribute("data-value"))
    best = places_layer.scores.set_index("neuron").loc[0, "best_method"].iloc[0]
    explanation = places_layer.explained[best][0]
    weights = dict(zip(explanation.concepts, explanation.weights, strict=True))
    assert found == pytest.approx(places_layer.correlation(0, weights), abs=1e-6)


def test_the_page_says_which_neurons_are_highest_on_it_within_their_range(layer, opened):
    page = opened(layer.url("#neuron=7"))
    row = click_first_image(page)
    low, high = layer.activations.min(axis=0), layer.activations.max(axis=0)
    shares = (layer.activations[row] - low) / np.where(high > low, high - low, 1)
    expected = np.argsort(-shares, kind="stable")[:10]
    rows = page.locator(".of-image tbody tr")
    assert rows.locator("th").all_inner_texts() == [f"Neuron {neuron}" for neuron in expected]
    values = numbers(rows.locator("td:nth-child(2)").all_inner_texts())
    assert values == pytest.approx(layer.activations[row, expected].tolist(), rel=1e-2, abs=1e-3)


def test_what_the_explanation_predicts_of_a_test_image_is_that_of_least_squares(layer, opened):
    row = int(layer.test[3])
    page = opened(layer.url(f"#image={row}&of=7"))
    best = layer.scores.set_index("neuron").loc[7, "best_method"].iloc[0]
    explanation = layer.explained[best][7]
    columns = [layer.concepts.index(name) for name in explanation.concepts]
    simulated = layer.p[:, columns] @ explanation.weights
    slope, intercept = np.polyfit(simulated[layer.test], layer.activations[layer.test, 7].astype(float), 1)
    found = float(page.locator(".predicted").get_attribute("data-value"))
    assert found == pytest.approx(slope * simulated[row] + intercept, abs=1e-5)
    seen = page.locator(".concepts .word").all_inner_texts()
    assert seen == [layer.concepts[k] for k in np.argsort(-layer.p[row], kind="stable")[: len(seen)]] and seen


def literal_errors(layer) -> np.ndarray:
    """(n_test, n_neurons) what least squares on the best explanation leaves, in each neuron's standard deviations."""
    found = np.zeros((len(layer.test), layer.activations.shape[1]))
    for neuron in range(found.shape[1]):
        real = layer.activations[layer.test, neuron].astype(float)
        if not real.std():
            continue
        best = layer.scores.set_index("neuron").loc[neuron, "best_method"].iloc[0]
        explanation = layer.explained[best if isinstance(best, str) else "le"][neuron]
        columns = [layer.concepts.index(name) for name in explanation.concepts]
        simulated = layer.p[layer.test][:, columns] @ np.array(explanation.weights, float)
        slope, intercept = np.polyfit(simulated, real, 1) if simulated.std() else (0, real.mean())
        found[:, neuron] = (real - slope * simulated - intercept) / real.std()
    return found


def test_images_that_are_explained_worst_lead_to_the_neurons_that_err(layer, opened):
    errors = literal_errors(layer)
    rms = np.sqrt((errors**2).sum(axis=1) / (layer.activations.std(axis=0) > 0).sum())
    page = opened(layer.url("#layer"))
    images = page.locator("section:has(> #worst) .picture")
    assert numbers(images.locator("figcaption").all_inner_texts()) == pytest.approx(np.sort(rms)[::-1][:12], abs=6e-3)
    images.locator("a").first.click()
    worst = int(rms.argmax())
    expect(page).to_have_url(layer.url(f"#image={layer.test[worst]}"))
    rows = page.locator(".erring tbody tr")
    order = np.argsort(-np.abs(errors[worst]), kind="stable")[:6]
    assert rows.locator("th").all_inner_texts() == [f"Neuron {neuron}" for neuron in order]
    words = ["more" if errors[worst, neuron] > 0 else "less" for neuron in order]
    assert [text.split()[-1] for text in rows.locator("td:nth-child(2)").all_inner_texts()] == words


def test_keys_lead_to_an_image_and_back(layer, opened):
    page = opened(layer.url("#neuron=7"))
    link = page.locator(".range .picture a").first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#image:not([hidden]) .enlarged")
    expect(page.locator("#image h1")).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_selector("#neuron:not([hidden])")
    assert page.locator("#neuron h1").inner_text() == "Neuron 7"


@pytest.mark.parametrize("state", ["#image=99999", "#image=x", "#image=3&of=4711"])
def test_an_image_that_is_not_shipped_is_said_to_be_none(layer, opened, state):
    assert opened(layer.url(state)).locator("#image h1").inner_text() == "No such image"


def test_the_quality_of_p_at_places_is_told_of_the_layer_and_of_a_concept(places_layer, opened):
    page = opened(places_layer.url("#layer"))
    row = page.get_by_role("region", name="Quality of P at places").locator("tbody tr")
    assert numbers(row.locator("td:not(:nth-child(2))").all_inner_texts()) == [0.81, 0.5, 0.25, 0.405, 0.25, 0.125]
    page = opened(places_layer.url("#concept=dog"))
    cells = page.get_by_role("region", name="Table of models").locator("tbody td:not(:nth-child(2))").all_inner_texts()
    assert numbers(cells) == [0.7, 0.4, 0.2, 0.35, 0.2, 0.1]
