"""Work on several threads gives what one thread gives, in order, and loses no error."""

import numpy as np
import pytest

from linexp.jobs.parallel import batched, blas_on_one_thread, for_slices, ordered_map


def _failing():
    yield 1
    raise ValueError("broken")


def test_an_error_while_items_are_made_reaches_the_reader():
    with pytest.raises(ValueError, match="broken"):
        list(ordered_map(lambda x: x, _failing(), 2))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_every_item_is_in_one_slice(threads, size):
    counts = np.zeros(50, int)

    def count(items: slice) -> None:
        counts[items] += 1

    for_slices(count, 50, threads, size)
    assert (counts == 1).all()


def test_an_error_in_a_slice_is_raised():
    with pytest.raises(ZeroDivisionError):
        for_slices(lambda items: 1 // (items.start - 4), 10, 2, 2)


def test_blas_gets_its_threads_back():
    from threadpoolctl import threadpool_info

    def blas_threads() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = blas_threads()
    with blas_on_one_thread():
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_batches_are_consecutive_and_the_last_may_be_shorter():
    assert list(batched(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
