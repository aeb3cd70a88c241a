"""How fast an explorer is in Chromium: opening, scrolling, searching. `explorer.py results/…/report/index.html`"""

import argparse
import json
import os
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
SCROLL = """async () => {
  const [times, end] = [[], document.body.scrollHeight];
  let last = performance.now();
  for (let y = 0; y < end && times.length < 300; y += 400) {
    scrollTo(0, y);
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - last);
    last = performance.now();
  }
  return times.slice(1).sort((a, b) => a - b);
}"""
SEARCH = """async query => {
  const input = document.getElementById("query");
  const begin = performance.now();
  input.value = query;
  input.dispatchEvent(new Event("input"));
  document.body.getBoundingClientRect();
  return performance.now() - begin;
}"""


def seconds_to_open(page: Page, address: str) -> float:
    """From asking for the page until it is drawn, with nothing in the cache of the browser."""
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("html.ready")
    return page.evaluate("performance.mark('end').startTime / 1000")


def measure(browser, page_file: Path, rounds: int) -> dict:
    opened = []
    for _ in range(rounds):
        page = browser.new_context().new_page()
        opened.append(seconds_to_open(page, page_file.resolve().as_uri()))
    page.mouse.move(5, 5)
    frames = page.evaluate(SCROLL)
    page.evaluate("scrollTo(0, 0)")
    concept = page.locator("#common button").first.evaluate("button => button.firstChild.data")
    searches = [page.evaluate(SEARCH, query) for query in (concept[0], concept, "")]
    neuron = page.locator("tbody tr[data-neuron]").first.get_attribute("data-neuron")
    files = [path for path in page_file.parent.rglob("*") if path.is_file()]
    return {
        "neurons": int(page.locator("table.neurons").get_attribute("aria-rowcount")) - 1,
        "megabytes": round(sum(path.stat().st_size for path in files) / 1e6, 1),
        "files": len(files),
        "open_s": sorted(round(seconds, 3) for seconds in opened),
        "open_neuron_s": round(seconds_to_open(page, f"{page_file.resolve().as_uri()}#neuron={neuron}"), 3),
        "scroll_median_ms": round(frames[len(frames) // 2], 1),
        "scroll_worst_ms": round(frames[-1], 1),
        "search_worst_ms": round(max(searches), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    path = next(filter(None, map(shutil.which, NAMES)))
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=sandbox)
        found = measure(browser, arguments.page, arguments.rounds)
        browser.close()
    print(json.dumps(found) if arguments.json else "\n".join(f"{name:18} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
