"""Batches that a GPU has no memory for, with errors that are made up: halves of them give the same, in order."""

import weakref

import pytest
import torch
from torch import nn

from linexp.errors import LinexpError
from linexp.jobs import runtime
from linexp.jobs.gpu_memory import explained, map_what_fits, run_what_fits

FULL = "CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has a total capacity of 79.11 GiB of which 1 GiB is free"
WAYS_TO_SAY_IT = {
    "PyTorch": torch.OutOfMemoryError(FULL),
    "CUDA": RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    "cuBLAS": RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    "cuDNN": RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
}


class Card:
    """Doubles numbers, as long as they are no more than it has room for."""

    def __init__(self, room: int, error: Exception | None = None):
        self.room, self.error, self.tried = room, error or torch.OutOfMemoryError(FULL), []

    def __call__(self, batch):
        self.tried.append(len(batch))
        if len(batch) > self.room:
            raise self.error
        return batch * 2


@pytest.mark.parametrize("room", [1, 2, 3, 7, 8, 100])
@pytest.mark.parametrize("size", [1, 5, 8, 32])
def test_results_are_those_of_whole_batches_in_order_whatever_fits(room, size):
    batches = torch.arange(45).split(size)
    found = list(map_what_fits(Card(room), batches))
    assert torch.equal(torch.cat(found), torch.arange(45) * 2)
    assert max(map(len, found)) <= room


def test_a_batch_that_fits_is_not_cut():
    card = Card(8)
    assert [len(part) for part in map_what_fits(card, torch.arange(20).split(8))] == [8, 8, 4] == card.tried


def test_each_halving_is_one_line_in_the_log_and_holds_for_all_batches_that_follow(capsys):
    card = Card(3)
    list(map_what_fits(card, torch.arange(36).split(12)))
    assert card.tried == [12, 6] + 12 * [3]
    assert capsys.readouterr().err.splitlines() == [
        "the GPU has no memory for a batch of 12; going on with 6",
        "the GPU has no memory for a batch of 6; going on with 3",
    ]


@pytest.mark.parametrize("library", WAYS_TO_SAY_IT)
def test_whichever_library_runs_out_of_memory_batches_are_halved(library):
    found = list(map_what_fits(Card(2, WAYS_TO_SAY_IT[library]), [torch.arange(5)]))
    assert torch.equal(torch.cat(found), torch.arange(5) * 2)


def test_memory_that_runs_short_later_is_noticed_then():
    card = Card(4)
    found = []
    for part in map_what_fits(card, torch.arange(16).split(4)):
        found.append(part)
        card.room = 1 if len(found) == 2 else card.room
    assert [len(part) for part in found] == [4, 4] + 8 * [1]
    assert torch.equal(torch.cat(found), torch.arange(16) * 2)


def test_what_belongs_to_a_batch_is_cut_alike():
    letters = list("abcdefghij")
    card = Card(2)
    batches = [(torch.arange(5), letters[:5]), (torch.arange(5, 10), letters[5:])]
    found = list(run_what_fits(lambda numbers, names: [(card(numbers), names)], batches))
    pairs = [pair for numbers, names in found for pair in zip(numbers.tolist(), names, strict=True)]
    assert pairs == list(zip(range(0, 20, 2), letters, strict=True))


def test_what_was_given_before_memory_ran_out_is_given_again():
    def squares_then_cubes(numbers):
        yield "square", [number**2 for number in numbers.tolist()]
        if len(numbers) > 2:
            raise torch.OutOfMemoryError(FULL)
        yield "cube", [number**3 for number in numbers.tolist()]

    found = list(run_what_fits(squares_then_cubes, [(torch.arange(4),)]))
    halves = [("square", [0, 1]), ("cube", [0, 1]), ("square", [4, 9]), ("cube", [8, 27])]
    assert found == [("square", [0, 1, 4, 9]), *halves]


def test_what_filled_the_memory_is_let_go_before_the_halves():
    alive = []

    def run(batch):
        assert not any(reference() is not None for reference in alive)
        large = torch.zeros(len(batch))
        alive.append(weakref.ref(large))
        if len(batch) > 1:
            raise torch.OutOfMemoryError(FULL)
        return float(large)

    assert list(map_what_fits(run, [torch.arange(4)])) == [0] * 4
    assert len(alive) == 6


def test_one_image_that_does_not_fit_is_an_error_of_one_line():
    with pytest.raises(LinexpError) as caught:
        list(map_what_fits(Card(0), [torch.arange(4)]))
    message = str(caught.value)
    assert message.startswith(
        "the GPU has no memory for a batch of one (CUDA out of memory. Tried to allocate 2.00 GiB."
    )
    assert message.endswith("; end other processes that use it, or compute on the CPU with CUDA_VISIBLE_DEVICES=''")
    assert "\n" not in message


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), ValueError("out of memory is no subject here")])
def test_other_errors_stay_as_they_are(error):
    card = Card(2, error)
    with pytest.raises(type(error)) as caught:
        list(map_what_fits(card, [torch.arange(4)]))
    assert caught.value is error and card.tried == [4]
    assert explained(ValueError("out of memory is no subject here")) is None


def test_an_error_of_the_reader_is_not_taken_for_one_of_the_batch():
    card = Card(8)
    with pytest.raises(torch.OutOfMemoryError):
        for _ in map_what_fits(card, torch.arange(8).split(4)):
            raise torch.OutOfMemoryError(FULL)
    assert card.tried == [4]


TAKEN = RuntimeError("CUDA error: CUDA-capable device(s) is/are busy or unavailable\nCompile with `TORCH_USE_CUDA_DSA`")


@pytest.mark.parametrize(
    ("error", "begins", "ends"),
    [
        *((error, "the memory of the GPU is full (", "lower batch_size, end") for error in WAYS_TO_SAY_IT.values()),
        (TAKEN, "the GPU is taken (", "end the process that uses it"),
    ],
)
def test_a_job_that_gets_no_room_on_a_gpu_says_so_in_one_line(error, begins, ends, capsys):
    runtime._report_in_one_line(type(error), error, None)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"linexp: {begins}") and f"; {ends}" in line


def test_a_network_goes_to_the_device_and_computes_float32_there(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    network = nn.Linear(2, 2)
    assert runtime.on_device(network) is network
    assert next(network.parameters()).device.type == runtime.device()
    assert not torch.backends.cudnn.allow_tf32
