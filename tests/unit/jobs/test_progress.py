"""What long work says of itself."""

import sys

import h5py
import numpy as np

from linexp.artifacts.store import write_rows
from linexp.jobs.progress import progress


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
