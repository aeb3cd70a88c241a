"""What all explanations of a neuron share, written and read, and scores that go by it, against those that do not."""

import numpy as np
import pytest
import torch
import torchvision
from torchvision.models.resnet import BasicBlock

from linexp.artifacts import store
from linexp.effects import shared_curves
from linexp.effects.ablation import Simulations, ablation_scores, shared_by_explanations
from linexp.effects.losses import CrossEntropy
from linexp.effects.tail_losses import ReplayedTailLosses
from linexp.networks.recording import record_activations
from linexp.networks.tails import ReplayedTail, split_network
from linexp.networks.units.neurons import Neurons

N_VAL, N_TEST, NEURONS = 120, 60, [3, 5, 8, 11]
ROWS = {"val": np.arange(N_VAL), "test": np.arange(N_VAL, N_VAL + N_TEST)}
PROVENANCE = store.Provenance("test", {}, "probe")


class CountingTail(ReplayedTail):
    """Counts the passes of the tail, as values of a neuron."""

    passed = 0

    def passes(self, rows, neurons, values):
        self.passed += sum(map(len, values))
        return super().passes(rows, neurons, values)


@pytest.fixture(scope="module")
def layer():
    """The tail behind a middle layer, and the losses on val and test."""
    torch.manual_seed(0)
    network = torchvision.models.ResNet(BasicBlock, [1, 1, 1, 1], num_classes=9).eval()
    images = torch.randn(N_VAL + N_TEST, 3, 32, 32)
    activations = torch.cat(list(record_activations(network, "layer2", Neurons("avg"), images.split(50)))).numpy()
    activations[:, 11] = 0.5  # never varies
    split = split_network(network, "layer2", images[:2])
    tail = CountingTail(split, lambda rows: images[torch.as_tensor(rows)].split(60), Neurons("avg"))
    labels = np.random.default_rng(0).integers(0, 9, N_VAL + N_TEST)
    losses = [
        ReplayedTailLosses(tail, rows, activations[rows], CrossEntropy(labels[rows]), 0.02, 33)
        for rows in ROWS.values()
    ]
    return tail, *losses


@pytest.fixture(scope="module")
def simulations(layer):
    """Of a fair explanation, a poor one, one with an outlier, and one that never varies."""
    _, val, test = layer
    q = np.concatenate([val.activations, test.activations])[:, NEURONS]
    noise = np.random.default_rng(1).normal(size=(2, *q.shape)) * q.std(axis=0)
    outlier = q.copy()
    outlier[7] = q.mean(axis=0) + 30 * q.std(axis=0)
    found = [2 * q + 0.7 * noise[0], q + 4 * noise[1], outlier, np.full_like(q, 0.3)]
    return Simulations([s[:N_VAL] for s in found], [s[N_VAL:] for s in found])


@pytest.fixture(scope="module")
def written(layer, tmp_path_factory):
    """What is shared, and the file that has it."""
    path = tmp_path_factory.mktemp("shared") / "curves.h5"
    found = dict(shared_by_explanations(*layer[1:], NEURONS))
    with store.create_arrays(path, PROVENANCE) as file:
        shared_curves.write(file, found.items())
    return found, path


def test_what_is_read_is_what_was_written_but_for_the_precision_of_curves(written):
    found, path = written
    assert list(found) == [3, 5, 8], "those that vary"
    with store.open_arrays(path) as file:
        read = shared_curves.reader(file)
        for number, expected in found.items():
            shared = read(number)
            assert (shared.on_val, shared.on_test) == (expected.on_val, expected.on_test)
            assert set(shared.on_test) == {"mean", "constant"}
            assert shared.constant == expected.constant
            np.testing.assert_allclose(shared.curve.coefficients, expected.curve.coefficients, rtol=1e-6, atol=1e-9)
            assert (shared.curve.low, shared.curve.high) == (expected.curve.low, expected.curve.high)
            assert shared.curve.error == expected.curve.error


def test_scores_on_shared_curves_are_those_on_curves_of_their_own(layer, simulations, written):
    _, val, test = layer
    for number in range(4):
        alone = Simulations([simulations.val[number]], [simulations.test[number]])
        with store.open_arrays(written[1]) as file:
            found = list(ablation_scores(val, test, NEURONS, alone, shared=shared_curves.reader(file)))
        own = ablation_scores(val, test, NEURONS, alone)
        for column, ((one,), (expected,)) in enumerate(zip(found, own, strict=True)):
            if NEURONS[column] == 11:
                assert one == expected and one.optim is None
                continue
            assert one.effect == pytest.approx(expected.effect, rel=1e-9) and one.effect > 1e-6
            assert one.norm == pytest.approx(expected.norm, abs=1e-9)
            assert one.constant == pytest.approx(expected.constant, abs=0.005)
            reached, before = (reached_on_val(val, simulations.val[number], column, score) for score in (one, expected))
            assert reached > before - 0.02
            if number != 2:  # a wider curve can show a better scale for an outlier
                assert reached == pytest.approx(before, abs=0.005)


