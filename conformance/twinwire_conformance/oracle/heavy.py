"""The modes that are not light: what may be asked for where a single entry can bring megabytes.

No rule asks for more of them than these asks, which bring what is courteous: some entries where images are of the usual
sizes, the leanest entry of the first lot where they are huge.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from twinwire.ir import Mode
from twinwire_conformance.contract import Ask
from twinwire_conformance.model import NotServed
from twinwire_conformance.oracle.lots import HUGE_BYTES, Lots
from twinwire_conformance.oracle.memory import give_back_large_blocks
from twinwire_conformance.oracle.odd import WIDTH, odd_cursor
from twinwire_conformance.oracle.survey import Survey

FEW = 3
MANY = 50
MODERATE_BYTES = 1024 * 1024


class Heavy:
    """The asks of one run in the modes that are not light. A feed without modes has none."""

    def __init__(self, lots: Lots, survey: Survey, *, thrifty: bool = False) -> None:
        self._lots = lots
        self._thrifty = thrifty
        self._survey = survey
        self._terms = lots.terms
        self._fitting: dict[Ask, bool] = {}

    @property
    def modes(self) -> list[Mode | None]:
        """The modes that are not light."""
        return self._terms.modes[1:]

    def first(self, media_type: str) -> list[Ask]:
        """Return the requests for a few odd entries, one in each mode, or for the leanest entry where images are huge."""
        return [replace(self._first(mode), media_type=media_type) for mode in self.modes]

    def moderate(self, media_type: str) -> list[Ask]:
        """Return those of the first asks whose answers are not huge."""
        found = [ask for ask in map(self._first, self.modes) if self.fits(ask)]
        return [replace(ask, media_type=media_type) for ask in found]

    def farther(self, media_type: str) -> list[Ask]:
        """Return asks at the end and, for more entries, in the middle, as far as their answers are not huge."""
        starts = self._survey.starts
        last, middle = starts[-1].cursor, starts[len(starts) // 2].cursor
        asks = [self._ask(mode, last, FEW) for mode in self.modes]
        asks += [self._ask(mode, middle, self._many(mode)) for mode in self.modes]
        return [replace(ask, media_type=media_type) for ask in asks if self.fits(ask)]

    def larger(self) -> list[Ask]:
        """Return requests for as many entries as make a large response that is not huge, one in each mode."""
        asks = []
        for mode in self.modes:
            count = HUGE_BYTES // 2 // self._each(self._first(mode))
            if count >= FEW:
                asks.append(self._ask(mode, None, count))
        return [ask for ask in asks if self.fits(ask)]

    def plain(self) -> list[Ask]:
        """Return the ask that leaves everything to its default, unless its answer would be huge."""
        plain = Ask(self._lots.media_types[0])
        default = self._terms.feed.modes.default if self._terms.feed.modes is not None else None
        if default in self.modes:
            first = self._first(default)
            if not self.fits(first) or self._each(first) * self._terms.feed.limit.default > HUGE_BYTES:
                return []
        return [plain]

    def fits(self, ask: Ask) -> bool:
        """Say whether an ask's answer is not huge; it is asked for and kept, or given up once it is."""
        if ask not in self._fitting:
            request = replace(self._lots.request(ask), most=HUGE_BYTES)
            answer = self._lots.answer(request)
            # One that was asked for before is kept whole.
            self._fitting[ask] = not answer.cut and len(answer.body) <= HUGE_BYTES
        return self._fitting[ask]

    @cached_property
    def odd(self) -> str | None:
        """The cursor after which the entries come that are odd in most ways."""
        return None if self._thrifty else odd_cursor(self._lots, self._survey)

    def _first(self, mode: Mode | None) -> Ask:
        few = self._ask(mode, self.odd, WIDTH)
        if self.fits(few):
            return few
        give_back_large_blocks()
        return self._ask(mode, self._lean, 1)

    def _ask(self, mode: Mode | None, cursor: str | None, limit: int) -> Ask:
        return Ask(self._lots.media_types[0], cursor, self._lots.size(limit), mode)

    def _many(self, mode: Mode | None) -> int:
        """Return how many entries make an answer of moderate size."""
        return min(MANY, MODERATE_BYTES // self._each(self._first(mode)))

    def _each(self, ask: Ask) -> int:
        """Return how many bytes an entry takes in the answer to an ask."""
        try:
            lot = self._lots.read(ask)
        except NotServed:
            # The rules that look at it meet this again and say so.
            return MODERATE_BYTES // FEW
        return lot.answer.size // max(1, lot.size) + 1

    @cached_property
    def _lean(self) -> str | None:
        """The cursor after which the entry with the fewest items of the first lot comes; the light mode lists them too."""
        light, entries = self._terms.light_mode, self._survey.lots[0].entries if self._survey.lots else []
        counts = [len(self._terms.items(entry, light)) if light is not None else 0 for entry in entries]
        filled = [(count, index) for index, count in enumerate(counts) if count]
        index = min(filled)[1] if filled else 0
        if not index or self._lots.size(index) != index:
            return None
        return self._lots.lot(Ask(self._lots.media_types[0], None, index, light)).cursor
