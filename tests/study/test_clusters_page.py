"""The commands of docs/clusters.md that need one machine alone, run as they stand there."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sensbench.study.store import ResultStore
from tests.study.dask_by_hand import ROOT

pytest.importorskip("distributed")

PAGE = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
BLOCKS = re.findall(
    r"<!-- run by tests/study/test_clusters_page.py -->\n```console\n(.*?)```", PAGE, re.DOTALL
)
STUDY = "name: study\nproblems: [ishigami]\nestimators: [gradient, sobol]\nbudgets: [100, 200]\n"


@pytest.mark.slow
def test_the_commands_of_the_page_run_as_they_stand_and_give_the_same_numbers(tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sensbench", "dask"):
        script = tools / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m {name} "$@"\n')
        script.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SENSBENCH_THREADS": "1",
    }
    assert len(BLOCKS) == 3
    for block in BLOCKS:
        lines = [line.removeprefix("$ ") for line in block.splitlines()]
        script = "\n".join(["set -e", *lines])
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=tmp_path, env=environment, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            assert process.wait(timeout=600) == 0, process.stdout.read()
        finally:  # what runs behind an & goes with its session
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.stdout.close()
    frames = []
    for folder in ("own", "running", "study"):
        path = Path(tmp_path / "reports" / folder / "results.sqlite")
        with ResultStore(path, read_only=True) as store:
            frames.append(store.results().frame.drop(columns="seconds"))
    assert len(frames[0]) > 0
    assert all(frame.equals(frames[0]) for frame in frames)
