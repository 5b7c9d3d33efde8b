"""Fuzzing of an SDK's decoders: the fast and the plain decoder must return the same for every mutated document."""

from __future__ import annotations

import base64
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

Representation = Literal["json", "xml"]

# Insertions: syntax of both representations, alternative spellings, and invalid characters.
_ANYWHERE = [
    *('"', "'", "<", ">", "&", "=", "/", "\\", ",", ":", "{", "}", "[", "]", " ", "\t", "\n", "\r", "\x00", "\x0b", "\x7f"),
    *("\ufffe", "\uffff", "\ufeff", "\u00e9", "\u2028", "\U0001f600", "\u0663", "null", "true", "1e2", "007", "-0", "0", "1.0"),
    *("AAAA", "QUJDREVGR0g=", "aGk=", "QR==", "\\/", "\\u0041", "\\u002B", '\\"', "\\\\", "\\n", "\\r\\n", "&#65;", "&#x2B;"),
    *("&amp;", "&lt;", "&quot;", "&apos;", "&gt;", "&amp;lt;", "&amp;amp;", "&#10;", "&#0;", "&x;", "&", "]]>", "<![CDATA["),
    *("<!-- -->", "<!--", "-->", "<?x y?>", "<?", "?>", "<![CDATA[AAAAAAAA]]>", "<!DOCTYPE r>", "<a/>", "<a>", "</a>", "x"),
    *(' xsi:nil="true"', ' xmlns="urn:x"', ' xmlns:p="urn:p"', " p:x='1'", ' later="AAAAAAAAAAAA"', " later='AAAAAAAAAAAA'"),
    *(' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', "it's", "='", "='x\"y'", "'\"x\"'"),
    *('<!-- "AAAAAAAAAAAAAAAA" -->', '<later x="AAAAAAAAAAAAAAAA"/>', "<later>AAAAAAAAAAAA</later>", '"later":"AAAAAAAAAAAA",'),
    *('"later":null,', '"later":{"a":["AAAAAAAAAAAA"]},', ',"later":[[1]]', "//", "++", "====", "=", "\u0085", "'\"'"),
]
_HEADS = [
    *("<?xml version='1.0'?>", '<?xml version="1.0" encoding="utf-8"?>\n', '<?xml version="1.0" encoding="ISO-8859-1"?>'),
    *(
        '<?xml version="1.0" encoding="utf-16"?>',
        "<!-- before -->",
        "<?p i?>",
        "<!DOCTYPE x>",
        "\n",
        " ",
        "\ufeff",
        "{",
        "[",
        "\ufeff\ufeff",
    ),
]
# The charsets that a document is encoded in, and those that its Content-Type declares; they need not agree.
_CHARSETS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "koi8-r", "gb18030"]
_LABELS = [None, None, None, "utf-8", "utf-16", "iso-8859-1", "us-ascii", "nonsense"]
_BASE64 = re.compile("[A-Za-z0-9+/]{8,}={0,2}")
_WORD = re.compile(r"[A-Za-z_]{3,}")
_NUMBER = re.compile(r"[0-9]+")
_QUOTED = re.compile("\"[^\"]*\"|'[^']*'")