def reached_on_val(val, simulated, column, score):
    """α on val of the scale that was found."""
    number, values = NEURONS[column], score.c * simulated[:, column].astype(float) + score.d
    mean = np.full(N_VAL, val.activations[:, number].mean(dtype=float))
    changed, ablated = np.abs(val.at([number], [np.stack([values, mean])])[0] - val.base).mean(axis=1)
    return 1 - changed / ablated


def test_an_explanation_more_takes_two_passes_a_neuron_unless_a_scale_lies_beyond_the_curves(
    layer, simulations, written
):
    tail, val, test = layer

    def passes(number, **options):
        before = tail.passed
        alone = Simulations([simulations.val[number]], [simulations.test[number]])
        with store.open_arrays(written[1]) as file:
            list(ablation_scores(val, test, NEURONS, alone, shared=shared_curves.reader(file), **options))
        return tail.passed - before

    assert passes(1) == 3 * (2 + 2), "three neurons that vary, on val and on test"
    assert passes(3) == 0, "a simulation that never varies is the best constant"
    assert passes(2) > 3 * (2 + 2 + 9), "the outlier lies beyond"
    assert passes(2, optimise=False) == 3 * (1 + 1)


def test_a_neuron_more_takes_its_own_passes_alone_and_what_is_kept_stays_as_it_is(layer, tmp_path, monkeypatch):
    tail, val, test = layer
    monkeypatch.chdir(tmp_path)
    path = "results/curves.h5"

    def make(neurons, **others):
        """As the script does; how often the tail is passed."""
        provenance = store.Provenance(
            "sample_curves", {"neurons": neurons, **others}, "probe", made_from={"results/activations.h5": "1"}
        )
        before, kept = tail.passed, np.intersect1d(shared_curves.kept(path, provenance), neurons)
        with store.create_arrays(path, provenance) as file:
            found = shared_by_explanations(val, test, np.setdiff1d(neurons, kept))
            shared_curves.write(file, shared_curves.with_kept(path, kept, found))
        return tail.passed - before

    def content():
        with store.open_arrays(path) as file:
            names = []
            file.visit(names.append)
            return {name: file[name][...].tobytes() for name in names if hasattr(file[name], "dtype")}

    passes = {number: make([number]) for number in (3, 5, 8)}
    assert make([5, 8]) == passes[5] and make([5, 8]) == passes[5] + passes[8], "what is asked for again is made again"
    assert make([3, 5, 8, 11]) == passes[3] > 0
    kept = content()
    assert make([3, 5, 8]) == 0
    assert make([3, 5, 8], most_nodes=17) == make([3, 5, 8, 11]) == sum(passes.values())
    assert content() == kept, "as if they were computed together"
    assert make([3, 8]) == 0
    damaged = bytearray((tmp_path / path).read_bytes())
    begin = damaged.index(kept["curves/3"])
    damaged[begin] ^= 255
    (tmp_path / path).write_bytes(damaged)
    assert make([3, 5, 8, 11]) == sum(passes.values())
    assert content() == kept


def test_without_a_search_there_are_no_curves(layer, tmp_path):
    tail, val, test = layer
    before = tail.passed
    found = dict(shared_by_explanations(val, test, NEURONS, optimise=False))
    assert tail.passed - before == 3 * 2
    with store.create_arrays(tmp_path / "curves.h5", PROVENANCE) as file:
        shared_curves.write(file, found.items())
        assert sorted(file) == ["mean_changes", "neurons"]
    with store.open_arrays(tmp_path / "curves.h5") as file:
        assert {number: shared_curves.reader(file)(number) for number in found} == found


def test_neurons_that_never_vary_leave_the_file_empty(layer, tmp_path):
    _, val, test = layer
    with store.create_arrays(tmp_path / "curves.h5", PROVENANCE) as file:
        shared_curves.write(file, shared_by_explanations(val, test, [11]))
    with store.open_arrays(tmp_path / "curves.h5") as file:
        constant = Simulations([np.ones((N_VAL, 1))], [np.ones((N_TEST, 1))])
        ((score,),) = ablation_scores(val, test, [11], constant, shared=shared_curves.reader(file))
    assert (score.optim, score.norm) == (None, None)
