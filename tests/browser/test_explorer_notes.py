"""Stars and notes: they stay in the browser, each layer's by themselves, and leave it as JSON."""

import csv
import json
import re
import shutil

import pytest
from playwright.sync_api import expect

from helpers.explorer_data import handed_over
from helpers.made_up_layer import HOSTILE
from linexp.explorer.scripts import write_script

NOTE = "Boats, mostly; see #17"


def keep(page, layer, neuron: int, note: str = "") -> None:
    page.goto(layer.url(f"#neuron={neuron}"))
    expect(page.locator("h1:visible")).to_have_text(f"Neuron {neuron}")
    if note:
        page.get_by_label("Note", exact=True).fill(note)
    else:
        page.get_by_role("button", name="Star").press("Enter")


def kept_rows(page, layer) -> list[int]:
    """The neurons that the filter for kept ones leaves."""
    page.goto("about:blank")
    page.goto(layer.url("#method=le&status=kept"))
    page.wait_for_selector("html.ready")
    rows = page.locator("tbody tr[data-neuron]")
    return [int(number) for number in rows.evaluate_all("rows => rows.map(r => r.dataset.neuron)")]


def exported(page) -> dict:
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export notes").click()
    assert downloading.value.suggested_filename == "notes.json"
    with open(downloading.value.path(), encoding="utf-8") as file:
        return json.load(file)


def imported(page, folder, content: str) -> str:
    """What the page says of a file of notes."""
    (folder / "notes.json").write_text(content, encoding="utf-8")
    page.get_by_label("File of notes").set_input_files(folder / "notes.json")
    expect(page.locator("#notes-told")).not_to_be_empty()
    return page.locator("#notes-told").inner_text()


def test_stars_and_notes_stay_are_marked_and_leave_with_the_rows(layer, opened):
    page = opened(layer.url())
    keep(page, layer, 4)
    keep(page, layer, 17, NOTE)
    keep(page, layer, 9, HOSTILE)
    assert kept_rows(page, layer) == [4, 9, 17]
    marks = page.locator(".noted").evaluate_all("marks => marks.map(m => [m.textContent, m.title])")
    assert marks == [["★", "starred"], ["✎", HOSTILE], ["✎", NOTE]]
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Save as CSV").click()
    with open(downloading.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["starred"], row["note"]) for row in rows] == [("true", ""), ("false", HOSTILE), ("false", NOTE)]
    keep(page, layer, 4)  # the star is taken away again
    expect(page.get_by_role("button", name="Star")).to_have_attribute("aria-pressed", "false")
    assert kept_rows(page, layer) == [9, 17]


def test_notes_leave_the_browser_as_json_and_come_back(layer, opened, tmp_path):
    page = opened(layer.url())
    keep(page, layer, 4)
    keep(page, layer, 17, NOTE)
    assert kept_rows(page, layer) == [4, 17]
    notes = exported(page)
    assert notes == {
        "linexp": "notes",
        "format": 1,
        "layer": "net / layer4",
        "neurons": {"4": {"star": True, "note": ""}, "17": {"star": False, "note": NOTE}},
    }
    page.evaluate("localStorage.clear()")
    assert kept_rows(page, layer) == []
    assert imported(page, tmp_path, json.dumps(notes)) == "Notes of 2 neurons imported."
    assert kept_rows(page, layer) == [4, 17]
    assert exported(page) == notes


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no JSON", "This is no file of notes; choose one that was exported here."),
        ('{"linexp": "notes", "format": 1}', "This is no file of notes; choose one that was exported here."),
        ('{"linexp": "notes", "format": 2, "neurons": {}}', "These notes are of another version of this page."),
        (
            '{"linexp": "notes", "format": 1, "layer": "net / <b>", "neurons": {}}',
            "These notes are of net / <b>, not of net / layer4.",
        ),
        (
            '{"linexp": "notes", "format": 1, "layer": "net / layer4", "neurons": {"999": {"star": true}, "x": 1}}',
            "Notes of 0 neurons imported.",
        ),
    ],
)
def test_a_file_that_has_no_notes_of_this_layer_is_refused_in_a_line(layer, opened, tmp_path, content, said):
    assert imported(opened(layer.url()), tmp_path, content) == said


def test_layers_of_other_folders_keep_their_own(layer, deep_layer, opened):
    page = opened(layer.url())
    keep(page, layer, 4)
    assert kept_rows(page, deep_layer) == []
    assert kept_rows(page, layer) == [4]


def test_the_address_keeps_whose_concepts_the_chart_shows(layer, opened, tmp_path):
    shutil.copytree(layer.page.parent, tmp_path / "report")
    record = handed_over(tmp_path / "report/data", "neurons/0")
    record["areas"]["best"] = record["areas"]["le"]
    write_script(tmp_path / "report/data", "neurons/0", record)
    address = (tmp_path / "report/index.html").as_uri()
    page = opened(f"{address}#neuron=0")
    button = page.get_by_role("group", name="Concepts of").get_by_role("button", name="best")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(page).to_have_url(f"{address}#neuron=0&chart=best")
    page.get_by_role("button", name="remove").first.click()
    expect(page).to_have_url(re.compile(r"#neuron=0&chart=best&try="))
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
