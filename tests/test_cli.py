import hashlib
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from sensbench.cli import main

STUDY = """
name: tiny
problems: [ishigami]
estimators: [gradient, sobol]
budgets: [30, 400]
"""

NET = """
import torch
from torch import nn

def make():
    torch.manual_seed(0)
    return nn.Linear(2, 1)

made = make()

def needs(width):
    return nn.Linear(width, 1)

def formula(x):
    return x[:, 0] ** 2
"""


@pytest.fixture
def run(tmp_path, monkeypatch, blank_figures):
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(STUDY)
    Path("net.py").write_text(NET)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    frame.assign(y=rng.normal(size=60)).to_csv("rows.csv", index=False)

    def run(line, code=0):
        result = CliRunner().invoke(main, line.split(), catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_help_tells_a_newcomer_what_to_type(run):
    assert "sensbench run experiments/quickstart.yaml" in run("--help")
    for command in ("run", "report", "analyze", "list"):
        assert "Usage" in run(f"{command} --help")


def test_listing_and_help_do_not_import_torch():
    for arguments in (
        ["--help"],
        ["list", "problems"],
        ["list", "estimators"],
        ["list", "measures"],
    ):
        code = (
            "import sys\nfrom sensbench.cli import main\n"
            f"main({arguments!r}, standalone_mode=False)\n"
            "heavy = {'torch', 'pandas', 'matplotlib', 'sklearn', 'scipy'} & set(sys.modules)\n"
            "sys.exit(f'imported {heavy}' if heavy else 0)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_lists_name_everything(run):
    assert "sobol_g" in run("list problems")
    assert "Moments of the derivative" in run("list estimators")
    assert "doi:10.1016/j.cpc.2009.09.018" in run("list measures")
    assert "mlp" in run("list networks")


@pytest.mark.slow
def test_run_report_and_run_again(run):
    output = run("run study.yaml")
    assert "[1/4] ishigami/function gradient budget 30" in output
    assert "skipped: ishigami/function sobol budget 30 replicate 0" in output
    page = Path("reports/tiny/index.html")
    assert f"page: {page}" in output
    assert list(Path("reports/tiny/figures").glob("*.pdf"))
    assert list(Path("reports/tiny/tables").glob("*.csv"))
    first = page.read_text()
    assert "nothing to compute, 4 kept" in run("run study.yaml")
    assert "1 skipped, 3 kept" in run("run study.yaml --retry skipped")
    page.unlink()
    for what in ("study.yaml", "reports/tiny", "reports/tiny/results.sqlite"):
        run(f"report {what}")
        assert len(page.read_text()) == pytest.approx(len(first), rel=0.01)
        page.unlink()


def test_a_failed_cell_is_in_the_exit_code(run, monkeypatch):
    from sensbench.estimators.variance.sobol import Sobol

    def broken(*args):
        raise ZeroDivisionError("by design")

    monkeypatch.setattr(Sobol, "_estimate", broken)
    output = run("run study.yaml --set budgets.0=300", code=1)
    assert "failed: ishigami/function sobol budget 300 replicate 0: ZeroDivisionError" in output
    assert "by design" in Path("reports/tiny/index.html").read_text()


def test_mistakes_are_one_message_and_exit_code_2(run):
    assert "Error: nothing.yaml: expected a readable study file" in run("run nothing.yaml", 2)
    Path("study.yaml").write_text(STUDY.replace("budgets", "budget"))
    assert "did you mean budgets" in run("run study.yaml", 2)
    assert "run the study first" in run("report reports", 2)
    assert "expected KEY=VALUE" in run("run study.yaml --set budgets", 2)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("budgets=[1", "Error: --set budgets: expected a value as in YAML; got"),
        ("budgets=" + "[" * 3000, "more than 50 lists inside each other"),
        ('title="\\ud800"', "half a character"),
        ("title=\udce9", "special characters are not allowed"),
        ("title=!!python/object/apply:os.system", "is not plain"),
        ("budgets=[10000000000]", "expected at most 1,000,000,000 rows; got 10,000,000,000"),
        ("budgets.0=12:30", "got '12:30'"),
        ("replicates=1e9", "got 1000000000.0"),
    ],
)
def test_set_with_what_cannot_be_is_one_sentence(run, value, said):
    for fresh in ("", " --fresh"):
        told = run(f"run study.yaml --set {value}{fresh}", 2)
        assert said in told
        assert len(told.splitlines()) == 1


