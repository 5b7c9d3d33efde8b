"""The field plan of a contract, arranged for decoding: the members of each model, indexed by name."""

from __future__ import annotations

from dataclasses import dataclass, field

from twinwire.ir import Contract, Field, Kind, Model, ModelRef

MAX_UNKNOWN = 1000
"""The most members, elements and attributes unknown to the contract that are reported."""


@dataclass(slots=True)
class MemberSlot:
    """A member: its wire name, the kind of its scalar or the plan of its model, and whether it is a collection."""

    wire_name: str
    kind: Kind | None
    plan: Plan | None
    many: bool


@dataclass(slots=True)
class ElementPlan:
    """The meaning of a child element: a member, or with ``inner`` the wrapper around elements of that name.

    ``inside`` holds the plans of those elements.
    """

    slot: MemberSlot
    inner: str | None = None
    inside: dict[str, ElementPlan] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """A model: its element's name at the root, its slots in order and by JSON name, its attributes and child elements.

    ``type_name`` is the name of its type in the XSD.
    """

    root: str
    type_name: str
    slots: list[MemberSlot] = field(default_factory=list)
    members: dict[str, MemberSlot] = field(default_factory=dict)
    attributes: dict[str, MemberSlot] = field(default_factory=dict)
    elements: dict[str, ElementPlan] = field(default_factory=dict)


def plan_of(contract: Contract) -> Plan:
    """Return the field plan of a contract's result."""
    return _plan(contract, contract.feed.result, {})


def _plan(contract: Contract, model: Model, made: dict[str, Plan]) -> Plan:
    # A model may contain itself, so its plan is registered before its fields are added.
    if model.name not in made:
        plan = made[model.name] = Plan(model.xml_name, _type_name(model.name))
        for member in model.fields:
            _add(plan, member, _slot(contract, member, made))
    return made[model.name]


def _type_name(name: str) -> str:
    # An OpenAPI component name may begin with a digit, an XML name may not. The XSD prefixes such a name with "_".
    return name if name[:1].isalpha() else f"_{name}"


def _slot(contract: Contract, member: Field, made: dict[str, Plan]) -> MemberSlot:
    if isinstance(member.type, ModelRef):
        return MemberSlot(member.wire_name, None, _plan(contract, contract.model(member.type), made), member.many)
    return MemberSlot(member.wire_name, member.type.kind, None, member.many)


def _add(plan: Plan, member: Field, slot: MemberSlot) -> None:
    plan.slots.append(slot)
    plan.members[slot.wire_name] = slot
    xml = member.xml
    if xml.attribute:
        plan.attributes[xml.name] = slot
    elif xml.wrapper is not None:
        plan.elements[xml.wrapper] = ElementPlan(slot, xml.name, {xml.name: ElementPlan(slot)})
    else:
        plan.elements[xml.name] = ElementPlan(slot)
