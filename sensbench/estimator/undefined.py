"""What is said of outputs that a measure is undefined for."""

from collections.abc import Mapping, Sequence

# Of more constant outputs than this, one note tells.
_MOST_NOTES = 6


def undefined_said(undefined: Mapping[str, Sequence[str]]) -> list[str]:
    """Say which outputs the measures are undefined for; many of them in one sentence."""
    alike: dict[str, list[str]] = {}
    for output, names in undefined.items():
        alike.setdefault(", ".join(names), []).append(output)
    sentences = []
    for names, outputs in alike.items():
        if len(outputs) <= _MOST_NOTES:
            sentences += [
                f"undefined for output {output!r}, which is constant over the inputs: {names}"
                for output in outputs
            ]
            continue
        first = ", ".join(map(repr, outputs[:_MOST_NOTES]))
        sentences.append(
            f"undefined for {len(outputs)} outputs, which are constant over the inputs ({first} "
            f"and {len(outputs) - _MOST_NOTES} more): {names}"
        )
    return sentences
