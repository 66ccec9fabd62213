"""Files that would run code: each is refused in one sentence and leaves no trace."""

import io
import json
import pickle
import struct
import tarfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from click.testing import CliRunner
from torch import nn
from torch._export.serde.schema import SCHEMA_VERSION

from sensbench.cli import main

MARKER = "exploded"
NET = "from torch import nn\n\nnet = nn.Linear(2, 1)\n"
EVAL = f"__import__('pathlib').Path('{MARKER}').touch()"


class Bomb:
    """Touches the marker when it is unpickled."""

    def __reduce__(self):
        return (Path(MARKER).touch, ())


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(NET)
    rng = np.random.default_rng(0)
    pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "y"]).to_csv("rows.csv", index=False)
    return tmp_path


def refused(*line, said=""):
    """Run a command that is refused: one sentence, exit code 2, and no trace."""
    result = CliRunner().invoke(main, list(line), catch_exceptions=False)
    assert result.exit_code == 2, result.output
    (sentence,) = [x for x in result.output.splitlines() if not x.startswith(("Usage", "Try", "w"))]
    assert sentence.startswith("Error: ")
    assert said in sentence
    assert "Traceback" not in result.output
    assert not Path(MARKER).exists()
    assert not Path("page.html").exists()
    return sentence


def plain_pickle():
    return pickle.dumps({"weight": Bomb()})


def zip_pickle():
    buffer = io.BytesIO()
    torch.save({"weight": Bomb(), "bias": torch.zeros(1)}, buffer)
    return buffer.getvalue()