@pytest.mark.slow
def test_too_many_threads_or_rows_are_refused_at_once(run):
    many = max(64, 4 * os.cpu_count()) + 1
    run("run study.yaml")
    for command in ("run study.yaml", "run study.yaml --fresh", ANALYZE):
        for number in (many, 100_000):
            told = run(f"{command} --threads {number}", 2)
            assert f"expected at most {many - 1} threads" in told
    assert "4 kept" in run("run study.yaml")  # --fresh has removed nothing
    told = run(f"{ANALYZE} --budget 10000000000", 2)
    assert "expected a budget of at most 1,000,000,000 rows; got 10,000,000,000" in told


ANALYZE = "analyze --model net.py:make --data rows.csv --target y --out page.html"


def test_bounds_have_names_as_written(run):
    rng = np.random.default_rng(0)
    pd.DataFrame(rng.uniform(size=(20, 2)), columns=["no", "007"]).to_csv("odd.csv", index=False)
    Path("odd.yaml").write_text("no: [0, 1e-3]\n007: [0, 0200]\n")
    said = run(
        "analyze --model net.py:make --data odd.csv --bounds odd.yaml --features no,007 "
        "--out page.html --budget 300"
    )
    assert "007" in said
    page = Path("page.html").read_text()
    assert "uniform on [0, 0.001]" in page
    assert "uniform on [0, 200]" in page


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ("a: !!python/object/apply:os.system [touch x]", "is not plain"),
        ("a: [0, 1]\na: [0, 2]", "the key 'a' stands twice"),
        ("[" * 3000, "more than 50 lists"),
        ("a: [0, 1", "expected YAML of name: [low, high]; got"),
    ],
)
def test_bounds_that_cannot_be_read_are_one_sentence(run, bounds, said):
    Path("b.yaml").write_text(bounds)
    told = run("analyze --model net.py:make --bounds b.yaml --out page.html", 2)
    assert said in told
    assert len(told.splitlines()) == 1


@pytest.mark.slow
def test_analyze_into_a_folder_leaves_what_a_study_does(run):
    output = run("analyze --model net.py:make --data rows.csv --target y --out out --budget 300")
    assert f"page: {Path('out/index.html')}" in output
    names = {path.name for path in Path("out").iterdir()}
    assert names == {"index.html", "figures", "tables", "references.bib", "methods.txt"}
    page = Path("out/index.html").read_text()
    provenance = page.split('id="provenance"')[1]
    assert (
        "sensbench analyze --model net.py:make --data rows.csv --target y --budget 300 --out out"
        in " ".join(provenance.split())
    )
    digest = hashlib.sha256(Path("rows.csv").read_bytes()).hexdigest()
    assert f"rows.csv, {len(pd.read_csv('rows.csv'))} rows, SHA-256 {digest[:16]}" in provenance


@pytest.mark.slow
def test_analyze_a_model_in_a_file(run):
    output = run("analyze --model net.py:make --data rows.csv --target y --out page.html")
    assert "Importance" in output
    assert "page: page.html" in output
    assert Path("page.html").exists()
    run("analyze --model net.py:made --data rows.csv --features a,b --out b.html --budget 500")
    run(
        "analyze --model net.py:formula --data rows.csv --features b,a --out c.html --product "
        "--estimators sobol,morris --output y"
    )
    pd.read_csv("rows.csv").to_parquet("rows.parquet")
    torch.save(nn.Linear(2, 1).state_dict(), "w.pt")
    run("analyze --model net.py:make --weights w.pt --data rows.parquet --target y --out d.html")


