"""What can be shown of models on an accelerator without having one."""

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench.model.boundary.placement import free_bytes
from sensbench.model.chunks import rows_at_once, rows_differentiated


def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))


def test_the_processor_tells_no_free_memory():
    assert free_bytes(torch.device("cpu")) is None


@pytest.mark.parametrize("free", [2**20, 2**30, 2**36])
def test_a_chunk_takes_a_part_of_an_accelerators_free_memory(free):
    rows = rows_at_once(12, 64, free)
    assert 1 <= rows <= 2**20
    assert rows * 64 * 8 <= free / 4
    assert rows_differentiated(rows, torch.device("cuda")) == rows


def test_the_free_memory_decides_how_many_rows_go_over_at_once(monkeypatch):
    model = sb.Model(net(), np.zeros((2, 3)))
    on_processor = model.chunk_rows
    monkeypatch.setattr("sensbench.model.model.free_bytes", lambda device: 2**33)
    assert model.chunk_rows > on_processor
    monkeypatch.setattr("sensbench.model.model.free_bytes", lambda device: 2**16)
    assert model.chunk_rows == 2**16 // 4 // (8 * 16 * 8)


def test_each_chunk_goes_over_once_and_comes_back_once(monkeypatch, rng):
    """One tensor of rows in and one of outputs out, whatever the number of layers and outputs."""
    model = sb.Model(net(), np.zeros((2, 3)))
    X = rng.normal(size=(1000, 3))
    model(X)  # with the checks
    monkeypatch.setattr("sensbench.model.chunks._CHUNK_ROWS", 250)
    moved, tensor = [], torch.tensor
    monkeypatch.setattr(torch, "tensor", lambda *a, **how: moved.append("in") or tensor(*a, **how))
    to_array = torch.Tensor.numpy
    monkeypatch.setattr(
        torch.Tensor, "numpy", lambda self, **how: moved.append("out") or to_array(self, **how)
    )
    with model.many_calls():
        moved.clear()
        model(X)
        seen = list(moved)
    assert seen.count("in") == 4
    assert seen.count("out") == 4
