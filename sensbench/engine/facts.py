"""What a process would compute with. Sent by value: it must run where our package is not."""

from collections.abc import Sequence


def facts(
    distributions: Sequence[str], packages: Sequence[str], variables: Sequence[str]
) -> dict[str, str]:
    """Return what decides the bits: versions, the content of packages, environment variables.

    Nothing of what is asked for is imported; what is not there is "missing".

    Parameters
    ----------
    distributions
        By their names on the index: their versions.
    packages
        Top-level import names whose Python files count, because a version does not tell them.
    variables
        Names of environment variables.
    """
    import hashlib
    import os
    import platform
    from importlib.metadata import PackageNotFoundError, version
    from importlib.util import find_spec
    from pathlib import Path

    values = {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "platform": f"{platform.system()} {platform.machine()}",
    }
    for name in distributions:
        try:
            values[name] = version(name)
        except PackageNotFoundError:
            values[name] = "missing"
    for name in packages:
        spec = find_spec(name)
        if spec is None:
            values[f"the code of {name}"] = "missing"
            continue
        folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
        files = [(f, file) for f in folders for file in f.rglob("*.py")]
        if spec.origin and not folders:
            files = [(Path(spec.origin).parent, Path(spec.origin))]
        digest = hashlib.sha256()
        for name_inside, file in sorted((str(file.relative_to(f)), file) for f, file in files):
            content = file.read_bytes()
            digest.update(f"{name_inside} {len(content)} ".encode())
            digest.update(content)
        values[f"the code of {name}"] = digest.hexdigest()[:12]
    for name in variables:
        values[f"${name}"] = os.environ.get(name, "unset")
    return values
