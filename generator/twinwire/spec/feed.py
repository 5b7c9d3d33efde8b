"""``x-feed``: against its JSON Schema, then every name in it against the operation and the models."""

from __future__ import annotations

from dataclasses import dataclass, field

from twinwire.spec import meta
from twinwire.spec.codes import Code
from twinwire.spec.node import Node, show, suggest
from twinwire.spec.outline import Outline, Shape, phrase, shape_of
from twinwire.spec.report import Report
from twinwire.spec.scalars import INT64, value_fault
from twinwire.spec.translate import validate


@dataclass(frozen=True, slots=True)
class Role:
    """A place in x-feed that names something, and the shapes that it may name."""

    path: tuple[str, ...]
    kinds: tuple[str, ...]
    many: bool = False

    def __str__(self) -> str:
        return phrase(self.kinds, many=self.many)

    def fits(self, shape: Shape) -> bool:
        """Say whether a shape is one of those that the role takes."""
        return shape.many == self.many and shape.kind in self.kinds


_SCALAR = ("string", "integer")
PARAMETERS = (
    Role(("cursor", "parameter"), _SCALAR),
    Role(("limit", "parameter"), ("integer",)),
    Role(("session",), ("string",)),
    Role(("modes", "parameter"), ("string",)),
)
MEMBERS = (
    Role(("entries",), ("object",), many=True),
    Role(("cursor", "member"), _SCALAR),
    Role(("limit", "member"), ("integer",)),
    Role(("remaining",), ("integer",)),
    Role(("outcome", "code"), ("integer",)),
    Role(("outcome", "message"), ("string",)),
    Role(("outcome", "warnings"), ("string",), many=True),
    Role(("version",), ("string",)),
)
KEY = Role(("key",), _SCALAR)
CONTENT = Role(("content",), ("binary", "uri"))
POSITION = Role(("position",), ("integer",))
FILENAME = Role(("filename",), ("string",))
# The roles whose parameter the feed must be able to leave out: to begin anew, to take the default.
_OPTIONAL = (("cursor", "parameter"), ("limit", "parameter"), ("modes", "parameter"))


def check_feed(report: Report, outline: Outline) -> None:
    """Report what is wrong with x-feed and x-errata."""
    validate(report, outline.feed, meta.extension("x-feed"))
    _Check(report, outline, outline.feed).run()


