"""An estimator that does what nobody should; found by its entry point, where it is on the path."""

import ctypes
import mmap
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import sensbench as sb
from sensbench.estimator.result import Estimate


class Odd(Exception):
    def __init__(self, one, two):
        super().__init__(one)

    def __str__(self):
        raise ValueError("no message")


def hang():
    while True:
        pass


def hang_with_the_gil():
    ctypes.PyDLL(None).sleep(10_000)


def pause():
    os.kill(os.getpid(), signal.SIGSTOP)


def leak():
    kept = []
    while True:
        kept.append(np.ones(10**7))


def leak_shared():
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 2**26))
        kept[-1].write(b"x" * 2**26)


def keep_much():
    globals().setdefault("kept", []).append(np.ones(10**8))


def take_much():
    np.ones(10**8)


def segfault():
    ctypes.string_at(0)


def leave():
    os.write(2, b"the last words\n")
    os._exit(0)


def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def odd():
    raise Odd(1, 2)


def half_a_character():
    raise ValueError("half a \udce9 " + "x" * 10**6)


def exit_politely():
    sys.exit(0)


def interrupt():
    raise KeyboardInterrupt


def close_everything():
    os.closerange(3, 200)


def speak_out_of_turn():
    for descriptor in range(3, 100):
        try:
            os.write(descriptor, b"garbage " * 100)
        except OSError:
            pass
    time.sleep(10_000)


def leave_children():
    for apart in (False, True):
        if os.fork() == 0:
            if apart:
                os.setsid()
                if os.fork():
                    os._exit(0)
            note()
            time.sleep(10_000)
    deadline = time.monotonic() + 60
    while len(list(Path(os.environ["MISBEHAVING"]).iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)


def leave_children_and_crash():
    leave_children()
    os._exit(3)


def note():
    Path(os.environ["MISBEHAVING"], str(os.getpid())).touch()


def note_and_hang():
    leave_children()
    note()
    time.sleep(10_000)


def print_much():
    for _ in range(200):
        os.write(1, b"x" * 2**20)


def change_the_dtype():
    torch.set_default_dtype(torch.float64)
    threading.Thread(target=time.sleep, args=(10_000,), daemon=True).start()
    os.chdir("/")
    os.environ["CHANGED"] = "1"


def look_around():
    if torch.get_default_dtype() != torch.float32 or "CHANGED" in os.environ or os.getcwd() == "/":
        raise ValueError("somebody was here")


def good():
    pass


def doze():
    time.sleep(0.1)


@dataclass(frozen=True)
class Misbehaving(sb.Estimator):
    """Does as it is told."""

    name = "misbehaving"
    measures = ("derivative_rms_standardised",)
    ranks_by = "derivative_rms_standardised"
    needs = sb.Needs("given", minimum_rows=1)

    how: str = "good"

    def _estimate(self, problem, budget, rng):
        globals()[self.how]()
        value = rng.normal(size=(problem.o, problem.d))
        return {"derivative_rms_standardised": Estimate.of(value)}