class Mutator:
    """Applies random changes to documents.

    Args:
        draw: The source of randomness.
        names: The contract's member names, for members in wrong places.
    """

    def __init__(self, draw: random.Random, names: list[str]) -> None:
        self._draw = draw
        self._names = names
        # Ways that are listed twice are drawn twice as often.
        self._ways: list[Callable[[str], str]] = [
            *(self._insert, self._insert, self._insert_at_a_quote, self._insert_at_a_quote, self._delete, self._repeat),
            *(self._rename, self._respell_base64, self._respell_base64, self._respell_number, self._single_quotes),
            *(self._move, self._cut, self._head, self._space, self._copy_value, self._null, self._null),
        ]

    def mutate(self, document: str) -> tuple[bytes | str, str | None]:
        """Return a changed document and the charset that its Content-Type declares (None for none).

        Most changes leave it in UTF-8, because a wrong charset ends decoding before anything else is tested.
        """
        for _ in range(self._draw.choice((0, 1, 1, 1, 1, 2, 2, 3))):
            document = self._draw.choice(self._ways)(document)
        if self._draw.random() < 0.9:
            return document.encode("utf-8", "surrogatepass"), self._draw.choice((None, None, "utf-8"))
        if self._draw.random() < 0.3:
            return document, None
        raw = document.encode(self._draw.choice(_CHARSETS), "replace")
        if self._draw.random() < 0.2:
            place = self._draw.randrange(len(raw) + 1)
            raw = raw[:place] + self._draw.randbytes(1) + raw[place + 1 :]
        return raw, self._draw.choice(_LABELS)

    def _place(self, document: str) -> int:
        return self._draw.randrange(len(document) + 1)

    def _slice(self, document: str) -> tuple[int, int]:
        start = self._place(document)
        return start, min(len(document), start + self._draw.choice((1, 2, 8, 30, 200)))

    def _found(self, pattern: re.Pattern[str], document: str) -> tuple[int, int]:
        found = [match.span() for match in pattern.finditer(document)]
        return self._draw.choice(found) if found else (0, 0)

    def _insert(self, document: str) -> str:
        place = self._place(document)
        return document[:place] + self._draw.choice(_ANYWHERE) + document[place:]

    def _insert_at_a_quote(self, document: str) -> str:
        place = self._draw.choice(self._found(re.compile("[\"'<>&]"), document))
        return document[:place] + self._draw.choice(_ANYWHERE) + document[place:]

    def _delete(self, document: str) -> str:
        start, end = self._slice(document)
        return document[:start] + document[end:]

    def _repeat(self, document: str) -> str:
        start, end = self._found(_QUOTED, document) if self._draw.random() < 0.5 else self._slice(document)
        return document[:end] + document[start:end] + document[end:]

    def _move(self, document: str) -> str:
        start, end = self._slice(document)
        part, rest = document[start:end], document[:start] + document[end:]
        place = self._place(rest)
        return rest[:place] + part + rest[place:]

    def _rename(self, document: str) -> str:
        start, end = self._found(_WORD, document)
        return document[:start] + self._draw.choice(self._names) + document[end:]

    def _respell_number(self, document: str) -> str:
        start, end = self._found(_NUMBER, document)
        number = document[start:end]
        # Spellings that XML Schema, JSON or Python accept differently, and numbers beyond 32 and 64 bits.
        ways = [
            f" {number} ",
            f"0{number}",
            f"+{number}",
            f"-{number}",
            f"{number}.0",
            "1e2",
            "9" * 19,
            "9" * 5000,
            "",
            "\u0663",
        ]
        return document[:start] + self._draw.choice([*ways, "null", f'"{number}"', "2147483648", str(2**63)]) + document[end:]

    def _respell_base64(self, document: str) -> str:
        start, end = self._found(_BASE64, document)
        text = document[start:end]
        middle = self._draw.randrange(len(text) + 1)
        # Base64 with escapes of both representations, wrong padding, line breaks, and characters of the URL-safe alphabet.
        ways = [
            *(text.replace("/", "\\/"), text.replace("+", "\\u002B"), text[:middle] + "\n" + text[middle:], text.rstrip("=")),
            *(
                f"{text}=",
                text[:-1],
                f"{text[:middle]}&#65;{text[middle:]}",
                f" {text}",
                f"{text} ",
                text[:middle] + "-" + text[middle:],
            ),
            *(f"{text}{text}", text[:middle] + "\\r\\n" + text[middle:], f"{text[:middle]}<!-- -->{text[middle:]}", text * 9),
            *(f"<![CDATA[{text}]]>", text[:middle] + '"' + text[middle:], text[:middle] + "\\" + text[middle:], f'\\"{text}'),
        ]
        return document[:start] + self._draw.choice(ways) + document[end:]

    def _null(self, document: str) -> str:
        name = self._draw.choice(self._names)
        place = self._draw.choice(self._found(re.compile("[{,]"), document))
        value = self._draw.choice(("null", "null", "[]", "[null]", "{}"))
        return f'{document[: place + 1]}"{name}"{self._draw.choice((":", ": "))}{value},{document[place + 1 :]}'

    def _single_quotes(self, document: str) -> str:
        if self._draw.random() < 0.3:
            return document.replace('"', "'")
        start, end = self._found(_QUOTED, document)
        return document[:start] + f"'{document[start + 1 : end - 1]}'" + document[end:]

    def _cut(self, document: str) -> str:
        return document[: self._place(document)]

    def _head(self, document: str) -> str:
        return self._draw.choice(_HEADS) + document

    def _space(self, document: str) -> str:
        space = self._draw.choice((" ", "\n", "\t", "\r\n ", "\u00a0"))
        return re.sub(r"(?=[<:,}/])|(?<=[>{,:\[])", lambda _: space if self._draw.random() < 0.2 else "", document)

    def _copy_value(self, document: str) -> str:
        start, end = self._found(_QUOTED, document)
        place = self._draw.choice(self._found(_QUOTED, document))
        name = self._draw.choice(self._names)
        joined = self._draw.choice((f" {name}={document[start:end]}", f',"{name}":{document[start:end]}', document[start:end]))
        return document[:place] + joined + document[place:]


@dataclass
class Report:
    """The result of a fuzzing run.

    Attributes:
        cases: The number of documents.
        results: The number of documents that were decoded.
        fast: The number of documents that a fast decoder decoded.
        seconds: The duration of the run.
        slowest: The longest decoding time of one document, in seconds.
        disagreements: A description of each document with different results.
    """

    cases: int = 0
    results: int = 0
    fast: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    disagreements: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.cases} documents in {self.seconds:.1f} s: {self.results} decoded ({self.fast} by a fast way), "
            f"{self.cases - self.results} rejected, the slowest in {self.slowest * 1e3:.0f} ms, "
            f"{len(self.disagreements)} disagreements"
        )


