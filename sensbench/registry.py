"""Plug-ins by name: the package's own, one file each, and other packages' entry points."""

import ast
import importlib
import inspect
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from sensbench.errors import InputError, PlugInError, UnknownNameError


def camel_case(name: str) -> str:
    """Return the name of the class in a plug-in's file: ``MorrisPlane`` for ``morris_plane``."""
    return "".join(word.capitalize() for word in name.split("_"))


class Registry:
    """The plug-ins of one kind.

    A file ``<name>.py`` in the package, or in a folder of it, is a plug-in of that name; names
    that start with an underscore are not. Listing reads file names and docstrings and imports
    nothing, so that it answers before torch could be loaded.

    Parameters
    ----------
    kind
        For messages: "problem", "estimator" …
    package
        Import path of the folder.
    group
        Entry-point group in which other packages register theirs.
    attribute
        From a plug-in's name to the name of its function or class in the file.
    """

    def __init__(self, kind: str, package: str, group: str, attribute: Callable[[str], str]):
        self.kind = kind
        self.group = group
        self._package = package
        self._attribute = attribute

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted({*self._files(), *self._entry_points()})

    def own(self) -> list[str]:
        """Return the names of the package's own plug-ins, sorted."""
        return sorted(self._files())

    def entry(self, name: str) -> Any:
        """Return the entry point that another package registered; ``None``: it is our own."""
        return None if name in self._files() else self._entry_points().get(name)

    def summary(self, name: str) -> str:
        """Return the first line of the plug-in's docstring, without importing it."""
        if name in self._files():
            tree = ast.parse(self._files()[name].read_text(encoding="utf-8"))
            for node in tree.body:
                is_plugin = isinstance(node, ast.FunctionDef | ast.ClassDef)
                if is_plugin and node.name == self._attribute(name):  # type: ignore[attr-defined]
                    doc = ast.get_docstring(node) or ""  # type: ignore[arg-type]
                    return doc.split("\n\n")[0].replace("\n", " ")
        entry = self._entry_points().get(name)
        return f"from {entry.dist.name}" if entry is not None and entry.dist else ""

    def get(self, name: str) -> Callable[..., Any]:
        """Return the plug-in's function or class.

        Raises
        ------
        UnknownNameError
            No plug-in of that name; the message names the nearest.
        PlugInError
            It raises when it is loaded.
        """
        try:
            return self._loaded(name)
        except (UnknownNameError, KeyboardInterrupt):
            raise
        except BaseException as error:  # whatever a module of somebody's raises when it is run
            entry = self._entry_points().get(name)
            source = f" of {entry.dist.name}" if entry is not None and entry.dist else ""
            raise PlugInError(
                f"{self.kind} {name!r}{source}: expected a plug-in that loads; it raised "
                f"{type(error).__name__}: {error}; mend it, or leave it out"
            ) from error

    def _loaded(self, name: str) -> Callable[..., Any]:
        if name in self._files():
            place = self._files()[name].relative_to(self._folder).with_suffix("")
            module = importlib.import_module(".".join((self._package, *place.parts)))
            return getattr(module, self._attribute(name))
        if name in self._entry_points():
            return self._entry_points()[name].load()
        raise UnknownNameError.of(f"{self.kind}s", self.kind, name, self.names())

    def load(self, name: str, **params: Any) -> Any:
        """Return the plug-in called with its parameters.

        Raises
        ------
        UnknownNameError
            No plug-in, or no parameter, of that name.
        InputError
            A parameter the plug-in refuses.
        PlugInError
            It raises when it is loaded.
        """
        plugin = self.get(name)
        parameters = inspect.signature(plugin).parameters
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        for key in params:
            if key not in parameters and not takes_any:
                who = f"{self.kind} {name!r}"
                raise UnknownNameError.of(who, "parameter", key, parameters)
        required = [
            key
            for key, p in parameters.items()
            if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        ]
        missing = [key for key in required if key not in params]
        if missing:
            raise InputError(
                f"{self.kind} {name!r}: expected {', '.join(missing)}=; got {sorted(params)}"
            )
        return plugin(**params)

    @property
    def _folder(self) -> Path:
        return Path(__file__).parent.joinpath(*self._package.split(".")[1:])

    def _files(self) -> dict[str, Path]:
        paths = (*self._folder.glob("*.py"), *self._folder.glob("*/*.py"))
        return {path.stem: path for path in paths if not path.stem.startswith("_")}

    def _entry_points(self) -> dict[str, Any]:
        # once the backport importlib_metadata is imported, as Dask does, they are of its own class
        return {entry.name: entry for entry in entry_points(group=self.group)}
