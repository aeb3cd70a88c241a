"""Which of the user's files a network's code is in."""

import pytest

from linexp.networks.user_code import files_behind


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(place, **files: str) -> None:
    for name, text in files.items():
        path = place / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_code_behind_a_module_is_its_file_and_what_that_imports_from_here(place):
    write(
        place,
        nets__models="import torch\nfrom . import blocks\nfrom .parts.heads import head\nimport shared\n",
        nets__blocks="from shared_too import x\n",
        nets__parts__heads="from .. import blocks\n",
        nets__other="",
        shared="import numpy, json\n",
        shared_too="",
        unused="",
    )
    (place / "nets/__init__.py").write_text("")
    expected = ["nets/__init__.py", "nets/blocks.py", "nets/models.py", "nets/parts/heads.py", "shared.py"]
    assert files_behind("nets.models") == [*expected, "shared_too.py"]


def test_a_module_that_is_installed_has_no_code_here_and_a_broken_one_is_left_to_the_job(place):
    assert files_behind("torchvision.models") == []
    write(place, broken="def f(:\n")
    assert files_behind("broken") == ["broken.py"]


def test_files_that_import_each_other_come_once(place):
    write(place, a="import b\n", b="import a\n")
    assert files_behind("a") == ["a.py", "b.py"]
