"""Weights: what is written comes back, what does not fit is named, and no code in a file is ever run."""

import codecs
import gzip
import pickle
import tarfile
import warnings
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from linexp.artifacts.seals import Provenance
from linexp.artifacts.weights import load_weights, read_weights, write_weights
from linexp.errors import LinexpError

PROVENANCE = Provenance("test", {}, "")


def network(seed: int = 0, width: int = 4) -> nn.Sequential:
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.Flatten())
    net[1].running_mean += torch.randn(width)
    return net


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


SAVED = network(1).state_dict()


def save(path: Path, content) -> Path:
    if path.suffix == ".safetensors":
        write_weights(path, content, PROVENANCE)
    else:
        torch.save(content, path)
    return path


def loaded(path: Path) -> dict:
    net = network(2)
    load_weights(net, path)
    return net.state_dict()


@pytest.mark.parametrize("suffix", ["safetensors", "pth", "pt", "ckpt"])
def test_weights_come_back_into_a_network(tmp_path, suffix):
    path = save(tmp_path / f"w.{suffix}", SAVED)
    assert same(read_weights(path), SAVED)
    net = network(2)
    assert not same(net.state_dict(), SAVED)
    load_weights(net, path)
    assert same(net.state_dict(), SAVED)


@pytest.mark.parametrize("wrapping", ["state_dict", "model", "model_state_dict", "my_network"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_wrapped_and_prefixed_checkpoints_are_unwrapped(tmp_path, wrapping, prefix):
    inner = OrderedDict((prefix + name, tensor) for name, tensor in SAVED.items())
    path = save(tmp_path / "w.pth", {"epoch": 3, wrapping: inner, "best": 0.5})
    assert same(read_weights(path), inner)
    assert same(loaded(path), SAVED)
    assert same(loaded(save(tmp_path / "bare.pth", inner)), SAVED)


def test_the_weights_beside_an_optimizer_s_state_are_taken(tmp_path):
    net = network(1)
    optimizer = torch.optim.Adam(net.parameters())
    net[0].weight.sum().backward()
    optimizer.step()
    path = save(tmp_path / "w.ckpt", {"optimizer": optimizer.state_dict(), "net": net.state_dict(), "epoch": 3})
    assert same(read_weights(path), net.state_dict())


def test_where_several_could_be_meant_they_are_named(tmp_path):
    path = save(tmp_path / "w.pth", {"generator": SAVED, "critic": SAVED})
    assert "have several mappings of tensors (generator, critic); save one of them alone" in refusal(path)


@pytest.mark.parametrize("prefix", ["_orig_mod.", "model.", "module._orig_mod.", "_orig_mod.module.", "model.module."])
def test_prefixes_that_all_names_share_are_removed_where_the_rest_fits(tmp_path, prefix):
    net = network(2)
    load_weights(net, save(tmp_path / "w.pth", {prefix + name: tensor for name, tensor in SAVED.items()}))
    assert same(net.state_dict(), SAVED)
    inside = nn.Sequential(OrderedDict(model=network(3)))
    load_weights(inside, save(tmp_path / "inside.pth", {f"model.{name}": tensor for name, tensor in SAVED.items()}))
    assert same(inside.model.state_dict(), SAVED)


def test_half_precision_is_loaded_as_it_is_written(tmp_path):
    halves = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in SAVED.items()}
    net = network(2)
    load_weights(net, save(tmp_path / "w.pth", halves))
    assert same(net.state_dict(), {name: tensor.to(SAVED[name].dtype) for name, tensor in halves.items()})


@pytest.mark.parametrize("other", ["model_ema", "ema", "teacher"])
def test_weights_beside_their_average_are_not_chosen_for_the_user(tmp_path, other):
    average = OrderedDict(n_averaged=torch.tensor(3)) | {"module." + name: tensor for name, tensor in SAVED.items()}
    path = save(tmp_path / "w.pth", {"model": SAVED, other: average, "epoch": 3})
    assert f"have several mappings of tensors (model, {other}); save one of them alone" in refusal(path)
    assert same(loaded(save(tmp_path / "loss.pth", {"model": SAVED, other: {"weight": torch.zeros(3)}})), SAVED)


@pytest.mark.parametrize(
    ("prefix", "further", "said"),
    [
        ("module.", ["n_averaged"], "those under `module.` are taken; left out: n_averaged"),
        ("model.", ["criterion.weight", "loss.pos_weight"], "left out: criterion.weight, loss.pos_weight"),
        ("encoder.", ["decoder.0.weight", "queue"], "those under `encoder.` are taken"),
        (
            "net.backbone.",
            [f"net.head.{number}" for number in range(5)],
            "net.head.0, net.head.1, net.head.2 and 2 more",
        ),
        ("trunk.", [], ""),
    ],
)
def test_what_fits_under_one_prefix_is_taken_and_the_rest_is_said(tmp_path, capsys, prefix, further, said):
    state = {name: torch.zeros(2) for name in further} | {prefix + name: tensor for name, tensor in SAVED.items()}
    assert same(loaded(save(tmp_path / "w.pth", {"state_dict": state, "epoch": 3})), SAVED)
    assert said in (line := capsys.readouterr().err) and bool(line) == bool(further)


def test_what_fits_under_several_prefixes_or_under_none_is_refused_with_them(tmp_path):
    twice = {f"{side}.{name}": tensor for side in ("student", "teacher") for name, tensor in SAVED.items()}
    assert "fit the network under `student.` and `teacher.`; save one of them alone" in refusal(
        save(tmp_path / "twice.pth", twice)
    )
    other = {f"backbone.{name.replace('1.', 'norm.')}": tensor for name, tensor in SAVED.items()} | {"n": torch.ones(1)}
    assert (
        ", under `backbone.`, have no 1.weight, 1.bias, 1.running_mean and 1 more, which the network needs, "
        "but norm.weight, norm.bias, norm.running_mean and 2 more; do they belong to it?"
    ) in refusal(save(tmp_path / "other.pth", other))
    inside = {name: tensor for name, tensor in SAVED.items()} | {
        f"model.{name}": tensor for name, tensor in SAVED.items()
    }
    assert "have model.0.weight, model.0.bias, model.1.weight and 4 more, which the network does not know" in refusal(
        save(tmp_path / "inside.pth", inside)
    )


WEB_PAGE = "are a web page, not weights; download them again"
NO_WEIGHTS = {
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "are a Git LFS pointer"),
    "HTML": (b"\n<!DOCTYPE html><html><body>Quota exceeded</body></html>", WEB_PAGE),
    "HTML without a type": (b"<html>404</html>", WEB_PAGE),
    "HTML behind a BOM": (codecs.BOM_UTF8 + b"<!doctype html>" + "é".encode() * 200, WEB_PAGE),
    "HTML in UTF-16": ("<html>404</html>".encode("utf-16"), WEB_PAGE),
    "XML": (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "are XML, not weights; see what it says"),
    "JSON": (b'{"error": "not found"}', "are JSON, not weights"),
    "an index": (b' [{"weight_map": {}}]', "are JSON, not weights"),
    "text": (b"Not Found", "are plain text, not weights; see what it says"),
    "gzip": (gzip.compress(b"weights"), "are compressed by gzip; unpack them with gunzip"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(90), "are HDF5, as of Keras; save the network's state_dict with PyTorch"),
    "NumPy": (b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'", "are an array of NumPy"),
}


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
@pytest.mark.parametrize("kind", NO_WEIGHTS)
def test_what_is_no_file_of_weights_is_told(tmp_path, suffix, kind):
    content, said = NO_WEIGHTS[kind]
    path = tmp_path / f"w.{suffix}"
    path.write_bytes(content)
    assert said in refusal(path)


def test_archives_of_something_else_are_told(tmp_path):
    np.savez(tmp_path / "w.npz", kernel=np.zeros(3))
    assert "are a zip archive (of kernel.npy), not of torch.save" in refusal(tmp_path / "w.npz")
    torch.save(SAVED, tmp_path / "inside.pth")
    with tarfile.open(tmp_path / "w.pth.tar", "w") as archive:
        archive.add(tmp_path / "inside.pth", "inside.pth")
    assert "are a tar archive; unpack it" in refusal(tmp_path / "w.pth.tar")


@pytest.mark.parametrize(("suffix", "other"), [("pth", "safetensors"), ("safetensors", "bin")])
def test_the_content_tells_the_format_and_not_the_name(tmp_path, suffix, other):
    path = save(tmp_path / f"w.{suffix}", SAVED).rename(tmp_path / f"renamed.{other}")
    assert same(read_weights(path), SAVED)


def test_files_of_pytorch_before_1_6_are_read(tmp_path):
    torch.save(SAVED, tmp_path / "w.pth", _use_new_zipfile_serialization=False)
    assert same(read_weights(tmp_path / "w.pth"), SAVED)


def test_a_torchscript_archive_is_told_in_one_line(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(nn.Linear(2, 2)).save(tmp_path / "w.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "are a TorchScript archive; save its state_dict alone" in refusal(tmp_path / "w.pt")


def test_a_module_that_is_called_module_keeps_its_name(tmp_path):
    net = nn.Sequential(OrderedDict(module=nn.Linear(2, 2), head=nn.Linear(2, 2)))
    path = save(tmp_path / "w.safetensors", net.state_dict())
    load_weights(net, path)
    assert "module.weight" in read_weights(path)


def test_files_of_old_may_lack_the_counters_of_batch_norms(tmp_path):
    old = {name: tensor for name, tensor in SAVED.items() if name != "1.num_batches_tracked"}
    net = network(2)
    load_weights(net, save(tmp_path / "w.pth", old))
    assert same(net.state_dict(), SAVED)


def test_half_precision_weights_fill_a_float32_network(tmp_path):
    half = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in SAVED.items()}
    net = network(2)
    load_weights(net, save(tmp_path / "w.safetensors", half))
    assert net[0].weight.dtype == torch.float32
    assert torch.equal(net[0].weight, half["0.weight"].float())


def test_tensors_that_share_memory_or_are_strided_are_written_whole(tmp_path):
    base = torch.arange(12.0).reshape(3, 4)
    state = {"a": base, "same": base, "turned": base.T, "part": base[:, 1], "parameter": nn.Parameter(base)}
    assert same(read_weights(save(tmp_path / "w.safetensors", state)), {n: t.detach() for n, t in state.items()})


def test_the_same_weights_are_the_same_bytes(tmp_path):
    written = set()
    settings = {"a": 1, "b": 2}
    for _ in range(4):
        settings = dict(reversed(settings.items()))
        write_weights(tmp_path / "w.safetensors", SAVED, Provenance("rule", settings, "f"))
        written.add((tmp_path / "w.safetensors").read_bytes())
    assert len(written) == 1
    assert b"probe_fingerprint" in written.pop()


def test_a_write_that_fails_leaves_no_file(tmp_path):
    with pytest.raises(AttributeError):
        write_weights(tmp_path / "w.safetensors", {"a": "no tensor"}, PROVENANCE)
    assert list(tmp_path.iterdir()) == []


def refusal(path: Path, net: nn.Module | None = None) -> str:
    with pytest.raises(LinexpError) as caught:
        load_weights(net or network(2), path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message and ";" in message
    return message


def test_a_wrong_shape_is_named_with_both_shapes(tmp_path):
    message = refusal(save(tmp_path / "w.pth", network(1, width=5).state_dict()))
    assert "have 0.weight of shape (5, 3, 3, 3), the network needs (4, 3, 3, 3)" in message


def test_a_missing_and_a_surplus_name_are_named(tmp_path):
    lacking = {name: tensor for name, tensor in SAVED.items() if name != "1.running_var"}
    assert "have no 1.running_var, which the network needs" in refusal(save(tmp_path / "w.pth", lacking))
    surplus = SAVED | {"9.bias": torch.zeros(2)}
    assert "have 9.bias, which the network does not know" in refusal(save(tmp_path / "w.pth", surplus))


def test_a_refused_file_leaves_the_network_as_it_was(tmp_path):
    net = network(2)
    refusal(save(tmp_path / "w.pth", SAVED | {"9.bias": torch.zeros(2)}), net)
    assert same(net.state_dict(), network(2).state_dict())


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
@pytest.mark.parametrize("keep", [0, 5, 100, 0.5, -1])
def test_a_truncated_file_is_named(tmp_path, suffix, keep):
    path = save(tmp_path / f"w.{suffix}", SAVED)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole))] if isinstance(keep, float) else whole[:keep])
    assert "cannot be read" in refusal(path)


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
@pytest.mark.parametrize("content", [b"hello world, this is no file of weights", b"\x80\x02N.", b"\x00" * 300])
def test_a_file_of_something_else_is_named(tmp_path, suffix, content):
    path = tmp_path / f"w.{suffix}"
    path.write_bytes(content)
    refusal(path)