@dataclass(slots=True)
class _Check:
    report: Report
    outline: Outline
    feed: Node
    taken: dict[tuple[str, str], str] = field(default_factory=dict)

    def run(self) -> None:
        for role in PARAMETERS:
            self._parameter(role)
        shapes = {role.path: self._role(role) for role in MEMBERS}
        for name in self.feed.get("success").items():
            self._member(name, self.outline.result)
        entries = shapes["entries",]
        if entries is not None:
            self._member(self.feed.get("key"), entries.model, KEY)
        self._limit()
        self._start()
        self._modes(entries.model if entries is not None else "")
        self._errata()

    def _claim(self, sort: str, place: Node) -> None:
        """Note that a parameter or member has a role, and report it when it has one already."""
        role = ".".join(str(part) for part in place.pointer[len(self.feed.pointer) :])
        other = self.taken.setdefault((sort, place.text or ""), role)
        if other != role:
            message = f"the {sort} {place.text!r} is named by {other} already"
            self.report.add(place, Code.ROLE_CLASH, message, f"give {role} a {sort} of its own")

    def _named_parameter(self, role: Role) -> Node | None:
        name = self.feed.path(*role.path).text
        return self.outline.parameters.get(name) if name is not None else None

    def _parameter(self, role: Role) -> None:
        place = self.feed.path(*role.path)
        if not place.text:
            return
        node = self.outline.parameters.get(place.text)
        if node is None:
            if not self.report.around(self.outline.operation.get("parameters")):
                message = f"the operation has no parameter {place.text!r}"
                self.report.add(
                    place, Code.UNKNOWN_PARAMETER, message, suggest(place.text, self.outline.parameters, "declare it")
                )
            return
        shape = shape_of(node.get("schema").follow())
        if shape is None or role.fits(shape):
            self._claim("parameter", place)
        elif not self.report.within(node):
            message = f"{'.'.join(role.path)} takes {role}, but the parameter {place.text!r} is {shape}"
            self.report.add(place, Code.FEED_TYPE, message, f"name another parameter, or make it {role}")
        if role.path in _OPTIONAL and node.get("required").value is True:
            message = f"{place.text!r} must be one that can be left out, as {'.'.join(role.path)} needs"
            self.report.add(node.get("required"), Code.REQUIRED_PARAMETER, message, "leave required out", at_key=True)

    def _role(self, role: Role) -> Shape | None:
        place = self.feed.path(*role.path)
        shape = self._member(place, self.outline.result, role)
        if shape is not None:
            self._claim("member", place)
        return shape

    def _member(self, place: Node, model: str, role: Role | None = None, name: str | None = None) -> Shape | None:
        """Return the shape of a member that x-feed names, if it is one that its role takes; report it when not."""
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
            message = f"{place.pointer[-1]} takes {role}, but {name!r} of {model} is {shape}"
            self.report.add(place, Code.FEED_TYPE, message, f"name another member, or make it {role}")
        return None

    def _spoilt(self, model: str) -> bool:
        """Say whether a model's list of members is itself in doubt."""
        node = self.outline.schema(model)
        return self.report.within(node) and not node.get("properties").members()

    def _limit(self) -> None:
        node = self._named_parameter(PARAMETERS[1])
        if node is None or self.report.within(node):
            return
        schema = node.get("schema").follow()
        shape = shape_of(schema)
        if shape is None or shape.kind != "integer" or self.report.within(schema):
            return
        missing = [key for key in ("minimum", "maximum", "default") if schema.get(key).integer is None]
        minimum = schema.get("minimum")
        if missing:
            message = f"the limit {node.get('name').text!r} has no {', '.join(missing)}"
            self.report.add(schema, Code.LIMIT_BOUNDS, message, "say how many entries a lot may hold", at_key=True)
        elif minimum.integer is not None and minimum.integer < 1:
            message = f"the limit's minimum is {minimum.integer}, and a lot of nothing leads nowhere"
            self.report.add(minimum, Code.LIMIT_BOUNDS, message, "begin at 1")

    def _start(self) -> None:
        node = self._named_parameter(PARAMETERS[0])
        if node is None or self.report.within(node):
            return
        for item in self.feed.path("cursor", "start").items():
            fault = None if item.text is None else _fault_as_sent(node, item.text)
            if fault:
                message = f"{show(item.text)} {fault}"
                self.report.add(item, Code.BAD_VALUE, message, f"list values that {node.get('name').text!r} takes")

    def _modes(self, entry: str) -> None:
        modes = self.feed.get("modes")
        choices = modes.get("choices")
        parameter = self._named_parameter(PARAMETERS[3])
        defaults = [choice for choice in choices.items() if not choice.has("value")]
        if choices.items() and len(defaults) != 1 and not self.report.within(choices):
            message = f"{len(defaults)} modes have no value, where exactly one must have none"
            self.report.add(choices, Code.DEFAULT_MODE, message, "leave value out in the default mode only", at_key=True)
        for key in ("name", "value"):
            self._distinct([choice.get(key) for choice in choices.items()], key)
        contents: dict[tuple[str | None, str | None], Node] = {}
        for choice in choices.items():
            value = choice.get("value")
            fault = None if value.text is None or parameter is None else _fault_as_sent(parameter, value.text)
            if fault:
                self.report.add(value, Code.BAD_VALUE, f"{show(value.text)} {fault}", "choose a value that the parameter takes")
            model = self._items(choice.get("items"), entry)
            self._member(choice.get("content"), model, CONTENT)
            for key, role in (("position", POSITION), ("filename", FILENAME)):
                self._member(modes.get(key), model, role)
            filled = choice.get("items").text, choice.get("content").text
            if None not in filled and contents.setdefault(filled, choice) is not choice:
                message = f"the member {filled[0]}.{filled[1]} is filled by another mode already"
                self.report.add(choice.get("content"), Code.DUPLICATE_MODE, message, "name another member, or drop the mode")

    def _distinct(self, nodes: list[Node], key: str) -> None:
        seen: set[str] = set()
        for node in nodes:
            if node.text is not None and node.text in seen:
                message = f"another mode has the {key} {node.text!r} already"
                self.report.add(node, Code.DUPLICATE_MODE, message, f"give each mode a {key} of its own")
            seen.add(node.text or "")

    def _items(self, place: Node, model: str) -> str:
        """Return the model that a path of members leads to; report the first of them that leads nowhere."""
        names = (place.text or "").split(".")
        for index, name in enumerate(names):
            role = Role(("items",), ("object",), many=index == len(names) - 1)
            shape = self._member(place, model, role, name)
            if shape is None:
                return ""
            model = shape.model
        return model

    def _errata(self) -> None:
        seen: set[str] = set()
        for erratum in self.outline.operation.get("x-errata").items():
            node = erratum.get("id")
            if node.text is not None and node.text in seen:
                self.report.add(
                    node, Code.DUPLICATE_ERRATUM, f"the id {node.text!r} stands in the list twice", "give each its own id"
                )
            seen.add(node.text or "")


def _fault_as_sent(parameter: Node, text: str) -> str | None:
    """Say what keeps a parameter from taking a value as it is sent; None when nothing does."""
    schema = parameter.get("schema").follow()
    if text == "" and parameter.get("allowEmptyValue").value is True:
        return None
    shape = shape_of(schema)
    if shape is None or shape.kind != "integer":
        return value_fault(schema, text) if shape is not None and shape.kind == "string" else None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(INT64[-1])):
        return "is no signed 64-bit integer"
    return value_fault(schema, int(text))
