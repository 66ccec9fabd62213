"""Hyper-parameters decide a cell's key: another default computes finished studies again."""

import pytest

import sensbench as sb

DEFAULTS = {
    "gradient": {"active_subspace": False, "dimension": None, "confidence": 0.95},
    "sobol": {
        "second_order": False, "interval": "nets", "resamples": 100, "confidence": 0.95,
    },
    "sobol_salib": {"second_order": False, "resamples": 100, "confidence": 0.95},
    "morris": {
        "levels": 4, "scale_share": 0.2, "tail": 0.005, "resamples": 300, "confidence": 0.95,
    },
    "permutation": {"repeats": 5, "confidence": 0.95},
    "delta": {
        "method": "copula", "variants": False, "point": "resample", "resamples": 100,
        "confidence": 0.95,
    },
    "rbd_fast": {"harmonics": 10, "shuffle_ties": True, "resamples": 100, "confidence": 0.95},
    "pawn": {
        "slices": 10, "statistic": "median", "all_rows": False, "resamples": 100,
        "confidence": 0.95,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_stay(name):
    assert sb.estimators.load(name).params() == DEFAULTS[name]
