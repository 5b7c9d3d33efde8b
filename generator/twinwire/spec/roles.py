"""The roles in x-feed. Each names a parameter or a member of a suitable type, which no other role may name."""

from __future__ import annotations

from dataclasses import dataclass, field

from twinwire.spec.codes import Code
from twinwire.spec.node import Node, suggest
from twinwire.spec.outline import Outline, Shape, phrase, shape_of
from twinwire.spec.report import Report


@dataclass(frozen=True, slots=True)
class Role:
    """A place in x-feed that names a parameter or member, and the types that it accepts."""

    path: tuple[str, ...]
    kinds: tuple[str, ...]
    many: bool = False
    optional: bool = False
    """True for a parameter that must not be required, because its absence means the start of the feed or the default."""

    def __str__(self) -> str:
        return phrase(self.kinds, many=self.many)

    def fits(self, shape: Shape) -> bool:
        """Return whether a parameter or member with this shape can have the role."""
        return shape.many == self.many and shape.kind in self.kinds


_SCALAR = ("string", "integer")
CURSOR = Role(("cursor", "parameter"), _SCALAR, optional=True)
LIMIT = Role(("limit", "parameter"), ("integer",), optional=True)
MODE = Role(("modes", "parameter"), ("string",), optional=True)
PARAMETERS = (CURSOR, LIMIT, Role(("session",), ("string",)), MODE)

ENTRIES = Role(("entries",), ("object",), many=True)
MEMBERS = (
    ENTRIES,
    Role(("cursor", "member"), _SCALAR),
    Role(("limit", "member"), ("integer",)),
    Role(("remaining",), ("integer",)),
    Role(("outcome", "code"), ("integer",)),
    Role(("outcome", "message"), ("string",)),
    Role(("outcome", "warnings"), ("string",), many=True),
    Role(("version",), ("string",)),
)
KEY = Role(("key",), _SCALAR)


@dataclass(slots=True)
class Lookup:
    """Looks up the names in x-feed, and reports names that do not exist or have an unsuitable type."""

    report: Report
    outline: Outline
    _taken: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def feed(self) -> Node:
        """The value of x-feed."""
        return self.outline.feed

    def named(self, role: Role) -> Node | None:
        """Return the parameter that a role names, or None if it is missing or has problems itself. Reports nothing."""
        node = self.outline.parameters.get(self.feed.path(*role.path).text or "")
        return None if node is None or self.report.within(node) else node

    def parameter(self, role: Role) -> None:
        """Report the parameter that a role names if it does not exist or cannot have the role."""
        place = self.feed.path(*role.path)
        if not place.text:
            return
        node = self.outline.parameters.get(place.text)
        if node is None:
            if not self._doubtful():
                message = f"the operation has no parameter {place.text!r}"
                self.report.add(
                    place, Code.UNKNOWN_PARAMETER, message, suggest(place.text, self.outline.parameters, "declare it")
                )
            return
        shape = shape_of(node.get("schema").follow())
        if shape is None or role.fits(shape):
            self._claim("parameter", place)
        elif not self.report.within(node):
            message = f"{'.'.join(role.path)} requires {role}, but the parameter {place.text!r} is {shape}"
            self.report.add(place, Code.FEED_TYPE, message, f"name another parameter, or make it {role}")
        if role.optional and node.get("required").value is True:
            message = f"{place.text!r} is required, but {'.'.join(role.path)} needs an optional parameter"
            self.report.add(node.get("required"), Code.REQUIRED_PARAMETER, message, "remove required", at_key=True)

    def result(self, role: Role) -> Shape | None:
        """Return the shape of the result's member that has a role, or None after reporting why it cannot have the role."""
        place = self.feed.path(*role.path)
        shape = self.member(place, self.outline.result, role)
        if shape is not None:
            self._claim("member", place)
        return shape

    def member(self, place: Node, model: str, role: Role | None = None, name: str | None = None) -> Shape | None:
        """Return the shape of a member that x-feed names, or None after reporting that it is missing or unsuitable.

        Args:
            place: The name in x-feed.
            model: The model that must have the member.
            role: The role, or None if any type is suitable.
            name: The name to look up if it is only a part of the text at the place, as in a dotted path.
        """
        name = place.text if name is None else name
        if not name or model not in self.outline.models:
            return None
        member = self.outline.member(model, name)
        if member is None:
            if not self._spoilt(model):
                hint = suggest(name, [wire for wire, _ in self.outline.properties(model)])
                self.report.add(place, Code.UNKNOWN_MEMBER, f"{model} has no member {name!r}", hint)
            return None
        shape = shape_of(member)
        if shape is None or role is None or role.fits(shape):
            return shape
        if not self.report.within(member):
            message = f"{place.pointer[-1]} requires {role}, but {name!r} of {model} is {shape}"
            self.report.add(place, Code.FEED_TYPE, message, f"name another member, or make it {role}")
        return None

    def _claim(self, sort: str, place: Node) -> None:
        role = ".".join(str(part) for part in place.pointer[len(self.feed.pointer) :])
        other = self._taken.setdefault((sort, place.text or ""), role)
        if other != role:
            message = f"the {sort} {place.text!r} is already named by {other}"
            self.report.add(place, Code.ROLE_CLASH, message, f"name a different {sort} in {role}")

    def _doubtful(self) -> bool:
        """Return whether a parameter without a readable name may be the missing one, so that reporting it would be wrong."""
        nameless = [raw for raw in self.outline.declared if raw.follow().get("name").text is None]
        return bool(nameless) or self.report.around(self.outline.operation.get("parameters"))

    def _spoilt(self, model: str) -> bool:
        """Return whether the members of a model cannot be determined because of a reported problem."""
        node = self.outline.schema(model)
        return self.report.within(node) and not node.get("properties").members()
