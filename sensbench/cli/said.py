"""What sensbench says as it goes, as lines on stderr."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click


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