@pytest.mark.slow
def test_analyze_programs_bounds_and_no_data(run):
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).eval()
    Path("bounds.yaml").write_text("a: [-1, 1]\nb: [0, 5]\n")
    Path("bounds.csv").write_text("name,low,high\na,-1,1\nb,0,5\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(net, torch.zeros(4, 2)).save("traced.pt")
        program = torch.export.export(
            net, (torch.zeros(4, 2),), dynamic_shapes=({0: torch.export.Dim("n", min=1)},)
        )
        torch.export.save(program, "program.pt2")
    tables = [
        run(f"analyze --trust --model {model} --bounds {bounds} --budget 2000 --out p.html")
        for model in ("traced.pt", "program.pt2")
        for bounds in ("bounds.yaml", "bounds.csv")
    ]
    assert all("∂y/∂x" in table for table in tables)
    run(
        "analyze --model traced.pt --trust --bounds bounds.yaml --data rows.csv --target y "
        "--out p.html"
    )
    output = run(
        "analyze --model traced.pt --trust --data rows.csv --target y --out p.html --discrete a "
        "--group one=a --estimators sobol,permutation"
    )
    assert "one" in output


def test_a_trusted_file_of_something_else_is_told(run):
    torch.save(nn.Linear(2, 1).state_dict(), "weights.pt")
    Path("text.pt2").write_text("not a program")
    Path("text.pt").write_text("not a program")
    for name, said in (
        ("weights.pt", "--model FILE.py:NAME --weights weights.pt"),
        ("text.pt2", "expected a program of torch.export"),
        ("text.pt", "expected a program of torch.export"),
    ):
        line = f"analyze --trust --model {name} --data rows.csv --target y --out p.html"
        assert said in run(line, code=2)


def test_a_trusted_pickle_is_a_model(run):
    torch.save(nn.Linear(2, 1), "whole.pt")
    run("analyze --trust --model whole.pt --data rows.csv --target y --out p.html --budget 500")


LEAVES = """
import sys
from torch import nn

def at_import():
    return nn.Linear(2, 1)

def always(x):
    {end}

def later(x):
    if len(x) > 3:
        {end}
    return x[:, 0]

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        if "{where}" == "init":
            {end}
    def forward(self, x):
        {end}

class Regressor:
    def predict(self, X):
        {end}

regressor = Regressor()
class Own(BaseException):
    pass
"""
ENDS = ["sys.exit(0)", "sys.exit()", "raise SystemExit", "raise GeneratorExit", "raise Own('x')"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", ["always", "later", "Net", "regressor"])
def test_a_model_that_leaves_is_an_error(run, end, name):
    Path("leaves.py").write_text(LEAVES.format(end=end, where="forward"))
    said = run(f"analyze --model leaves.py:{name} --data rows.csv --out page.html", code=2)
    assert "it raised" in said or "calling it raised" in said
    assert said.count("Error:") == 1
    assert not Path("page.html").exists()


@pytest.mark.parametrize("end", ENDS)
def test_a_model_that_leaves_as_it_is_made_is_an_error(run, end):
    for module, name in (
        (LEAVES.format(end=end, where="init"), "Net"),
        (LEAVES.format(end=end, where="") + end, "at_import"),
    ):
        Path("leaves.py").write_text(module)
        said = run(f"analyze --model leaves.py:{name} --data rows.csv --out page.html", code=2)
        kind = "Own" if "Own" in end else "GeneratorExit" if "Gen" in end else "SystemExit"
        assert f"it raised {kind}" in said
        assert not Path("page.html").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--model net.py:make", "expected --data or --bounds"),
        ("--model net.py --data rows.csv", "expected FILE.py:NAME"),
        ("--model net.py:make --data rows.csv --target y --group ab", "NAME=COLUMN"),
        ("--model net.py:make --data rows.csv --target y --group g=a,c", "known column; got 'c'"),
        ("--model none.pt2 --data rows.csv", "'none.pt2' is not there"),
        ("--model none.pt2 --trust --data rows.csv", "'none.pt2' is not there"),
        ("--model no.py:make --data rows.csv", "'no.py' is not there"),
        ("--model net.py:mak --data rows.csv", "did you mean 'make'"),
        ("--model net.py:needs --data rows.csv --target y", "needs"),
        ("--model net.py:make --data rows.csv --target z", "known column; got 'z'"),
        ("--model net.py:make --data rows.csv", "calling it raised RuntimeError"),
        ("--model net.py:make --data net.py --target y", "net.py"),
        ("--model net.py:make --weights rows.csv --data rows.csv --target y", "state dict"),
    ],
)
def test_analyze_tells_what_is_wrong(run, line, message):
    assert message in run(f"analyze {line} --out page.html", code=2)
    assert not Path("page.html").exists()


