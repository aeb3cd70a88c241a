"""The folder is whole, or its page is not there."""

import pytest

from helpers.made_up_layer import make_layer
from linexp.errors import LinexpError
from linexp.explorer import thumbnails


def test_a_failure_leaves_no_page_and_no_half_folder(tmp_path, monkeypatch):
    layer = make_layer(tmp_path, n_neurons=6, n_images=60)
    before = sorted((layer.page.parent / "data").rglob("*"))

    def broken(image):
        raise LinexpError("image x cannot be decoded; repair it")

    monkeypatch.setattr(thumbnails, "thumbnail", broken)
    with pytest.raises(LinexpError, match="image x"):
        make_layer(tmp_path, n_neurons=6, n_images=60, seed=1)
    assert not layer.page.exists()
    assert sorted((layer.page.parent / "data").rglob("*")) == before
    assert {path.name for path in layer.page.parent.iterdir()} == {"data", ".records"}
