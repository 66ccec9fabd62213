import numpy as np
import pytest
import torch
from torch import nn

from sensbench.estimators._exchange import exchanged
from sensbench.model.model import Model


@pytest.mark.parametrize("chunk", [7, 20, 1000])
def test_every_exchange_starts_from_the_rows_as_they_were(rng, monkeypatch, chunk):
    """The same columns twice, others, several, none and all, against a copy for each."""
    monkeypatch.setattr("sensbench.model.chunks._CHUNK_ROWS", chunk)
    torch.manual_seed(0)
    rows = rng.normal(size=(7, 3))
    model = Model(nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2)).double(), rows)
    first, second = np.array([0]), np.array([1])
    order = [first, first, second, np.array([0, 2]), first, np.array([], int), np.arange(3), second]
    exchanges = [(columns, rng.normal(size=(7, len(columns)))) for columns in order * 2]
    for y, (columns, values) in zip(exchanged(model, rows, exchanges), exchanges, strict=True):
        copy = rows.copy()
        copy[:, columns] = values
        np.testing.assert_allclose(y, model(copy), rtol=1e-12)
