"""A headless Chromium, and made-up layers to open in it. A page may neither complain nor ask for anything but files."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from helpers.made_up_layer import make_layer
from helpers.screens import DESKTOP

GIVEN_UP = "net::ERR_ABORTED"
"""How a request ends that a page no longer waits for, as one went elsewhere."""
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser():
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.exit(f"tests in a browser need one of {', '.join(NAMES)}; on Debian: apt-get install chromium", 2)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def layer(tmp_path_factory):
    return make_layer(tmp_path_factory.mktemp("layer"), n_neurons=24, n_images=400)


@pytest.fixture(scope="session")
def deep_layer(tmp_path_factory):
    """One that more than a linear map follows."""
    return make_layer(tmp_path_factory.mktemp("deep"), n_neurons=8, n_images=400, is_linear=False)


@pytest.fixture(scope="session")
def places_layer(tmp_path_factory):
    return make_layer(tmp_path_factory.mktemp("places"), n_neurons=8, n_images=400, grid=3)


@pytest.fixture(scope="session")
def large_layer(tmp_path_factory):
    concepts = [f"concept {number}" for number in range(600)]
    return make_layer(tmp_path_factory.mktemp("large"), n_neurons=2048, n_images=1500, concepts=concepts)


@pytest.fixture(scope="session")
def many_methods(tmp_path_factory):
    more = ["le_label", "le_siglip", "le_siglip_top5", "clip_dissect", "network_dissection"]
    return make_layer(tmp_path_factory.mktemp("many"), n_neurons=24, n_images=400, more_methods=more)


@pytest.fixture(scope="session")
def long_explanations(tmp_path_factory):
    concepts = [f"concept {number}" for number in range(40)]
    folder = tmp_path_factory.mktemp("long")
    return make_layer(folder, n_neurons=24, n_images=400, concepts=concepts, length=14)


class Watched:
    """What a page complained of, and what it asked for."""

    def __init__(self, page):
        self.problems, self.requests = [], []
        page.on("console", lambda message: self.problems.append(message.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", self._failed)

    def _failed(self, request) -> None:
        if request.failure != GIVEN_UP:
            self.problems.append(f"failed: {request.url}, {request.failure}")

    def check(self) -> None:
        assert self.problems == []
        assert self.requests and all(url.startswith("file://") for url in self.requests)


@pytest.fixture(params=[{"viewport": DESKTOP}])
def page(browser, request):
    """A new page, that is watched; parametrize it indirectly for another viewport or colour scheme."""
    context = browser.new_context(**{"viewport": DESKTOP, **request.param})
    page = context.new_page()
    page.set_default_timeout(8000)
    watched = Watched(page)
    yield page
    watched.check()
    context.close()


@pytest.fixture
def opened(page):
    """Opens an address and waits until it is drawn."""

    def open_address(address: str):
        page.goto("about:blank")
        page.goto(address)
        page.wait_for_selector("html.ready")
        return page

    return open_address
