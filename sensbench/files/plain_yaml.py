"""YAML whose values mean what they say: text, numbers, true and false, lists and mappings."""

import re
from collections.abc import Hashable
from typing import Any, ClassVar, NoReturn

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sensbench.errors import InputError

_MOST_DEEP = 50
# so many parts may come from aliases: eight lines of them can stand for a billion
_MOST_REPEATED = 10_000

_NUMBERS = {
    "int": r"[-+]?(?:[0-9]+|[0-9]{1,3}(?:_[0-9]{3})+|0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+)",
    "float": r"[-+]?(?:(?:[0-9]+(?:\.[0-9]*)?|[0-9]{1,3}(?:_[0-9]{3})+\.[0-9]*|\.[0-9]+)"
    r"(?:[eE][-+]?[0-9]+)?|\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN",
}
_WORDS = {"bool": "true|True|TRUE|false|False|FALSE", "null": "null|Null|NULL|~|"}


def load(text: str, who: str, what: str = "YAML") -> Any:
    """Return the plain values that the text stands for.

    As in YAML 1.2, not in the 1.1 of most readers: ``0200`` is 200, ``1e-3`` a number; ``12:30``,
    ``2026-01-31``, ``yes``, ``no``, ``on`` and ``off`` are text. Keys are text as they are written,
    each once. Tags make nothing but these values.

    Raises
    ------
    InputError
        Not YAML; a key twice; lists inside each other too deep; aliases that stand for too much.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError) as error:
        message = " ".join(str(error).split()) or type(error).__name__
        mark = getattr(error, "problem_mark", None)
        if mark is not None:
            message = f"{error.problem} (line {mark.line + 1}, column {mark.column + 1})"  # type: ignore[union-attr]
        raise InputError(f"{who}: expected {what}; got {message}") from error


def dump(content: Any) -> str:
    """Return text that :func:`load` reads as the same values."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


class _Loader(yaml.SafeLoader):
    """A loader of plain values alone; what is too much is refused before it is built."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 (as PyYAML declares it)
    yaml_constructors: ClassVar[dict[Any, Any]] = {}
    _deep = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self._deep += 1
        if self._deep > _MOST_DEEP:
            _refuse(f"more than {_MOST_DEEP} lists inside each other", self.peek_event())
        node = super().compose_node(parent, index)
        self._deep -= 1
        return node

    def get_single_node(self) -> Node | None:
        node = super().get_single_node()
        if node is not None:
            sizes: dict[int, int] = {}
            size = _size(node, sizes)
            if size - len(sizes) > _MOST_REPEATED:
                _refuse(f"aliases that stand for {size:,} values", node)
        return node

    def plain_text(self, node: Node) -> str:
        """Return text, with pairs of surrogates, as JSON writes them, as one character."""
        if not isinstance(node, ScalarNode):
            _refuse("a list or a mapping where text is wanted", node)
        try:
            return node.value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            _refuse(f"half a character, {node.value!r}", node)

    def plain_mapping(self, node: Node) -> Any:
        made: dict[Hashable, Any] = {}
        yield made
        if not isinstance(node, MappingNode):
            _refuse("no mapping where one is wanted", node)
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                _refuse("a key that is no text", key_node)
            key = self.plain_text(key_node)
            if key in made:
                _refuse(f"the key {key!r} stands twice", key_node)
            made[key] = self.construct_object(value_node, deep=True)

    def plain_list(self, node: Node) -> Any:
        made: list[Any] = []
        yield made
        if not isinstance(node, SequenceNode):
            _refuse("no list where one is wanted", node)
        made.extend(self.construct_object(one, deep=True) for one in node.value)

    def plain_int(self, node: Node) -> int:
        text = self.plain_text(node).replace("_", "")
        sign, digits = (text[:1], text[1:]) if text[:1] in ("-", "+") else ("", text)
        base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2], 10)
        try:
            return int(sign + digits, base)
        except ValueError:  # by a tag of its own, or more digits than Python reads
            _refuse(f"no whole number: {_short(text)}", node)

    def plain_float(self, node: Node) -> float:
        text = self.plain_text(node).replace("_", "").lower()
        named = text.lstrip("+-") in (".inf", ".nan")
        try:
            value = float(text.replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:
            _refuse(f"no number: {_short(text)}", node)
        if not named and abs(value) == float("inf"):
            _refuse(f"a number too large: {_short(text)}", node)
        return value

    def plain_bool(self, node: Node) -> bool:
        text = self.plain_text(node).lower()
        if text not in ("true", "false"):
            _refuse(f"neither true nor false: {_short(text)}", node)
        return text == "true"

    def nothing_else(self, node: Node) -> Any:
        _refuse(f"a value of the kind {node.tag!r}, which is not plain", node)


class _Dumper(yaml.SafeDumper):
    """Quotes the text that our loader, or one of YAML 1.1, would read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _name, _pattern in (_NUMBERS | _WORDS).items():
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(
            f"tag:yaml.org,2002:{_name}", re.compile(f"(?:{_pattern})$"), None
        )
_Loader.add_constructor("tag:yaml.org,2002:null", lambda loader, node: None)
_Loader.add_constructor("tag:yaml.org,2002:bool", _Loader.plain_bool)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.plain_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.plain_float)
_Loader.add_constructor("tag:yaml.org,2002:str", _Loader.plain_text)
_Loader.add_constructor("tag:yaml.org,2002:seq", _Loader.plain_list)
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.plain_mapping)
_Loader.add_constructor(None, _Loader.nothing_else)


def _size(node: Node, sizes: dict[int, int]) -> int:
    """Return how many values a node stands for, aliases written out; each node is counted once."""
    if id(node) in sizes:
        if not sizes[id(node)]:
            _refuse("a value that holds itself", node)
        return sizes[id(node)]
    sizes[id(node)] = 0  # being counted
    children: list[Node] = []
    if isinstance(node, SequenceNode):
        children = node.value
    elif isinstance(node, MappingNode):
        children = [one for pair in node.value for one in pair]
    sizes[id(node)] = 1 + sum(_size(child, sizes) for child in children)
    return sizes[id(node)]


def _refuse(what: str, at: Any) -> NoReturn:
    raise yaml.MarkedYAMLError(problem=what, problem_mark=at.start_mark)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
