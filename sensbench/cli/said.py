"""What sensbench says as it goes, as lines on stderr."""

import logging
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import click
from click.core import ParameterSource


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(record.getMessage(), err=True)


@contextmanager
def said_on_stderr() -> Iterator[None]:
    """Write what is logged under ``sensbench`` to stderr, a line each."""
    logger, handler = logging.getLogger("sensbench"), _Lines()
    level, up = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = up


def typed() -> str:
    """Return the command that runs, with the options that were given, for a shell."""
    context = click.get_current_context()
    words = ["sensbench", *context.command_path.split()[1:]]
    for option in context.command.params:
        name = option.name or ""
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params[name]
        word = option.opts[-1] if option.param_type_name == "option" else ""
        if isinstance(value, bool):
            words.append(word if value else option.secondary_opts[-1])
            continue
        for one in value if isinstance(value, tuple) else (value,):
            words += [word, str(one)] if word else [str(one)]
    return shlex.join(words)
