"""Tests on a GPU, beside the same on the CPU; skipped where PyTorch finds none."""

import pytest
import torch


@pytest.fixture(autouse=True)
def gpu():
    if not torch.cuda.is_available():
        pytest.skip("PyTorch finds no GPU that it can use")
    yield
    torch.cuda.empty_cache()