def legacy_pickle():
    """The layout of torch before 1.6: a magic number, and pickles after each other."""
    buffer = io.BytesIO()
    torch.save({"weight": Bomb()}, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


def tar_pickle():
    """The layout of torch 0.1: pickles in a tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("storages", "tensors", "pickle"):
            content = pickle.dumps(0) if name != "pickle" else plain_pickle()
            part = tarfile.TarInfo(name)
            part.size = len(content)
            archive.addfile(part, io.BytesIO(content))
    return buffer.getvalue()


def tar_that_ends_as_a_zip():
    return tar_pickle() + zipped({"archive/data.pkl": pickle.dumps({})})


def zipped(parts, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def climbing_names():
    """Parts that would land outside of where an archive is unpacked."""
    return zipped({f"../../{MARKER}": b"x", "/tmp/x": b"x", "a/data.pkl": plain_pickle()})


def zip_bomb():
    return zipped({"a/data.pkl": b"\0" * 50_000_000}, zipfile.ZIP_DEFLATED)


class Writes(nn.Module):
    """TorchScript that writes a file when it is read, and when it is called."""

    def __init__(self):
        super().__init__()
        self.a = torch.ones(1)
        self.training = False

    @torch.jit.export
    def __getstate__(self):
        return (self.a, self.training)

    @torch.jit.export
    def __setstate__(self, state: tuple[torch.Tensor, bool]):
        torch.save(state[0], "exploded")
        self.a = state[0]
        self.training = state[1]

    def forward(self, x):
        torch.save(x, "exploded")
        return x * self.a


def torchscript():
    buffer = io.BytesIO()
    with torch.no_grad():
        torch.jit.save(torch.jit.script(Writes()), buffer)
    return buffer.getvalue()


def torchscript_pickles():
    return zipped({
        "a/code/__torch__.py": b"", "a/version": b"3",
        "a/constants.pkl": plain_pickle(), "a/data.pkl": plain_pickle(),
    })  # fmt: skip


def exported(edit):
    """Return a program of torch.export, each part of it edited."""
    program = torch.export.export(
        nn.Linear(2, 1), (torch.zeros(4, 2),),
        dynamic_shapes=({0: torch.export.Dim("n", min=2)},),
    )  # fmt: skip
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    with zipfile.ZipFile(buffer) as archive:
        return zipped({name: edit(name, archive.read(name)) for name in archive.namelist()})


def evaluated_expression():
    """No pickle at all: sympy evaluates the size of the batch."""

    def edit(name, content):
        if not name.endswith("models/model.json"):
            return content
        return content.replace(
            b"Symbol('s", json.dumps(EVAL)[1:-1].encode() + b" or Symbol('s"
        )  # fmt: skip

    return exported(edit)


def pickled_inputs():
    return exported(lambda name, content: zip_pickle() if "/sample_inputs/" in name else content)


def pickled_constants():
    config = {"config": {"c": {"path_name": "opaque_0", "is_param": False, "use_pickle": True}}}

    def edit(name, content):
        return json.dumps(config).encode() if name.endswith("constants_config.json") else content

    with zipfile.ZipFile(io.BytesIO(exported(edit))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    root = next(iter(parts)).partition("/")[0]
    return zipped({**parts, f"{root}/data/constants/opaque_0": plain_pickle()})


def old_exported():
    """The layout of torch 2.7 and before: tensors and example inputs are pickles."""
    with zipfile.ZipFile(io.BytesIO(exported(lambda name, content: content))) as archive:
        (program,) = [archive.read(n) for n in archive.namelist() if n.endswith("model.json")]
    parts = {f"serialized_{part}.pt": zip_pickle() for part in
             ("state_dict", "constants", "example_inputs")}  # fmt: skip
    version = ".".join(map(str, SCHEMA_VERSION)).encode()
    return zipped({"version": version, "serialized_exported_program.json": program, **parts})


HOSTILE = [
    plain_pickle, zip_pickle, legacy_pickle, tar_pickle, tar_that_ends_as_a_zip, climbing_names,
    zip_bomb, torchscript, torchscript_pickles, evaluated_expression, pickled_inputs,
    pickled_constants, old_exported,
]  # fmt: skip


@pytest.mark.parametrize("suffix", [".pt2", ".pt", ".pth", ".ts", ".PT2"])
@pytest.mark.parametrize("made", HOSTILE)
def test_a_saved_program_is_not_opened_unless_it_is_trusted(here, made, suffix):
    Path(f"model{suffix}").write_bytes(made())
    said = refused("analyze", "--model", f"model{suffix}", "--data", "rows.csv", "--target", "y",
                   "--out", "page.html", said="expected --trust")  # fmt: skip
    assert "it is executed, as if you ran it" in said.replace("code in it is", "it is")
    assert "save the state dict" in said


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".safetensors", ".py"])
@pytest.mark.parametrize("made", HOSTILE)
def test_weights_are_tensors_or_refused(here, made, suffix):
    Path(f"weights{suffix}").write_bytes(made())
    said = refused("analyze", "--model", "net.py:net", "--weights", f"weights{suffix}", "--data",
                   "rows.csv", "--target", "y", "--out", "page.html")  # fmt: skip
    assert "expected a state dict (tensors only)" in said


def header(declared, length=None):
    text = json.dumps(declared).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text


@pytest.mark.parametrize(
    "content",
    [
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, 2**63),
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, 10**8),
        header({"w": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}),
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [float("nan"), 4]}}),
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}),
        header({"w": {"dtype": "F32", "shape": [2**63, 4], "data_offsets": [0, 4]}}) + b"\0" * 4,
        b"",
        b"\xff" * 8,
    ],
    ids=["endless", "long", "large", "nan", "negative", "overflow", "empty", "short"],
)
def test_a_safetensors_file_that_lies_is_refused(here, content):
    Path("weights.safetensors").write_bytes(content)
    refused("analyze", "--model", "net.py:net", "--weights", "weights.safetensors", "--data",
            "rows.csv", "--target", "y", "--out", "page.html", said="state dict")  # fmt: skip


def test_a_storage_larger_than_the_file_is_refused(here):
    """Before anything of that size is filled."""
    net = nn.Linear(2, 1)
    for zip_layout in (True, False):
        torch.save(net.state_dict(), "w.pth", _use_new_zipfile_serialization=zip_layout)
        content = Path("w.pth").read_bytes()
        # the number of the first tensor's numbers, 2, becomes 2^47
        lied = content.replace(b"cpuq\x07K\x02", b"cpuq\x07\x8a\x06" + b"\0" * 5 + b"\x80", 1)
        if zip_layout:  # lengths and checksums in the archive must stay right
            with zipfile.ZipFile("w.pth") as archive:
                parts = {name: archive.read(name) for name in archive.namelist()}
            data = next(name for name in parts if name.endswith("data.pkl"))
            before = parts[data]
            at = before.index(b"X\x03\x00\x00\x00cpu")
            count = before.index(b"K\x02t", at)
            parts[data] = (
                before[:count] + b"\x8a\x07" + b"\0" * 5 + b"\x80\x00t" + before[count + 3 :]
            )
            lied = zipped(parts)
        assert lied != content
        Path("w.pth").write_bytes(lied)
        refused("analyze", "--model", "net.py:net", "--weights", "w.pth", "--data", "rows.csv",
                "--target", "y", "--out", "page.html", said="state dict")  # fmt: skip


@pytest.mark.parametrize("made", [torchscript, evaluated_expression, zip_pickle, old_exported])
def test_with_trust_it_is_executed_as_said(here, made):
    """The counterpart: these files do run code, so the refusals above have something to refuse."""
    suffix = ".pt" if made in (torchscript, zip_pickle) else ".pt2"
    Path(f"model{suffix}").write_bytes(made())
    line = f"analyze --trust --model model{suffix} --data rows.csv --target y --out page.html"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        CliRunner().invoke(main, line.split())
    assert Path(MARKER).exists()


def analyzed(*more):
    return refused("analyze", "--model", "net.py:net", *more, "--out", "page.html")


def test_tables_are_never_unpickled(here):
    """By no name, and not from what Parquet keeps next to the columns."""
    for name in ("rows.pkl", "rows.npy", "rows.npz", "rows.parquet", "rows.pq", "rows.txt"):
        Path(name).write_bytes(plain_pickle())
        assert "expected" in analyzed("--data", name)
    np.save("rows.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    analyzed("--data", "rows.npy")
    storage = pa.binary()
    kind = b"arrow.py_extension_type"
    field = pa.field("a", storage, metadata={
        b"ARROW:extension:name": kind, b"ARROW:extension:metadata": pickle.dumps(Bomb()),
    })  # fmt: skip
    about = {b"pandas": pickle.dumps(Bomb()), b"PANDAS_ATTRS": pickle.dumps(Bomb())}
    rows = pa.table([pa.array([b"x", b"y"], storage)], pa.schema([field], metadata=about))
    pq.write_table(rows, "rows.parquet")
    analyzed("--data", "rows.parquet")


def test_studies_and_settings_make_no_objects(here):
    tag = (
        f"!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [{MARKER}]]"
    )
    study = "name: s\nproblems: [ishigami]\nestimators: [sobol]\nbudgets: [400]\n"
    Path("study.yaml").write_text(f"{study}title: {tag}\n")
    refused("run", "study.yaml", said="not plain")
    Path("study.yaml").write_text(study)
    refused("run", "study.yaml", "--set", f"title={tag}", said="not plain")
    refused("show", "ishigami", "--set", f"a={tag}", said="not plain")
    Path("bounds.yaml").write_text(f"a: {tag}\nb: [0, 1]\n")
    assert "not plain" in analyzed("--bounds", "bounds.yaml")


@pytest.mark.parametrize("name", ["os", "../../net", "sensbench.cli", "__init__", "_rows", "a:b"])
def test_a_plug_in_is_one_that_is_registered(here, name):
    study = "name: s\nproblems: [{p}]\nmodels: [{m}]\nestimators: [{e}]\nbudgets: [400]\n"
    good = {"p": "ishigami", "m": "function", "e": "sobol"}
    for kind in good:
        Path("study.yaml").write_text(study.format(**{**good, kind: f'"{name}"'}))
        refused("run", "study.yaml", said="expected a known")


def test_a_results_file_is_only_read(here):
    Path("results.sqlite").write_bytes(plain_pickle())
    refused("report", "results.sqlite", said="expected a results file")
