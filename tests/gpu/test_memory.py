"""Memory of a GPU: the same for few and for many images; where it is short, batches are halved."""

import pytest
import torch

from helpers.on_gpu import FLOAT32, GIB, difference, images, on_gpu, resnet, start_python
from linexp.concepts import image_text
from linexp.errors import LinexpError
from linexp.jobs.gpu_memory import map_what_fits
from linexp.networks.recording import record_activations
from linexp.networks.units.neurons import Neurons
from linexp.probes.batches import image_batches

SIZE = 224


def batches_of(n_images: int, batch_size: int):
    some = images(16, SIZE)
    return image_batches(range(n_images), lambda row: some[row % 16], batch_size, 4, "test")


def recorded(network, n_images: int, batch_size: int) -> torch.Tensor:
    return torch.cat(list(record_activations(network, "layer4", Neurons("avg"), batches_of(n_images, batch_size))))


def peak_of(work) -> int:
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    work()
    return torch.cuda.max_memory_allocated()


def test_the_peak_does_not_grow_with_the_number_of_images():
    network = on_gpu(resnet())
    recorded(network, 64, 32)
    few, many = (peak_of(lambda n=n: recorded(network, n, 32)) for n in (160, 1280))
    print(f"{torch.cuda.get_device_name()}: {few / GIB:.2f} GiB for 160 images, {many / GIB:.2f} GiB for 1,280")
    assert many <= 1.1 * few


def test_the_peak_of_embedding_does_not_grow_with_the_number_of_images():
    model = image_text.to_device(image_text.build({"model": "ViT-S-32-alt", "pretrained": "none"}))

    def embed(n_images: int) -> None:
        list(map_what_fits(model.embed_images, batches_of(n_images, 32)))

    embed(64)
    few, many = (peak_of(lambda n=n: embed(n)) for n in (160, 1280))
    print(f"{torch.cuda.get_device_name()}: {few / GIB:.2f} GiB for 160 images, {many / GIB:.2f} GiB for 1,280")
    assert many <= 1.1 * few


@pytest.fixture
def limited():
    """A function that leaves this process so many bytes of the GPU."""

    def limit(n_bytes: float) -> None:
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(n_bytes / torch.cuda.get_device_properties(0).total_memory)

    yield limit
    torch.cuda.set_per_process_memory_fraction(1.0)


def halvings(capsys) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if "no memory for a batch of" in line]


def test_batches_are_halved_where_memory_is_short_and_give_the_same(limited, capsys):
    network = on_gpu(resnet())
    expected = recorded(network, 512, 32)
    limited(torch.cuda.memory_allocated() + 1.5 * GIB)  # a batch of 256 needs about 2
    found = recorded(network, 512, 256)
    assert difference(found, expected) < FLOAT32
    lines = halvings(capsys)
    assert lines[0].startswith("the GPU has no memory for a batch of 256; going on with 128")
    assert len(lines) <= 4, "each size is tried once"


def test_batches_that_do_not_even_get_to_the_gpu_are_halved_too(limited, capsys):
    network = on_gpu(resnet())
    expected = recorded(network, 512, 32)
    limited(torch.cuda.memory_allocated() + 0.25 * GIB)  # 512 images take 0.29
    assert difference(recorded(network, 512, 512), expected) < FLOAT32
    assert halvings(capsys)


def test_one_image_that_does_not_fit_is_an_error_of_one_line(limited):
    network = on_gpu(resnet())
    limited(torch.cuda.memory_allocated() + 2**20)
    with pytest.raises(LinexpError, match="the GPU has no memory for a batch of one \\(CUDA out of memory") as caught:
        list(record_activations(network, "layer4", Neurons("avg"), images(4, 1024).split(2)))
    assert "\n" not in str(caught.value)


# --- two processes

HOLD = """
import torch
left, held = float(sys.stdin.readline()), []
while (spare := torch.cuda.mem_get_info()[0] - left) > 2**26:
    held.append(torch.empty(int(min(2**30, spare - 2**25)), dtype=torch.uint8, device="cuda"))
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def other_process():
    """A function that lets another process take all of the GPU but so many bytes."""
    process = start_python(HOLD)

    def hold(left: float) -> None:
        print(left, file=process.stdin, flush=True)
        assert process.stdout.readline() == "held\n", process.stderr.read()

    yield hold
    process.kill()
    process.communicate()


def test_beside_a_process_that_fills_the_gpu_batches_are_halved(other_process, capsys):
    network = on_gpu(resnet())
    expected = recorded(network, 256, 16)
    torch.cuda.empty_cache()
    other_process(1.2 * GIB)
    assert difference(recorded(network, 512, 256)[:256], expected) < FLOAT32
    assert halvings(capsys)


START = """
import os
from types import SimpleNamespace
import linexp
from linexp.jobs import runtime
from helpers.on_gpu import resnet
runtime.start(SimpleNamespace(log=[], scriptdir=os.path.dirname(linexp.__path__[0])))
network = resnet()
sys.stdin.readline()
runtime.on_device(network)
"""


def test_a_job_that_finds_the_gpu_full_says_so_in_one_line(other_process):
    late = start_python(START)
    other_process(0)
    late.stdin.write("go on\n")
    _, said = late.communicate(timeout=120)
    print(said)
    (line,) = said.splitlines()
    assert line.startswith("linexp: the memory of the GPU is full (") and late.returncode == 1


BESIDE = """
import torch
from helpers.on_gpu import images, on_gpu, resnet
from linexp.networks.recording import record_activations
from linexp.networks.units.neurons import Neurons
from linexp.probes.batches import image_batches
network, some = on_gpu(resnet()), images(16, 224)
print("ready", flush=True)
sys.stdin.readline()
batches = image_batches(range(512), lambda row: some[row % 16], 64, 4, "test")
print(float(torch.cat(list(record_activations(network, "layer4", Neurons("avg"), batches))).double().sum()))
"""


def test_two_jobs_at_the_same_time_give_what_each_gives_alone():
    network = on_gpu(resnet())
    alone = float(recorded(network, 512, 64).double().sum())
    jobs = [start_python(BESIDE) for _ in range(2)]
    assert [job.stdout.readline() for job in jobs] == ["ready\n"] * 2
    for job in jobs:
        print("go on", file=job.stdin, flush=True)
    sums = [float(job.communicate(timeout=120)[0]) for job in jobs]
    assert sums == pytest.approx([alone, alone], rel=1e-5)