LINE = "analyze --model net.py:made --budget 200 --out p.html --estimators gradient,permutation "


@pytest.fixture
def files(run):
    """The rows of rows.csv, as different programs write them."""
    frame = pd.read_csv("rows.csv")
    frame.to_csv("index.csv")
    frame.to_csv("excel.csv", sep=";", decimal=",", index=False, encoding="utf-16")
    frame.assign(id=range(1, 61)).to_csv("id.csv", index=False)
    text = frame.astype(str)
    text.loc[3, "a"] = "?"
    text.to_csv("marks.csv", index=False)
    return run


def table_of(output):
    start = output.index("Importance")
    return output[start : output.index("Costs", start)]


@pytest.mark.slow
def test_the_same_rows_however_they_are_written(files):
    expected = table_of(files(LINE + "--data rows.csv --target y"))
    for line, told in {
        "--data index.csv": "index.csv: left out the first column, which has no name",
        "--data excel.csv": "excel.csv: read with ';' as separator and ',' as decimal mark",
        "--data id.csv --index id": "Importance",
        "--data id.csv --features a,b": "Importance",
        "--data excel.csv --sep ; --decimal , --encoding utf-16": "Importance",
    }.items():
        output = files(LINE + line + " --target y")
        assert told in output
        assert table_of(output) == expected
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # tests make them errors
        output = files(LINE + "--data id.csv --target y", code=2)
    assert "warning: id.csv: the column 'id' counts up by one in every row" in output
    assert "--index 'id' to leave it out or --index 'none' if it is one" in output


def test_cells_that_are_no_numbers(files):
    output = files(LINE + "--data marks.csv --target y", code=2)
    assert "--data 'marks.csv'" in output
    assert "column 'a'; got '?' in line 5 (1 of 60 rows); pass --na '?'" in output
    output = files(LINE + "--data marks.csv --target y --na ?", code=2)
    assert "['a'], line 5 (1 of 60 rows); impute them, or leave the rows out with" in output
    output = files(LINE + "--data marks.csv --target y --na ? --drop-missing")
    assert "1 of 60 rows have missing values: left out" in output