@pytest.mark.parametrize("content", [torch.zeros(3), [torch.zeros(3)], {"epoch": 3}, {"a": torch.zeros(1), "b": 2}])
def test_a_file_without_a_state_dictionary_is_named(tmp_path, content):
    assert "not a mapping of names to tensors; save the state_dict alone" in refusal(save(tmp_path / "w.pth", content))


class Code:
    """Unpickled by plain pickle, it writes a file."""

    def __init__(self, place: Path):
        self.place = place

    def __reduce__(self):
        return Path.write_text, (self.place, "run")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("way", ["torch", "pickle"])
def test_code_in_a_file_is_refused_and_not_run(tmp_path, way):
    trace, path = tmp_path / "trace", tmp_path / "w.pth"
    content = {"0.weight": Code(trace)}
    if way == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    assert "hold more than tensors; save the state_dict alone" in refusal(path)
    assert not trace.exists()
    pickle.loads(pickle.dumps(content))
    assert trace.exists(), "the code would have run"


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_whole_network_is_refused(tmp_path):
    assert "hold more than tensors" in refusal(save(tmp_path / "w.pth", network()))


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "do not exist; correct the path" in refusal(tmp_path / "w.pth")
    assert "do not exist; correct the path" in refusal(tmp_path)


def test_a_flipped_bit_anywhere_is_never_read_as_other_weights(tmp_path):
    path = save(tmp_path / "w.safetensors", SAVED)
    whole, refused = path.read_bytes(), 0
    for place in range(0, len(whole) * 8, 7):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        path.write_bytes(content)
        try:
            assert same(read_weights(path), SAVED), place
        except LinexpError as error:
            assert str(error).startswith(f"weights {path} ") and "\n" not in str(error)
            refused += 1
    assert refused > 1000
