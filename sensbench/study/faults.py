"""From an exception to an outcome: words that any store, page and terminal can take."""

import traceback
from collections.abc import Iterator

from sensbench.errors import NotApplicable, SensbenchError
from sensbench.study.outcome import Outcome

_MOST_REASON, _MOST_DETAIL = 2_000, 8_000
# What torch says, in an exception of a kind that says nothing.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "Cannot allocate memory")


def outcome_of(error: BaseException, seconds: float = 0.0) -> Outcome:
    """Return what became of a task that raised."""
    if isinstance(error, NotApplicable):
        return Outcome("skipped", _reason(error), seconds=seconds, error=error)
    status = "out_of_memory" if any(map(_is_memory, _chain(error))) else "failed"
    return Outcome(status, _reason(error), seconds=seconds, error=error, detail=_trace(error))


def plain_text(text: str, most: int, *, end: bool = False) -> str:
    """Return text without halves of characters, and of some length: its beginning, or its end."""
    if len(text) > most:
        text = f"… {text[2 - most :]}" if end else f"{text[: most - 2]} …"
    return text.encode("utf-8", "backslashreplace").decode()


def _reason(error: BaseException) -> str:
    """Our own errors speak for themselves; others need their kind."""
    try:
        message = str(error)
    except Exception:  # whatever somebody's own class does there
        message = "(its message cannot be had)"
    if not isinstance(error, SensbenchError):
        message = f"{type(error).__name__}: {message}"
    return plain_text(message, _MOST_REASON)


def _trace(error: BaseException) -> str:
    try:
        text = "".join(traceback.format_exception(error))
    except Exception:  # as above
        return ""
    return plain_text(text, _MOST_DETAIL, end=True)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from: a model's own fault is inside ours."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    if not isinstance(error, RuntimeError | OSError):
        return False
    reason = _reason(error)
    return any(words in reason for words in _NO_MEMORY)