@pytest.mark.slow
def test_outputs_are_called_as_the_targets_are(run):
    Path("two.py").write_text("from torch import nn\nnet = nn.Linear(2, 2)\n")
    frame = pd.read_csv("rows.csv").rename(columns={"y": "price"})
    frame.assign(heat=frame["a"]).to_csv("two.csv", index=False)
    line = "analyze --model two.py:net --data two.csv --features a,b --budget 200 --out p.html "
    line += "--estimators gradient --target price --target heat "
    output = run(line)
    assert "Importance for price" in output
    assert "Importance for heat" in output
    page = Path("p.html").read_text()
    assert "∂price/∂x" in page
    assert "y[0]" not in page
    assert "Importance for B" in run(line + "--outputs A,B")
    assert "expected 2 output names" in run(line + "--outputs A", 2)
    assert "expected every name once; got 'A' twice" in run(line + "--outputs A,A", 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [0, 1]\na: [0, 2]\n", "the key 'a' stands twice"),
        ("a: [1, 0]\n", "the lower first, as in name: [low, high]; got a: [1, 0]"),
        ("a: [0]\n", "got a: [0]"),
        ("a: [0, .inf]\n", "got a: [0, .inf]"),
        ("a: [x, 1]\n", "got a: [x, 1]"),
        ("a: 1\n", "got '1' for 'a' in line 1"),
        ("a: {low: 0, high: 1}\n", "got a mapping for 'a' in line 1"),
        ("- [0, 1]\n", "got a list"),
        ("[a]: [0, 1]\n", "a key that is no text"),
        ("", "got nothing"),
        ("a: [0, 1", "expected YAML of name: [low, high]"),
        ("a: " + "[" * 3000 + "\n", "expected YAML of name: [low, high]"),
    ],
)
def test_bounds_that_cannot_be_used(run, text, told):
    Path("bounds.yaml").write_text(text)
    output = run("analyze --model net.py:made --bounds bounds.yaml --out p.html", code=2)
    assert f"--bounds 'bounds.yaml': expected {told.removeprefix('expected ')}" in output or (
        told in output and "--bounds 'bounds.yaml': expected" in output
    )
    assert output.count("\n") == 1


def test_bounds_mean_what_they_say(run):
    from sensbench.cli.bounds import read_bounds

    Path("b.yaml").write_text("no: [1e-3, 0200]\n1: [-1, 5.]\n")
    space = read_bounds(Path("b.yaml"))
    assert space.columns == ("no", "1")
    assert [m.support() for m in space.marginals] == [(0.001, 200), (-1, 5)]
    assert read_bounds(Path("b.yaml"), ["1"]).columns == ("1",)
    Path("b.csv").write_text("name;low;high\na;0,5;1\nb;-1,5;2\n")
    assert [m.support() for m in read_bounds(Path("b.csv")).marginals] == [(0.5, 1), (-1.5, 2)]
    Path("b.csv").write_text("name,low,high\na,0,1\na,-1,2\n")
    line = "analyze --model net.py:made --out p.html --bounds "
    assert "expected every input once; got 'a' twice" in run(line + "b.csv", 2)
    Path("b.csv").write_text("name,low\na,0\nb,-1\n")
    assert "expected columns name, low, high" in run(line + "b.csv", 2)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--features a,a", "--features: expected every name once; got 'a' twice"),
        ("--features a,y", "--target: expected a column that is no input; got 'y'"),
        ("--target y", "--target: expected every name once; got 'y' twice"),
        ("--group g=a,a", "--group g: expected every name once; got 'a' twice"),
        ("--group g=a --group g=b", "--group: expected distinct names; got 'g' twice"),
        ("--group g=ab", "--group g: expected a known column; got 'ab'"),
        ("--discrete c", "--discrete: expected a known column; got 'c'"),
        ("--estimators sobl", "--estimators: expected a known estimator; got 'sobl'; did you mean"),
        ("--estimators sobol,sobol", "--estimators: expected every name once; got 'sobol' twice"),
        ("--sep ab", "--sep: expected one character, tab or space; got 'ab'"),
        ("--decimal x", "--decimal: expected '.' or ','; got 'x'"),
        ("--encoding utf-99", "--encoding: expected an encoding that Python knows"),
        ("--index c", "--index: expected a known column; got 'c'"),
    ],
)
def test_analyze_names_the_option(run, line, told):
    output = run(f"analyze --model net.py:made --data rows.csv --target y --out p.html {line}", 2)
    assert told in output
    assert output.count("\n") == 1


