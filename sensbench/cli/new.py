"""new: the first file of a plug-in, and its test, for an author to change."""

import builtins
import keyword
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import packages_distributions
from importlib.resources import files
from pathlib import Path

import click

from sensbench.errors import InputError
from sensbench.registry import camel_case

_ROOMS = {
    "estimator": "sensbench.estimators",
    "problem": "sensbench.problems",
    "figure": "sensbench.report.figures",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_WORD = re.compile(r"[A-Za-z_]\w*")


@click.command()
@click.argument("kind", type=click.Choice(list(_ROOMS)))
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder for both files.  [default: the current one]",
)
def new(kind: str, name: str, out: Path) -> None:
    """Write the first file of an estimator, a problem or a figure of your own, and its test.

    Both work as they are: they are the example of docs/add-an-estimator.md, add-a-problem.md or
    add-a-figure.md. Nothing is overwritten.
    """
    click.echo(next_steps(kind, name, write(kind, name, out)))


def write(kind: str, name: str, folder: Path) -> Sequence[Path]:
    """Write ``<name>.py`` and ``test_<name>.py`` into the folder; return both.

    Raises
    ------
    InputError
        A name that cannot be a file's and a plug-in's, or that is taken; a file that is there.
    """
    texts = {f"{name}.py": _template(f"{kind}.py"), f"test_{name}.py": _template(f"test_{kind}.py")}
    _check_name(kind, name, "\n".join(texts.values()))
    paths = [folder / file for file in texts]
    there = [str(path) for path in paths if path.exists()]
    if there:
        raise InputError(
            f"new: expected files that are not there yet; got {', '.join(there)}; choose another "
            f"name or another folder with --out"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in zip(paths, texts.values(), strict=True):
            # "x": what came into being since the look above is not overwritten either
            with path.open("x", encoding="utf-8") as file:
                file.write(text.replace("{{name}}", name).replace("{{Class}}", camel_case(name)))
    except OSError as error:
        raise InputError(
            f"new: expected a folder to write to; got {error}; choose another with --out"
        ) from error
    return paths


def next_steps(kind: str, name: str, paths: Sequence[Path]) -> str:
    """Say what an author does next."""
    target = name if kind == "problem" else camel_case(name)
    group = import_module(_ROOMS[kind]).registry.group
    return f"""wrote {paths[0]}
wrote {paths[1]}

1. Check it as it is:       python -m pytest {paths[1]}
2. Change both files to what you have in mind, and check again.
3. To have it found by name, register it in your package's pyproject.toml:

[project.entry-points."{group}"]
{name} = "yourpackage.{name}:{target}"

   and install the package (pip install -e .); then: sensbench list {kind}s"""


def _template(file: str) -> str:
    return (files("sensbench.cli") / "templates" / f"{file}.txt").read_text(encoding="utf-8")


def _check_name(kind: str, name: str, text: str) -> None:
    def refuse(why: str) -> None:
        raise InputError(
            f"new {kind}: expected a name of small letters, digits and underscores that is not in "
            f"use, such as my_{kind}; got {name!r}, {why}"
        )

    if not _NAME.fullmatch(name):
        refuse("which cannot be the name of a file and of what is in it")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name):
        refuse("which is a word of Python's")
    if name in sys.stdlib_module_names or name in packages_distributions():
        refuse("which is a module that other files import")
    words = set(_WORD.findall(text.replace("{{name}}", "").replace("{{Class}}", "")))
    if {name, camel_case(name)} & words:
        refuse("which the file itself uses for something else")
    if name in import_module(_ROOMS[kind]).registry.names():
        refuse(f"which is {'an' if kind[0] in 'aeiou' else 'a'} {kind} already")
