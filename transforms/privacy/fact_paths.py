"""The paths of a body that facts are read from, by the alias table: redaction never changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbw.event_types import EVENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from transforms.definitions.aliases import Alias, AliasTable
    from transforms.privacy.json_literals import Literal

Path = tuple[str, ...]
_SCOPES = {each.name: each.scope for each in EVENT_TYPES}


class FactPaths:
    """The paths of every field, in lower case and without indexes; more rather than fewer.

    Args:
        aliases: The keys that may hold each field.
    """

    def __init__(self, aliases: AliasTable) -> None:
        self._aliases = aliases
        self._type_keys = {alias.path.lower() for alias in self._of("envelope", "event_type")}
        data = [_keys(alias) for alias in self._of("envelope", "data")]
        self._roots: list[Path] = [(), *data, ("data", "object")]
        self._by_scope = {scope: frozenset(self._paths(scope)) for scope in {"envelope", *_SCOPES.values()}}

    def of(self, literals: Iterable[Literal]) -> frozenset[Path]:
        """Return the paths that are read from a body, by the type that it names."""
        types = {
            each.text
            for each in literals
            if not each.is_key and "/".join(each.path).lower() in self._type_keys
        }
        scopes = {_SCOPES[name] for name in types if name in _SCOPES}
        return self._by_scope["envelope"].union(*(self._by_scope[scope] for scope in scopes))

    def _paths(self, scope: str) -> Iterator[Path]:
        roots = [()] if scope == "envelope" else self._roots
        for root in roots:
            # A container is read only for the fields inside it.
            yield from ((*root, *_keys(alias)) for alias in self._of(scope) if alias.unit != "container")
            for lines in self._of(scope, "lines"):
                yield from ((*root, *_keys(lines), *_keys(line)) for line in self._of("line"))

    def _of(self, scope: str, field: str | None = None) -> list[Alias]:
        return [
            alias for alias in self._aliases.aliases if alias.scope == scope and field in {None, alias.field}
        ]


def _keys(alias: Alias) -> Path:
    return tuple(key.lower() for key, _ in alias.segments)