@pytest.mark.slow
def test_a_run_says_what_it_is_doing(run, monkeypatch, tmp_path):
    monkeypatch.setenv("SENSBENCH_CACHE", str(tmp_path / "cache"))
    small = "models=[function,{name:\xa0mlp,hidden:\xa0[4],iterations:\xa02,train_rows:\xa0200}]"
    result = CliRunner().invoke(
        main,
        ["run", "study.yaml", "--set", small.replace("\xa0", " "), "--set", "budgets=[400]",
         "--set", "references={points: 256, scrambles: 2}"],
        catch_exceptions=False,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    said = result.stderr.splitlines()
    training = next(k for k, line in enumerate(said) if line.startswith("training mlp on "))
    assert said[training].endswith("rows of ishigami …")
    assert "computing reference values of mlp on ishigami …" in said[training:]
    assert "page: what there is to show of ishigami: function (1 of 2) …" in said
    assert any(re.fullmatch(r"figures: \d+ to draw, \d+ as they were", line) for line in said)


def test_a_study_that_computed_nothing_is_not_a_success(run):
    assert "2 skipped" in run("run study.yaml --set budgets=[1]", code=1)


def test_show_prints_formula_inputs_effects_and_known_values(run):
    said = run("show ishigami")
    assert "sin x1 + a sin² x2 + b x3⁴ sin x1" in said
    assert "uniform on [-3.14159, 3.14159]" in said
    assert "0.557589" in said  # S_T of x1 (Ishigami & Homma 1990), to six digits
    assert "x1·x3 0.243684" in said
    assert "Raises" not in said
    # x3 acts only through x1: its main effect is flat, x2's is not
    lines = {line.split()[0]: line for line in said.splitlines() if "uniform" in line}
    assert set(lines["x3"].split()[-1]) == {"▄"}
    assert set("▁▇") & set(lines["x2"].split()[-1])


def test_show_takes_parameters_and_draws(run):
    assert "x2 " not in run("show sobol_g --set a=[3] --figure effects.png")
    assert Path("effects.png").read_bytes().startswith(b"\x89PNG")
    assert "442 rows" in run("show diabetes")
    assert "expected a problem with a function" in run("show diabetes --figure e.png", 2)
    assert "did you mean 'ishigami'" in run("show ishigamy", 2)
    assert "expected a .png, .svg or .pdf" in run("show ishigami --figure e.jpeg", 2)


def test_the_list_says_what_is_known_and_whence(run):
    said = run("list problems")
    start = said.index("\nishigami\n")
    mine = said[start : said.index("\n", said.index("doi", start))]
    assert "3 inputs (uniform), 1 output" in mine
    assert "exact V S ST Sij Sh PI D² D |D| B µ*" in mine
    assert "missing µ*" in said[said.index("\nlinregnet\n") :]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_number_is_cut_at_any_width(run, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    said = run("show sobol_g")
    assert "…" not in said.partition("Known values")[2]
    assert "7.16192e-05" in said
    assert max(map(len, said.splitlines())) <= width


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("show sobol_levitan --set b=[800]", "sum to at most 300"),
        ("show ishigami --figure nowhere/x.png", "expected a folder that is there"),
    ],
)
def test_show_tells_what_it_cannot_use(run, line, told):
    assert told in run(line, 2)


SHOW = """
import sys
from click.testing import CliRunner
from sensbench.cli import main

for given in sys.argv[1:]:
    done = CliRunner().invoke(main, ["show", "ishigami", "--set", f"a={given}"])
    print(done.exit_code, done.output)
"""


def test_a_parameter_of_another_kind_is_told():
    """In a process of its own: the tests' type checks would refuse it earlier."""
    given = ["x", "[1,2]", "true"]
    done = subprocess.run([sys.executable, "-c", SHOW, *given], capture_output=True, text=True)
    assert done.stdout.count("2 Error: ishigami: expected a finite a; got") == len(given)
