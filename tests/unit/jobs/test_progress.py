"""What long work says of itself."""

import sys

import h5py
import numpy as np
import pytest

from linexp.artifacts.store import write_rows
from linexp.jobs.progress import duration, progress


def test_much_to_write_is_said_once_before_the_second_block_is_made(tmp_path, capsys):
    said = []

    def blocks():
        for _ in range(3):
            said.append(capsys.readouterr().err)
            yield np.zeros((9000, 1000), np.float32)

    with h5py.File(tmp_path / "a.h5", "w") as file:
        write_rows(file, "activations", blocks(), 27_000)
    assert said == ["", "activations: 27,000 rows of 1,000 values, 0.11 GB to write\n", ""]


def test_little_to_write_is_not_worth_a_line(tmp_path, capsys):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        write_rows(file, "activations", [np.zeros((90, 1000))], 90)
    assert not capsys.readouterr().err


def test_progress_yields_all_items_and_tells_their_number(capsys, monkeypatch):
    monkeypatch.setattr(sys, "__stderr__", None)
    assert list(progress(iter([[1, 2], [3]]), 3, "image", "embedding")) == [[1, 2], [3]]
    assert "embedding:   0%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (119, "119 s"), (121, "2 min"), (7_300, "2 h"), (1e6, "12 d")]
)
def test_a_time_is_in_the_unit_that_makes_it_a_small_number(seconds, words):
    assert duration(seconds) == words
