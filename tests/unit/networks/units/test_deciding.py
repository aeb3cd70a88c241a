"""Where a file leaves open whether b_dec is subtracted, both are tried on images, and the better is taken and kept."""

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import nn

from linexp.artifacts import store
from linexp.errors import LinexpError
from linexp.networks.recording import decide_units
from linexp.networks.units.encoded import EncodedUnits
from linexp.networks.units.opening import open_units

WIDTH = 6
PROVENANCE = store.Provenance("test", {}, "probe")
RNG = np.random.default_rng(2)
DICTIONARY = np.linalg.qr(RNG.normal(size=(WIDTH, WIDTH)))[0]
BIAS = RNG.normal(size=WIDTH)


def entry_of(folder, bias: np.ndarray = BIAS, folded: bool = False, **given) -> dict:
    """Of a file that does not say whether its bias is subtracted: features are read along orthogonal directions.

    Parameters
    ----------
    folded
        Whether `b_enc` has what subtracting b_dec does, as if it was trained without.
    """
    parts = {"W_enc": DICTIONARY.T, "b_enc": -folded * DICTIONARY @ bias, "W_dec": DICTIONARY, "b_dec": bias}
    save_file({name: np.ascontiguousarray(part) for name, part in parts.items()}, folder / "sae.safetensors")
    return {"sae": str(folder / "sae.safetensors"), "activation": "relu", **given}


def opened(entry: dict, activations=None) -> EncodedUnits:
    layer = {"module": "0", "pool": "none", "channels": "first", "units": entry}
    units = open_units(layer, activations)
    assert isinstance(units, EncodedUnits)
    return units


def neurons(n: int = 40) -> np.ndarray:
    """The autoencoder reconstructs them exactly if its bias is subtracted once."""
    return np.abs(np.random.default_rng(3).normal(size=(n, WIDTH))) @ DICTIONARY + BIAS


def literal_features(x: np.ndarray, times: int) -> np.ndarray:
    """With the bias subtracted so many times."""
    return np.maximum((x - times * BIAS) @ DICTIONARY.T, 0)


def literal_left(x: np.ndarray, times: int) -> float:
    decoded = literal_features(x, times) @ DICTIONARY + BIAS
    return ((x - decoded) ** 2).sum() / ((x - x.mean(axis=0)) ** 2).sum()


def decide(units: EncodedUnits, x: np.ndarray) -> None:
    """As images of a network whose layer gives them as they are."""
    network = nn.Sequential(nn.Flatten()).double().eval()
    decide_units(network, "0", units, torch.from_numpy(x).reshape(len(x), 3, 2, 1).split(16))


@pytest.mark.parametrize("folded", [False, True])
def test_the_way_that_leaves_less_is_taken_said_and_read_by(folded, tmp_path, capsys):
    x, units = neurons(), opened(entry_of(tmp_path, folded=folded))
    left = {way: literal_left(x, folded + way) for way in (True, False)}
    assert units.is_undecided
    decide(units, x)
    assert not units.is_undecided
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"taken is subtract_bias: {str(not folded).lower()}" in said
    assert f" {max(left.values()):.3g} " in said, "what the other leaves is said, too"
    found = units.read(torch.from_numpy(x))
    np.testing.assert_allclose(found, literal_features(x, 1), rtol=0, atol=1e-5)
    told = units.told()
    assert told["subtract_bias"] is not folded
    assert told["variance_left"] == pytest.approx(0, abs=1e-9)


def test_other_jobs_read_as_was_recorded(tmp_path):
    entry, x = entry_of(tmp_path), torch.from_numpy(neurons())
    for way in (True, False):
        with store.create_arrays(tmp_path / "activations.h5", PROVENANCE) as file:
            file.attrs["subtract_bias"] = way
        found = opened(entry, tmp_path / "activations.h5").read(x)
        torch.testing.assert_close(found, opened(entry | {"subtract_bias": way}).read(x), rtol=0, atol=0)


def test_an_entry_that_says_it_is_not_tried(tmp_path):
    for way in (True, False):
        assert not opened(entry_of(tmp_path, subtract_bias=way)).is_undecided


def test_without_a_bias_there_is_nothing_to_decide(tmp_path):
    assert not opened(entry_of(tmp_path, bias=np.zeros(WIDTH))).is_undecided


def test_ways_that_are_alike_are_refused_and_the_entry_has_to_say(tmp_path):
    x, entry = neurons(), entry_of(tmp_path, bias=1e-4 * BIAS)
    x = x + np.random.default_rng(5).normal(size=x.shape)  # so that both leave something
    with pytest.raises(LinexpError, match=r"does not tell how it was trained; say in the entry which it is") as caught:
        decide(opened(entry), x)
    assert "\n" not in str(caught.value)
    units = opened(entry | {"allow_poor_reconstruction": True})
    decide(units, x)
    assert not units.is_undecided


def test_units_are_not_read_before_that_is_decided(tmp_path):
    with pytest.raises(ValueError, match="whether b_dec is subtracted is not decided"):
        opened(entry_of(tmp_path)).read(torch.from_numpy(neurons()))
