"""Inputs to send: page sizes, traversals and hostile inputs, derived from the contract or drawn by Hypothesis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from hypothesis import strategies as st

from twinwire.ir import INT64_MAX, INT64_MIN, Kind, Limit, Mode, Parameter
from twinwire_conformance.contract import ContractView
from twinwire_conformance.model import Params

MAX_STEPS = 6
MAX_ENTRIES = 600
"""The most entries of a drawn traversal, enough to cross the boundary of the largest page."""


@dataclass(frozen=True, slots=True)
class TraversalPlan:
    """A plan of a traversal of part of the feed.

    Args:
        start: The index of its start in the baseline traversal's ``starts``.
        sizes: The page size of each request.
        media_type: The media type to accept.
        mode: The content mode; None for the default.
        fresh: Whether to request every page, in sequence, and never use kept responses.
    """

    start: int
    sizes: tuple[int, ...]
    media_type: str
    mode: Mode | None = None
    fresh: bool = False


def boundary_sizes(limit: Limit) -> list[int]:
    """Return the page sizes at which servers fail, the most telling first.

    They are the bounds, the default, powers of two, and their neighbours.
    """
    powers = [2**exponent for exponent in range(1, limit.maximum.bit_length())]
    centres = [limit.minimum, limit.maximum, limit.default, *reversed(powers)]
    # Neighbours of small powers are covered by pages that begin at boundary positions.
    near = [centre + offset for offset in (0, -1, 1) for centre in centres if not offset or centre > 32 or centre < 4]
    tens = [size for size in (10, 50, 200, 250, 300, 400) if size < limit.maximum]
    inside = [size for size in (*near, *tens) if limit.minimum <= size <= limit.maximum]
    return list(dict.fromkeys(inside))


def boundary_positions(largest: int) -> list[int]:
    """Return positions of the feed at which servers fail: near powers of two, round numbers and the largest page.

    A page that begins where a buffer, a block or a batch of the server ends may lose or repeat an entry.
    """
    powers = [2**exponent for exponent in range(13)]
    near = {power + offset for power in powers for offset in (-1, 0, 1)}
    round_ = {100, 200, 250, 1000, 2000, largest - 1, largest, largest + 1, 2 * largest}
    return sorted(position for position in near | round_ if position > 0)


def spread(seed: int, reach: int, cuts: int) -> list[int]:
    """Return about ``cuts`` positions from 1 to ``reach`` - 1 in order, spread so that no long part of the feed is without one.

    Multiples of the golden ratio modulo 1 have this property for any number of them (a sequence of low discrepancy). Example:
    for seed 0, reach 100 and 5 cuts they are 0.618, 0.236, 0.854, 0.472 and 0.090: the positions 9, 23, 47, 61 and 85.
    """
    golden = 0.6180339887498949
    first = (seed * golden) % 1.0
    places = (int(reach * ((first + number * golden) % 1.0)) for number in range(1, cuts + 1))
    return sorted({place for place in places if 0 < place < reach})


def plans(contract: ContractView, starts: int, media_types: Sequence[str], largest: int) -> st.SearchStrategy[TraversalPlan]:
    """Draw traversals from any of the ``starts``, in one of the media types, with pages of at most ``largest`` entries."""
    limit = contract.feed.limit
    boundaries = [size for size in boundary_sizes(limit) if size <= largest]
    sizes = st.one_of(st.sampled_from(boundaries), st.integers(limit.minimum, largest))
    steps = st.lists(sizes, min_size=1, max_size=MAX_STEPS)
    # Order and position do not depend on the content mode, so that the one with the smallest responses is enough.
    places = st.integers(0, max(0, starts - 1))
    return st.builds(_bounded, places, steps, st.sampled_from(media_types), st.just(contract.link_mode))


def _bounded(start: int, sizes: list[int], media_type: str, mode: Mode | None) -> TraversalPlan:
    kept: list[int] = []
    for size in sizes:
        if kept and sum(kept) + size > MAX_ENTRIES:
            break
        kept.append(size)
    return TraversalPlan(start, tuple(kept), media_type, mode)


def smaller(plan: TraversalPlan) -> Iterator[TraversalPlan]:
    """Yield traversals that are smaller than a given one, those that save most first.

    Example: sizes (3, 4, 5, 2) give the prefixes (3,), (3, 4) and (3, 4, 5); (7, 5, 2), whose first pages are merged; each
    traversal without one of the pages; and each with one page reduced, such as (1, 4, 5, 2).
    """
    sizes = plan.sizes
    lengths = range(1, len(sizes))
    if len(sizes) > 2 * MAX_STEPS:
        # A long traversal is halved, because trying every length would cost more requests than the traversal itself.
        lengths = range(len(sizes) // 2, len(sizes), max(1, len(sizes) // 8))
    for length in lengths:
        yield replace(plan, sizes=sizes[:length])
    merged = sum(sizes[:-2])
    if len(sizes) > 2 and merged <= max(sizes[0], MAX_ENTRIES // 2):
        yield replace(plan, sizes=(merged, *sizes[-2:]))
    for index in range(len(sizes)) if len(sizes) <= 2 * MAX_STEPS else ():
        if len(sizes) > 1:
            yield replace(plan, sizes=(*sizes[:index], *sizes[index + 1 :]))
    for index, size in enumerate(sizes[: 2 * MAX_STEPS]):
        for limit in (1, 2, size // 2, size - 1):
            if 0 < limit < size:
                yield replace(plan, sizes=(*sizes[:index], limit, *sizes[index + 1 :]))
    if plan.start:
        yield replace(plan, start=0)


_HOSTILE_TEXTS = (
    "'\"",
    "a" * 9000,
    "\x00",
    "\udcff\udcfe",
    "\\",
    "%s%n%x 100%",
    "\U0001f600" * 30,
    "a" * 9000,
    "\x01\x08\x0c\x1b\x7f",
    "'\"><script>alert(1)</script>",
    "",
    "' OR '1'='1",
    'O\'Brien & "Co" <x>',
    "../../../../etc/passwd",
    "\r\nX-Injected: 1",
    "{{7*7}}",
    "\uff11\uff12 \u65e5\u672c",
)

# Among them a letter whose lower case is longer (U+0130), an Arabic digit (U+0661), invisible characters and a byte
# order mark (U+FEFF).
_ODD_CHARACTERS = (
    *"aZ09 _-.,:;/\\'\"<>&%?#=+@{}[]()|^~`$*!\t\r\n\x00\x1b\x7f\x85\u00a0\u00df",
    *"\u0130\u0301\u0661\u200b\u202e\u2028\ufeff\ufffd\U0001f600",
)


def hostile_values(parameter: Parameter) -> list[str]:
    """Return values that a server must survive: out of range, of another type, too long, or malicious."""
    scalar = parameter.type
    if scalar.kind is not Kind.INTEGER:
        long = [] if scalar.max_length is None else [char * (scalar.max_length + 1) for char in "x\u00e9"]
        return list(dict.fromkeys([*long, *_HOSTILE_TEXTS]))
    low = INT64_MIN if scalar.minimum is None else scalar.minimum
    high = INT64_MAX if scalar.maximum is None else scalar.maximum
    # Numbers that parsers get wrong, the commonest mistakes first: a small budget sends only the first few.
    odd = ["", " 1 ", "1" * 4000, str(INT64_MIN), "-1", "\u0661", "-", "+1", "+", str(INT64_MAX + 1), "%", "1e400", "'"]
    odd += ["\x00", "0x10", "1.5", "NaN"]
    numbers = [low - 1, high + 1, INT64_MAX, INT64_MAX + 1, INT64_MIN - 1, -1, 0]
    return list(dict.fromkeys([*odd, *map(str, numbers), "\uff15", "1,000", "\u00b2", "1e3", "a" * 4000, "1" * 5000]))


@dataclass(frozen=True, slots=True)
class BadInput:
    """A value of a parameter that breaks one constraint, and a valid twin.

    Args:
        parameter: The name of the parameter.
        value: The bad value.
        twin: A valid value to compare with; None to leave the parameter out.
        constraint: The constraint that is broken: the bounds of the page size, the type of the cursor, or a length.
        excess: Whether it is a page size over the maximum, which a server may lower instead of rejecting it.
    """

    parameter: str
    value: str
    twin: str | None
    constraint: Literal["limit", "cursor", "length"]
    excess: bool = False
    """Whether it is a page size over the maximum, which a server may lower instead of rejecting it."""


def bad_inputs(contract: ContractView) -> list[BadInput]:
    """Return the inputs that should be rejected, beginning with one for each constraint."""
    limit, cursor = contract.feed.limit, contract.feed.cursor.parameter
    name, twin = limit.parameter.name, str(limit.minimum)
    over = [BadInput(name, str(size), twin, "limit", excess=True) for size in (limit.maximum + 1, limit.maximum * 2, 2**31)]
    mistyped = [
        BadInput(name, value, twin, "limit")
        for value in (str(limit.minimum - 1), "abc", "-1", "1.5", "1e2", " 5", "+5", "\uff15", "\u0661", "5x")
    ]
    columns = [[over[0], *mistyped[1:], *over[1:]], mistyped[:1]]
    if cursor.type.kind is Kind.INTEGER or contract.feed.cursor.order == "numeric":
        texts = ("abc", str(INT64_MAX + 1), "1.5", "0x10", str(INT64_MIN - 1), "\u0661\u0662", "12abc")
        known = contract.feed.cursor.start
        columns.append([BadInput(cursor.name, value, None, "cursor") for value in texts if value not in known])
    columns.append([_too_long(parameter) for parameter in free_texts(contract)])
    return [bad for row in zip_longest(*columns) for bad in row if bad is not None]


def some_bad_inputs(contract: ContractView, *, thrifty: bool) -> list[BadInput]:
    """Return the bad inputs whose rejections are checked; for a thrifty run one that no server may lower instead."""
    chosen = bad_inputs(contract)
    return [bad for bad in chosen if not bad.excess][:1] if thrifty else chosen[:8]


def _too_long(parameter: Parameter) -> BadInput:
    most = parameter.type.max_length or 0
    return BadInput(parameter.name, "x" * (most + 1), "x" * most, "length")


def echoed_inputs(contract: ContractView) -> list[BadInput]:
    """Return bad inputs that break the syntax of a message which quotes them unescaped, for each parameter."""
    found: list[BadInput] = []
    for parameter in contract.operation.parameters:
        scalar = parameter.type
        if scalar.kind is Kind.INTEGER or parameter == contract.feed.cursor.parameter:
            found.append(BadInput(parameter.name, _MARKUP * 20, None, "cursor"))
        elif parameter in free_texts(contract):
            value = (_MARKUP * ((scalar.max_length or 0) // len(_MARKUP) + 2))[: (scalar.max_length or 0) + 3]
            found.append(BadInput(parameter.name, value, None, "length"))
            # A server that truncates this text by bytes cuts a character in half, which is not valid UTF-8.
            found.append(
                BadInput(
                    parameter.name,
                    ("\u00e9\u20ac\U0001f600" * (scalar.max_length or 0))[: (scalar.max_length or 0) + 1],
                    None,
                    "length",
                )
            )
    return found


_MARKUP = "<a b=\"c'&d\\e]]>\x0b\u20ac"


def lenient_inputs(contract: ContractView) -> list[tuple[str, str]]:
    """Return unusual inputs that must not be rejected, although a warning is allowed: unknown content modes."""
    modes = contract.feed.modes
    if modes is None or not modes.unknown_ignored:
        return []
    known = {mode.value for mode in modes.choices}
    return [(modes.parameter.name, value) for value in ("unheard-of", "a&b<c>'\"") if value not in known]


def near_modes(contract: ContractView) -> list[tuple[str, str]]:
    """Return values that begin like that of a content mode: a server that compares prefixes takes them for it."""
    modes = contract.feed.modes
    if modes is None or not modes.unknown_ignored:
        return []
    values = [mode.value for mode in modes.choices if mode.value]
    near = [f"{text[:1]}x" for text in values[:1]]
    return [(modes.parameter.name, value) for value in near if value not in values]


def free_texts(contract: ContractView) -> list[Parameter]:
    """Return the parameters that take any text up to a maximum length: no cursor, no pattern, no enumeration."""
    feed = contract.feed
    chosen = [feed.modes.parameter] if feed.modes is not None and not feed.modes.unknown_ignored else []
    return [
        parameter
        for parameter in contract.operation.parameters
        if parameter.type.kind is Kind.STRING and parameter.type.max_length is not None
        if not parameter.type.pattern and not parameter.type.enum
        if parameter != feed.cursor.parameter and parameter not in chosen
        if not parameter.required or parameter == feed.session
    ]


def hostile_params(contract: ContractView) -> list[Params]:
    """Return queries that a server must survive.

    A few bad inputs come first, then the values of each parameter in turn, then the other bad inputs.
    """
    texts = free_texts(contract)
    columns: list[list[Params]] = [
        [((parameter.name, value),) for value in hostile_values(parameter)]
        for parameter in contract.operation.parameters
        if parameter not in texts
    ]
    # Texts within their length are valid, so that one request may test two of them.
    values = _HOSTILE_TEXTS
    half = len(values) // 2
    pairs: list[Params] = [
        tuple((text.name, values[(index + half * number) % len(values)]) for number, text in enumerate(texts[:2]))
        for index in range(len(values) if texts else 0)
    ]
    names = [p.name for p in contract.operation.parameters]
    special: list[Params] = [
        tuple((name, "1") for name in names for _ in range(2)),
        (("unknown-parameter", "1"),),
        (("", ""),),
        (("\x00", "\x00"),),
        tuple((name.upper(), "1") for name in names),
    ]
    first: list[Params] = [((bad.parameter, bad.value),) for bad in bad_inputs(contract)]
    rows = zip_longest(special, *columns, pairs)
    return list(dict.fromkeys([*first[:4], *(params for row in rows for params in row if params is not None), *first[4:]]))


def malformed_queries(contract: ContractView) -> list[str]:
    """Return query strings that break the syntax of percent-encoding or of a query, for each parameter in turn."""
    names = [parameter.name for parameter in contract.operation.parameters]
    texts = [parameter.name for parameter in free_texts(contract)] or names
    limit, cursor = contract.feed.limit.parameter.name, contract.feed.cursor.parameter.name
    # %c0%af is an overlong encoding of a slash, %u0031 an escape of old Microsoft servers, %ed%a0%80 a lone surrogate.
    return [
        f"{texts[0]}=%",
        f"{limit}=%zz",
        f"{texts[-1]}=%c0%af%ff",
        f"{cursor}=%u0031",
        f"{limit}=2&&={cursor}&%=1&{texts[0]}",
        f"{limit}[]=2&{texts[0]}[a]=1",
        f"{limit}=2;{cursor}=1",
        f"{texts[0]}=%00%0d%0aX:1",
        f"{texts[-1]}=%ed%a0%80",
        f"{names[0]}",
    ]


def hostile(contract: ContractView) -> st.SearchStrategy[Params]:
    """Draw queries of documented parameters with arbitrary values."""
    names = st.sampled_from([p.name for p in contract.operation.parameters])
    # Not st.text(): loading its table of Unicode takes longer than all other drawing of a run.
    texts = st.one_of(
        st.lists(st.sampled_from(_ODD_CHARACTERS), max_size=40).map("".join),
        st.binary(max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    )
    values = st.one_of(texts, st.integers().map(str), st.floats().map(str))
    return st.lists(st.tuples(names, values), min_size=1, max_size=4).map(tuple)
