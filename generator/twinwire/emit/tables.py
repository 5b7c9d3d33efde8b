"""The parts of _tables.py: the field plan of each model, the plan of the feed, and the parameters."""

from __future__ import annotations

from collections.abc import Iterator

from twinwire.emit.names import Names
from twinwire.emit.source import WIDTH, call, imports, literal, mapping
from twinwire.ir import INT64_MAX, INT64_MIN, Contract, Feed, Field, Kind, Mode, Model, ModelRef, Modes, Parameter, Scalar


class Tables:
    """The source of the tables of a contract."""

    def __init__(self, contract: Contract, names: Names) -> None:
        self._contract = contract
        self._names = names

    @property
    def shapes(self) -> Iterator[str]:
        """The statements that define the field plans of the models, each after those that it refers to."""
        for model in self._contract.models.values():
            yield f"{self._names.shape(model)} = {self._shape(model)}"

    @property
    def feed(self) -> str:
        """The source of the plan of the feed, which paging uses."""
        feed, names = self._contract.feed, self._names
        return call(
            "FeedPlan",
            path=literal(self._contract.operation.path),
            entries=literal(names.entries),
            key=literal(names.member(feed.key)),
            cursor=literal(names.member(feed.cursor.member)),
            cursor_wire=literal(feed.cursor.member.wire),
            cursor_parameter=literal(names.parameter(feed.cursor.parameter)),
            limit_parameter=literal(names.parameter(feed.limit.parameter)),
            session_parameter=literal(names.parameter(feed.session) if feed.session else None),
            start=literal(feed.cursor.start),
            remaining=self._optional(feed.remaining),
            code=literal(names.member(feed.outcome.code)),
            success=literal(feed.outcome.success),
            message=self._optional(feed.outcome.message),
            warnings=self._optional(feed.outcome.warnings),
            complete=mapping("", {names.member(field): literal(field.wire) for field in _complete(feed)}, indent=4),
            media_types=mapping(
                "", {label: literal(item.format) for item in feed.representations for label in item.media_types}, indent=4
            ),
            accept=mapping("", {item.format: literal(item.labels[0]) for item in feed.representations}, indent=4),
            indent=0,
            **self._modes(feed.modes),
        )

    @property
    def parameters(self) -> str:
        """The source of the tuple of parameters, in the order of the spec."""
        items = "".join(f"    {self._parameter(item)},\n" for item in self._contract.operation.parameters)
        return f"(\n{items})"

    @property
    def imports(self) -> str:
        """The statement that imports the classes of the plans."""
        return imports("_plan", ["FeedPlan", "Member", "Shape", *(["ModePlan"] if self._contract.feed.modes else [])])

    def _modes(self, modes: Modes | None) -> dict[str, str]:
        if modes is None:
            return {}
        plans = "".join(f"        {self._mode(modes, mode)},\n" for mode in modes.choices)
        return {"mode_parameter": literal(self._names.parameter(modes.parameter)), "modes": f"(\n{plans}    )"}

    def _mode(self, modes: Modes, mode: Mode) -> str:
        shared = {name: getattr(modes, name) for name in ("position", "filename")}
        item = self._contract.model(_reference(mode.items[-1]))
        named = {name: literal(self._names.member(item.field(wire))) for name, wire in shared.items() if wire is not None}
        return call(
            "ModePlan",
            literal(mode.name),
            literal(mode.value),
            literal(tuple(self._names.member(step) for step in mode.items)),
            literal(self._names.member(mode.content)),
            "True" if isinstance(mode.content.type, Scalar) and mode.content.type.kind is Kind.URI else "False",
            indent=8,
            **named,
        )

    def _optional(self, field: Field | None) -> str:
        return literal(self._names.member(field) if field else None)

    def _shape(self, model: Model) -> str:
        sources = [self._member(field) for field in model.fields]
        members = "(\n" + "".join(f"        {source},\n" for source in sources) + "    )"
        # ruff does not keep a tuple of one item on several lines, because its comma is not a trailing one.
        if len(sources) == 1 and len(sources[0]) < WIDTH - 20 and "\n" not in sources[0]:
            members = f"({sources[0]},)"
        return f"Shape(\n    element={literal(model.xml_name)},\n    members={members},\n)"

    def _member(self, field: Field) -> str:
        texts = literal(self._names.member(field)), literal(field.wire), literal(_kind(field)), literal(field.xml.name)
        flags = {name: "True" for name in ("many", "required", "nullable") if getattr(field, name)}
        named = {"attribute": "True"} if field.xml.attribute else {}
        if field.xml.wrapper is not None:
            named["wrapper"] = literal(field.xml.wrapper)
        named.update(flags)
        if isinstance(field.type, ModelRef):
            named["shape"] = self._names.shape(self._contract.model(field.type))
        else:
            named.update(_bounds(field.type), **_choices(field.type))
        return call("Member", *texts, indent=8, **named)

    def _parameter(self, parameter: Parameter) -> str:
        scalar = parameter.type
        limits = {name: getattr(scalar, name) for name in ("min_length", "max_length")}
        limits.update(pattern=scalar.ecma_pattern, python_pattern=scalar.pattern)
        named = (
            _bounds(scalar) | {name: literal(value) for name, value in limits.items() if value is not None} | _choices(scalar)
        )
        flags = {name: getattr(parameter, name) for name in ("required", "empty_is_absent")}
        # The session authenticates the client, so the runtime keeps it out of messages and logs.
        flags["secret"] = parameter == self._contract.feed.session
        named.update({name: "True" for name, is_set in flags.items() if is_set})
        texts = literal(self._names.parameter(parameter)), literal(parameter.name), literal(scalar.kind.value)
        return call("Parameter", *texts, indent=4, **named)


def _reference(field: Field) -> ModelRef:
    assert isinstance(field.type, ModelRef)
    return field.type


def _kind(field: Field) -> str:
    return "model" if isinstance(field.type, ModelRef) else field.type.kind.value


def _bounds(scalar: Scalar) -> dict[str, str]:
    # The runtime assumes the 64-bit range, so only narrower bounds are written.
    widest = {"minimum": INT64_MIN, "maximum": INT64_MAX} if scalar.kind is Kind.INTEGER else {"minimum": None, "maximum": None}
    return {name: repr(getattr(scalar, name)) for name, wide in widest.items() if getattr(scalar, name) != wide}


def _choices(scalar: Scalar) -> dict[str, str]:
    return {"choices": literal(scalar.enum)} if scalar.enum else {}


def _complete(feed: Feed) -> Iterator[Field]:
    """Yield the fields that every successful result must have. An empty page may lack its entries and its cursor."""
    for field in feed.success:
        if not field.many and field != feed.cursor.member:
            yield field