class Fuzz:
    """A fuzzer that compares the decoders of one SDK.

    Args:
        sdk: The package of the generated SDK.
        make: Draws a result that both representations can carry.
        names: The contract's member names.
    """

    def __init__(self, sdk: ModuleType, make: Callable[[random.Random], Any], names: list[str]) -> None:
        self._sdk = sdk
        self._make = make
        self._names = names
        part: dict[str, Any] = {
            name: import_module(f"{sdk.__name__}.{name}") for name in ("codec", "_settings", "_base64", "_base64_extraction")
        }
        self._codec = part["codec"].CODEC
        self._settings, self._base64, self._extraction = part["_settings"], part["_base64"], part["_base64_extraction"]

    def run(self, representation: Representation, *, seconds: float, seed: int, cases: int = 10**9) -> Report:
        """Fuzz one representation until the time or the number of cases is reached.

        Args:
            representation: "json" or "xml".
            seconds: The duration.
            seed: The seed of all random choices.
            cases: The maximum number of documents.
        """
        draw = random.Random(seed)
        mutator = Mutator(draw, self._names)
        report = Report()
        begin = time.perf_counter()
        with self._small_windows(draw) as resize:
            while report.cases < cases and (report.seconds < seconds or not report.cases):
                document = self._document(representation, self._make(draw))
                # Encoding is slow compared to mutation, so each document is mutated several times.
                for _ in range(20):
                    resize()
                    self._case(representation, *mutator.mutate(document), self._how(draw), report)
                report.seconds = time.perf_counter() - begin
        return report

    def _document(self, representation: Representation, result: Any) -> str:
        encode = self._sdk.encode_json if representation == "json" else self._sdk.encode_xml
        text: str = encode(result).decode()
        # Without the XML declaration, so that mutations can add another one.
        return text if representation == "json" else text.partition("\n")[2]

    def _how(self, draw: random.Random) -> Any:
        limits = self._settings.Limits(max_members=draw.choice((10, 60, 10**6)), max_depth=draw.choice((4, 6, 64)))
        how = draw.choice((self._base64.strict, self._base64.strict, self._base64.lenient, self._base64.verbatim))
        return self._settings.DecodeSettings(how, limits if draw.random() < 0.2 else self._settings.LIMITS)

    def _case(self, representation: Representation, data: bytes | str, label: str | None, how: Any, report: Report) -> None:
        decode = getattr(self._codec, f"decode_{representation}")
        begin = time.perf_counter()
        fast = self._outcome(decode, data, label, how)
        spent = time.perf_counter() - begin
        if spent > report.slowest:
            # Measure again, because the machine may have been busy.
            begin = time.perf_counter()
            self._outcome(decode, data, label, how)
            report.slowest = max(report.slowest, min(spent, time.perf_counter() - begin))
        plain = self._outcome(getattr(self._codec.plain, f"decode_{representation}"), data, label, how)
        report.cases += 1
        report.results += not isinstance(plain, str)
        ways = getattr(self._codec, f"_fast_{representation}")
        report.fast += ways.decode(data, label, how) is not None
        if fast != plain:
            settings = f"{how.base64.__name__}, {how.limits}, {self._extraction.WINDOW}"
            told = f"{data!r}, {label}, {settings}: {fast!r} differs from {plain!r}"
            report.disagreements.append(told)

    def _outcome(self, decode: Callable[..., Any], data: bytes | str, label: str | None, how: Any) -> Any:
        try:
            return decode(data, label, how)
        except self._sdk.DecodeError as error:
            return f"{error} {error.path} {error.line} {error.column}"

    @contextmanager
    def _small_windows(self, draw: random.Random) -> Iterator[Callable[[], None]]:
        # With small windows, short strings are decoded by the windowed code too, and a small document has several windows.
        usual, turner = self._extraction.WINDOW, self._codec._fast_xml._turner
        able = turner.able

        def resize() -> None:
            self._extraction.WINDOW = draw.choice((4, 8, 12, 40))
            # A document that the turner decodes is not parsed: without this, one fast decoder would hide the other.
            turner.able = able and draw.random() < 0.5

        try:
            yield resize
        finally:
            self._extraction.WINDOW, turner.able = usual, able


def text(draw: random.Random) -> str:
    """Draw a short text, among them some that look like base64 or markup."""
    return draw.choice(
        [
            "",
            "a",
            "plain-1.png",
            '<M> & "L"',
            "Größe",
            "AAAAAAAAAAAAAAAA",
            "null",
            "1",
            "a\\b",
            "]]>",
            "it's",
            "\U0001f600 \u2028",
        ]
    )


def binary(draw: random.Random) -> bytes:
    """Draw the bytes of a binary member: empty, short, or longer than a window."""
    return draw.randbytes(draw.choice((0, 1, 2, 3, 6, 9, 20, 31, 60)))


def base64_text(value: bytes) -> str:
    """Return base64 as the encoders write it."""
    return base64.b64encode(value).decode()
