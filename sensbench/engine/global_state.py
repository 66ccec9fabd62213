"""The state that all code of a process shares, and that a job may leave changed."""

import os
import sys
import threading
from collections.abc import Mapping
from typing import Any


def global_state() -> dict[str, Any]:
    """Return what one job could change for the next, by name.

    Random generators are not in it: what we compute takes its randomness from its own seed.
    """
    state: dict[str, Any] = {
        "the environment": dict(os.environ),
        "the umask": _umask(),
        "threads that go on": {thread.ident for thread in threading.enumerate()},
        "the recursion limit": sys.getrecursionlimit(),
    }
    try:
        state["the working folder"] = os.getcwd()
    except OSError:
        state["the working folder"] = None
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None:
        state |= {
            "torch's default dtype": str(torch.get_default_dtype()),
            "torch's default device": str(torch.get_default_device()),
            "torch's threads": torch.get_num_threads(),
            "torch's grad mode": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
            "torch's deterministic mode": torch.are_deterministic_algorithms_enabled(),
            "torch's precision of products": torch.get_float32_matmul_precision(),
            "torch's anomaly mode": torch.is_anomaly_enabled(),
        }
    if numpy is not None:
        state["numpy's treatment of errors"] = numpy.geterr()
    return state


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of what is not as it was; threads that ended are as they should be."""
    names = []
    for name, was in before.items():
        now = after[name]
        same = now <= was if isinstance(was, set) else now == was
        if not same:
            names.append(name)
    return names


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
