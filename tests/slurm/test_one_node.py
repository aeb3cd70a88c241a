"""The cluster of these tests leaves a SLURM that is there alone, and nothing behind."""

import subprocess
from pathlib import Path

import pytest

from helpers import one_node


def test_the_configuration_is_removed_afterwards_and_what_else_is_there_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(one_node, "CONFIGURATION", tmp_path)
    (tmp_path / "plugstack.conf").write_text("of the package")
    with one_node.configured(tmp_path):
        assert {file.name for file in tmp_path.iterdir()} == {"plugstack.conf", "slurm.conf", "gres.conf"}
    assert {file.name for file in tmp_path.iterdir()} == {"plugstack.conf"}


@pytest.mark.parametrize("name", ["slurm.conf", "gres.conf"])
def test_a_configuration_that_is_there_is_not_touched(name, tmp_path, monkeypatch):
    monkeypatch.setattr(one_node, "CONFIGURATION", tmp_path)
    (tmp_path / name).write_text("of a real cluster")
    with pytest.raises(one_node.ClusterError, match="has a SLURM of its own"), one_node.configured(tmp_path):
        pass
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "of a real cluster")]


def test_installing_stops_with_a_message_where_there_is_a_slurm(cluster):
    done = subprocess.run([Path(__file__).with_name("install.sh")], capture_output=True, text=True)
    assert done.returncode == 3
    assert "/etc/slurm/slurm.conf exists" in done.stderr


def test_a_daemon_is_ended(tmp_path):
    with one_node.daemon(tmp_path, "sleep", "600") as process:
        assert process.poll() is None
    assert process.returncode is not None
