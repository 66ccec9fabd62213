from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Conformance:
    """What was checked of a plug-in that keeps every rule; it prints as a list.

    Attributes
    ----------
    who
        The plug-in.
    checked
        The rules that were checked, all of them kept.
    left_out
        What was not checked, each with the reason.
    """

    who: str
    checked: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __repr__(self) -> str:
        lines = [f"{self.who} keeps every rule; checked:"]
        lines += [f"  {one}" for one in self.checked]
        lines += ["not checked:"] * bool(self.left_out)
        lines += [f"  {one}" for one in self.left_out]
        return "\n".join(lines)
