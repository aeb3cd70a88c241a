"""How a figure is written: texts stay texts, and letters that no font has are told."""

import warnings
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.figure import Figure

from linexp.figures.style import STYLE, save_figure

TEXT = "{http://www.w3.org/2000/svg}text"


def drawn(said: str) -> Figure:
    with matplotlib.rc_context(STYLE):
        figure = Figure()
        figure.text(0.5, 0.5, said)
    return figure


def test_text_in_svg_is_text_that_is_escaped(tmp_path):
    save_figure(drawn('hot <dog> & "x"'), tmp_path / "a.svg", "svg")
    texts = [one.text for one in ElementTree.parse(tmp_path / "a.svg").iter(TEXT)]
    assert texts == ['hot <dog> & "x"']


def test_a_pdf_has_its_fonts_its_provenance_and_no_date(tmp_path):
    for name in ("a.pdf", "b.pdf"):
        save_figure(drawn("snow"), tmp_path / name, "pdf", {"linexp_version": "1"})
    written = (tmp_path / "a.pdf").read_bytes()
    assert written == (tmp_path / "b.pdf").read_bytes()
    assert b"linexp_version: 1" in written and b"/FontFile2" in written
    assert b"CreationDate" not in written


@pytest.mark.parametrize("format", ["png", "pdf"])
def test_letters_that_no_font_has_are_told_in_one_line(tmp_path, capfd, format):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(drawn("\U0001fadf\U000e9999 snow"), tmp_path / f"a.{format}", format)
        assert len(capfd.readouterr().err.splitlines()) == 1
        save_figure(drawn("snow"), tmp_path / f"a.{format}", format)
        assert capfd.readouterr().err == ""
