"""Where a study's results are: from what people name, its file, its folder or the results."""

from pathlib import Path

from sensbench.errors import InputError

RESULTS_FILE = "results.sqlite"
STUDY_FILE = "study.yaml"
_STUDY = (".yaml", ".yml")


def folder_of(study: Path, name: str, out: Path | None = None) -> Path:
    """Return the folder of a study's results: its own where it was saved with results.

    ``name``: of the study, which names its folder in ``reports`` otherwise.
    """
    if out is not None:
        return out
    if study.name == STUDY_FILE and (study.parent / RESULTS_FILE).is_file():
        return study.parent
    return Path("reports") / name


def study_file(given: Path) -> Path:
    """Return the study file that is named; of a folder, the one in it."""
    inside = given / STUDY_FILE
    return inside if given.is_dir() and inside.is_file() else given


def results_file(given: Path, out: Path | None = None) -> Path:
    """Return the results file of a study file that was run, of its folder, or the file itself.

    Raises
    ------
    InputError
        There are no results; the message says where they were looked for.
    """
    path = given
    if given.suffix in _STUDY:
        from sensbench.study.config import load_study

        path = folder_of(given, load_study(given).name, out) / RESULTS_FILE
    elif given.is_dir():
        path = given / RESULTS_FILE
    if not path.is_file():
        raise InputError(
            f"{given}: expected results in {path}; there are none; run the study first: "
            f"sensbench run STUDY.yaml"
        )
    return path
