"""Batches of images: what preprocessing gives, bit for bit, decoded once, few at a time and on few threads."""

import io
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
import torch
from PIL import Image

from linexp.errors import LinexpError
from linexp.jobs.parallel import ordered_map
from linexp.networks.targets import given_preprocessing
from linexp.probes.batches import (
    IMAGES_TOGETHER,
    ImageRows,
    batches_of_rows,
    decoded_batches,
    image_batches,
    rows_of_block,
)

PREPROCESS = given_preprocessing([0.4, 0.5, 0.6], [0.2, 0.3, 0.4], resize=40, crop=32, interpolation="bicubic")


class Jpegs:
    """Pictures of several sizes, decoded when they are asked for; the rows that were, in `asked`."""

    def __init__(self, n_images: int):
        rng = np.random.default_rng(0)
        self._contents = []
        for number in range(n_images):
            coarse = Image.fromarray(rng.integers(0, 256, (5, 5, 3), np.uint8))
            content = io.BytesIO()
            coarse.resize((60 + number % 7, 50 + number % 5), Image.Resampling.BICUBIC).save(content, "JPEG")
            self._contents.append(content)
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self._contents)

    def __getitem__(self, row: int) -> Image.Image:
        self.asked.append(row)
        return Image.open(self._contents[row]).convert("RGB")


@pytest.mark.parametrize("batch_size", [1, 3, 8, 50])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_batches_are_what_preprocessing_gives_bit_for_bit_and_each_image_is_decoded_once(batch_size, threads):
    images = Jpegs(21)
    plain = torch.stack([PREPROCESS(images[row]) for row in range(21)])
    images.asked.clear()
    batches = list(decoded_batches(images, PREPROCESS, batch_size, threads))
    assert sorted(images.asked) == list(range(21))
    assert [len(batch) for batch in batches] == [len(part) for part in plain.split(batch_size)]
    assert all(batch.dtype == torch.float32 and batch.is_contiguous() for batch in batches)
    assert torch.equal(torch.cat(batches), plain)


@pytest.mark.parametrize("inference", [False, True])
def test_a_batch_that_is_kept_is_not_written_over(inference):
    """Nor are its parts, nor a network's input in inference mode."""

    def preprocess(number: int) -> torch.Tensor:
        return torch.full((3, 2, 2), float(number))

    with torch.inference_mode(inference):
        kept = [batch[:1, 0] for batch in image_batches(range(100), preprocess, 4, 3, "test")]
    assert [int(part[0, 0, 0]) for part in kept] == list(range(0, 100, 4))


def test_images_are_not_decoded_far_ahead_of_the_reader():
    asked: list[int] = []

    def preprocess(number: int) -> torch.Tensor:
        asked.append(number)
        return torch.zeros(3, 2, 2)

    threads_before = threading.active_count()
    batches = decoded_batches(range(400), preprocess, 16, 2)
    for number in range(1, 5):
        next(batches)
        wait_for_idle_workers(asked)
        assert 16 * number <= len(asked) <= 16 * (number + 1)
    batches.close()
    assert threading.active_count() == threads_before


def wait_for_idle_workers(asked: list[int]) -> None:
    """Until nothing has been asked for during a tenth of a second."""
    count = -1
    while count != len(asked):
        count = len(asked)
        threading.Event().wait(0.1)


def test_workers_compute_on_one_thread_and_the_reader_on_as_many_as_before():
    seen: set[int] = set()

    def preprocess(number: int) -> torch.Tensor:
        seen.add(torch.get_num_threads())
        return torch.zeros(3, 2, 2)

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        for _ in decoded_batches(range(30), preprocess, 4, 2):
            assert torch.get_num_threads() == 3
        assert torch.get_num_threads() == 3 and seen == {1}
    finally:
        torch.set_num_threads(before)


def test_the_first_thread_of_a_process_keeps_its_number_of_threads():
    """PyTorch lets a thread that never asked for its number take that of another one."""

    def told(work: str) -> str:
        code = (
            f"import torch; from linexp.probes.batches import decoded_batches; {work}; print(torch.get_num_threads())"
        )
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert told("list(decoded_batches(range(9), lambda number: torch.zeros(3, 2, 2), 4, 2))") == told("pass")


@pytest.mark.parametrize("threads", [1, 4])
def test_images_of_two_sizes_in_a_batch_need_a_resize(threads):
    def preprocess(number: int) -> torch.Tensor:
        return torch.zeros(3, 4, 4 + (number == 5))

    with pytest.raises(LinexpError, match="preprocess: it leaves images of 4x4 and of 4x5 pixels; give a resize"):
        list(decoded_batches(range(12), preprocess, 12, threads))


def test_batches_of_one_image_may_be_of_different_sizes():
    sizes = [batch.shape[2:] for batch in decoded_batches(range(1, 9), lambda n: torch.zeros(3, n, 2 * n), 1, 3)]
    assert sizes == [(n, 2 * n) for n in range(1, 9)]


def test_an_image_that_cannot_be_decoded_is_an_error():
    images = ImageRows(["good", "good", "bad", "good"], [0, 3, 2])

    def preprocess(image: str) -> torch.Tensor:
        if image == "bad":
            raise LinexpError("image bad has changed")
        return torch.zeros(3, 2, 2)

    with pytest.raises(LinexpError, match="image bad has changed"):
        list(decoded_batches(images, preprocess, 8, 2))


def test_a_map_holds_few_results():
    class Result:
        pass

    alive: weakref.WeakSet[Result] = weakref.WeakSet()

    def make(_number: int) -> Result:
        result = Result()
        alive.add(result)
        return result

    most = 0
    for _ in ordered_map(make, range(200), 2, ahead=5):
        most = max(most, len(alive))
    assert 1 < most <= 7


@pytest.mark.parametrize("n_images", [0, 1, 2048, 2049, 20_000])
@pytest.mark.parametrize("batch_size", [64, 100, 5000])
def test_an_image_is_in_the_same_batch_whatever_the_blocks(n_images, batch_size):
    whole = [list(rows) for rows in batches_of_rows(n_images, batch_size)]
    assert [row for batch in whole for row in batch] == list(range(n_images))
    assert max(map(len, whole), default=0) <= batch_size
    assert rows_of_block(None, n_images) == range(n_images)
    for n in (1, 3, 7, 30):
        blocks = [rows_of_block((number, n), n_images) for number in range(1, n + 1)]
        cut = [[rows[row] for row in batch] for rows in blocks for batch in batches_of_rows(len(rows), batch_size)]
        assert cut == whole
        assert all(rows.start % IMAGES_TOGETHER == 0 for rows in blocks if rows)
