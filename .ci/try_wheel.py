"""Compare a wheel's files with the sources, and analyse a model with the wheel alone, elsewhere.

The dependencies are those of the environment that runs this; sensbench comes from the wheel.
"""

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

NET = """
import torch

def make_net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
"""

# In one process: where sensbench comes from, what needs shipped files, and the command line.
TRIAL = """
import sys
from pathlib import Path

import sensbench as sb

site = Path(sys.argv[1])
found = Path(sb.__file__).resolve()
if site not in found.parents:
    sys.exit(f"try_wheel: expected sensbench of the wheel, in {site}; got {found}")

from sensbench.truths import catalogue
if not catalogue.read():
    sys.exit("try_wheel: expected the catalogue of problems; it is not in the wheel")
sb.problems.load("flood").truth["total_order"]  # from a shipped file

from sensbench.cli import main
main("analyze --model net.py:make_net --data rows.csv --target price --budget 2000 "
     "--out page.html".split())
"""


def missing(wheel: Path) -> list[str]:
    """Return the package's files that the wheel does not have."""
    packed = set(zipfile.ZipFile(wheel).namelist())
    files = (p for p in (ROOT / "sensbench").rglob("*") if p.is_file() and p.suffix != ".pyc")
    return sorted(name for p in files if (name := p.relative_to(ROOT).as_posix()) not in packed)


def versions(wheel: Path) -> set[str]:
    """Return the version by the wheel's name, the package, the citation and the changelog."""
    change = re.search(r"^## \[(\d\S*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    package = (ROOT / "sensbench/__init__.py").read_text("utf-8")
    inside = re.search(r'__version__ = "(.*)"', package)
    cited = re.search(r"^version: (\S+)", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    return {wheel.name.split("-")[1], *(m[1] if m else "none" for m in (change, inside, cited))}


def try_out(wheel: Path) -> None:
    """Install the wheel into a folder of its own and use it in another."""
    with tempfile.TemporaryDirectory() as temporary:
        site, work = Path(temporary).resolve() / "site", Path(temporary).resolve() / "work"
        work.mkdir()
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
        subprocess.run([*pip, str(site), str(wheel)], check=True)
        (work / "net.py").write_text(NET)
        rows = "".join(f"{i**0.5},{i * 0.37 % 1},{i % 5}\n" for i in range(60))
        (work / "rows.csv").write_text("size,rooms,price\n" + rows)
        environment = {**os.environ, "PYTHONPATH": str(site)}
        trial = [sys.executable, "-c", TRIAL, str(site)]
        subprocess.run(trial, cwd=work, env=environment, check=True)
        if "</html>" not in (work / "page.html").read_text("utf-8"):
            sys.exit("try_wheel: expected a whole page; page.html ends early")


def main() -> None:
    (wheel,) = Path(sys.argv[1]).glob("sensbench-*.whl")
    if gone := missing(wheel):
        sys.exit(f"try_wheel: expected every file of the package in {wheel.name}; missing: {gone}")
    if len(found := versions(wheel)) > 1:
        sys.exit(f"try_wheel: expected one version; got {sorted(found)}")
    try_out(wheel)
    print(f"{wheel.name}: complete, and analyses a model outside the repository")


if __name__ == "__main__":
    main()
