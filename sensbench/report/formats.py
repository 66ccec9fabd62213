"""What figures beside a page are written as."""

from collections.abc import Sequence

from sensbench.errors import InputError

# "csv": the numbers in the figure.
FORMATS = ("svg", "pdf", "png", "csv")


def checked_formats(formats: Sequence[str], who: str = "formats") -> tuple[str, ...]:
    """Return the formats in our order.

    Raises
    ------
    InputError
        One that there is not.
    """
    given = [formats] if isinstance(formats, str) else list(formats)
    unknown = [name for name in given if name not in FORMATS]
    if unknown:
        raise InputError(f"{who}: expected some of {', '.join(FORMATS)}; got {unknown[0]!r}")
    return tuple(name for name in FORMATS if name in given)


def split_formats(formats: str | None) -> tuple[str, ...]:
    """Return the formats of an option, ``svg,png``; all where it is not given.

    Raises
    ------
    InputError
        One that there is not.
    """
    if formats is None:
        return FORMATS
    names = [name.strip().lower() for name in formats.split(",")]
    return checked_formats([name for name in names if name], "--formats")
