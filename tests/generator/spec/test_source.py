"""The decoding of spec files: the values and positions of YAML, and the rejection of hostile files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from twinwire.errors import Problem, SpecError
from twinwire.spec.codes import Code
from twinwire.spec.source import MAX_BYTES, MAX_DEPTH, load, parse


def data_of(text: str) -> Any:
    return parse(text.encode(), "spec.yaml").data


def problems_of(raw: bytes) -> list[Problem]:
    try:
        document = parse(raw, "spec.yaml")
    except SpecError as error:
        return error.problems or pytest.fail("a refusal without a problem")
    return [] if isinstance(document.data, dict) else pytest.fail("something else than a mapping was read")


def refused(raw: bytes | str) -> list[Problem]:
    with pytest.raises(SpecError) as caught:
        parse(raw.encode() if isinstance(raw, str) else raw, "spec.yaml")
    return caught.value.problems


def codes_of(raw: bytes | str) -> list[str]:
    return [problem.code for problem in refused(raw)]


@pytest.mark.parametrize(
    # PyYAML follows YAML 1.1, in which these are booleans, dates, hexadecimal or sexagesimal numbers.
    "word",
    ["yes", "no", "on", "off", "y", "n", "Yes", "ON", "2026-11-23", "0x1f", "1_000", "12:30:45", ".inf", ".nan"],
)
def test_words_that_only_yaml_1_1_interprets_are_texts(word: str) -> None:
    assert data_of(f"a: {word}") == {"a": word}
    assert data_of(f"{word}: 1") == {word: 1}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *[("true", True), ("False", False), ("~", None), ("", None), ("null", None), ("-7", -7), ("+7", 7), ("0123", 123)],
        *[("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("'1'", "1"), ('"true"', "true"), ("9223372036854775808", 2**63)],
    ],
)
def test_words_of_yaml_1_2_have_their_values(written: str, value: object) -> None:
    found = data_of(f"a: {written}")["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_texts_as_they_are_written() -> None:
    assert data_of("200: a\ntrue: b\n1.0: c\n") == {"200": "a", "true": "b", "1.0": "c"}


def test_a_merge_key_merges_nothing() -> None:
    assert data_of("<<: {a: 1}") == {"<<": {"a": 1}}


# A simple key of YAML has at most 1024 characters, escapes included. JSON escapes one character with up to twelve.
KEYS = st.text(max_size=80)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**38), 10**38) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
)


@given(JSON)
@example({"a": "\U0001f600"})
@settings(deadline=None, max_examples=60)
def test_what_json_writes_is_read_as_json_reads_it(value: object) -> None:
    text = json.dumps({"a": value})
    assert data_of(text) == json.loads(text)


@given(st.binary(max_size=60) | st.text(st.sampled_from("{}[]:,-? \n\t'\"&*!|>%@`#a1\\ux"), max_size=40).map(str.encode))
# PyYAML's own parser raises OverflowError for the first of these inputs, and ValueError for the second.
@example(b'"\\UFFFFFFFF"')
@example(b"%YAML 1." + b"9" * 5000 + b"\n---\na")
@example(b"!!int 1: a")
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_read_or_refused_with_a_place_and_a_hint(raw: bytes) -> None:
    for problem in problems_of(raw):
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.hint
        str(problem).encode()


def test_positions_count_lines_and_code_points_from_1() -> None:
    document = parse("a: 1\n'日本':\n  - 😀: x\n".encode(), "spec.yaml")
    assert document.keys["a",] == (1, 1)
    assert document.values["a",] == (1, 4)
    assert document.keys["日本",] == (2, 1)
    assert document.values["日本", 0, "😀"] == (3, 8)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_end_gives_the_same_positions(line_end: str) -> None:
    document = parse(line_end.join(["a: 1", "b:", "  c: 2", ""]).encode(), "spec.yaml")
    assert document.values["b", "c"] == (3, 6)
    assert document.lines[2] == "  c: 2"


def test_a_byte_order_mark_shifts_no_position() -> None:
    # Windows editors write one.
    document = parse("\ufeffa: 1".encode(), "spec.yaml")
    assert document.values["a",] == (1, 4)
    assert document.lines == ("a: 1",)


def test_a_line_break_of_unicode_within_a_text_does_not_shift_the_source_line() -> None:
    # YAML 1.1 counts U+2028 as a line break, so the file has one line more than an editor shows.
    [problem] = refused("a: 'x\u2028 y'\nb: 1\nb: 2\n")
    assert problem.code == Code.DUPLICATE_KEY
    assert problem.source == "b: 2"


def test_a_problem_at_what_is_missing_stands_at_what_should_hold_it() -> None:
    document = parse(b"a:\n  b: 1\n", "spec.yaml")
    assert (document.problem(("a", "c", 0), Code.EMPTY, "m").line, document.problem(("z",), Code.EMPTY, "m").line) == (2, 1)


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"# only a comment\n", b"\xef\xbb\xbf"])
def test_a_file_without_content_is_empty(raw: bytes) -> None:
    assert codes_of(raw) == [Code.EMPTY]


@pytest.mark.parametrize("raw", ["[]", "7", "text", "~", "<html><body>Not found</body></html>", "---"])
def test_what_is_no_mapping_is_no_spec(raw: str) -> None:
    assert codes_of(raw) == [Code.NOT_A_SPEC]


def test_bytes_that_are_no_utf_8_are_refused_where_they_stand() -> None:
    [problem] = refused(b"a: 1\nb: caf\xe9\n")
    assert (problem.line, problem.column, problem.code) == (2, 7, Code.ENCODING)


def test_every_alias_and_tag_is_reported() -> None:
    assert codes_of("a: &x 1\nb: *x\nc: *x\nd: !!str 1\ne: !own {}\n") == [
        Code.YAML_ALIAS,
        Code.YAML_ALIAS,
        Code.YAML_TAG,
        Code.YAML_TAG,
    ]


def test_aliases_that_would_grow_without_bound_are_refused_unexpanded() -> None:
    # The "billion laughs": 20 lines that stand for 9**19 values.
    lines = ["a0: &a0 [x, x]"] + [f"a{index}: &a{index} [{', '.join([f'*a{index - 1}'] * 9)}]" for index in range(1, 20)]
    assert set(codes_of("\n".join(lines))) == {Code.YAML_ALIAS}


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_nesting_without_end_is_refused_without_recursing(opening: str) -> None:
    assert codes_of(opening * 100_000) == [Code.TOO_DEEP]


def test_nesting_up_to_the_limit_is_read() -> None:
    depth = MAX_DEPTH - 1
    assert data_of("a: " + "[" * depth + "]" * depth) is not None
    assert codes_of("a: " + "[" * (depth + 1) + "]" * (depth + 1)) == [Code.TOO_DEEP]


def test_all_duplicate_keys_are_reported_with_the_line_of_the_first() -> None:
    problems = refused("a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n")
    assert [(problem.line, problem.column) for problem in problems] == [(2, 11), (3, 1), (4, 1)]
    assert "line 1" in problems[1].hint


@pytest.mark.parametrize("text", ["a:\n\tb: 1\n", "\ta: 1\n", "a:\n  b: 1\n\tc: 2\n"])
def test_a_tab_that_indents_is_named_as_such(text: str) -> None:
    [problem] = refused(text)
    assert problem.code == Code.YAML_SYNTAX
    assert "tab" in problem.message


@pytest.mark.parametrize("number", ["1" * 41, "-" + "9" * 5000, "1e400", "-1e400"])
def test_a_number_that_cannot_be_kept_is_refused(number: str) -> None:
    assert codes_of(f"a: {number}") == [Code.NUMBER]


def test_half_a_surrogate_pair_is_refused_in_keys_and_values() -> None:
    assert codes_of('{"\\ud83d": 1, "a": "\\ude00"}') == [Code.CHARACTER, Code.CHARACTER]


def test_a_file_that_is_too_large_is_not_parsed() -> None:
    assert codes_of(b"#" * (MAX_BYTES + 1)) == [Code.TOO_LARGE]


def test_a_device_without_end_is_not_read_to_its_end() -> None:
    endless = Path("/dev/zero")
    if not endless.exists():
        pytest.skip("this platform has no /dev/zero")
    with pytest.raises(SpecError) as caught:
        load(endless)
    assert [problem.code for problem in caught.value.problems] == [Code.TOO_LARGE]


@pytest.mark.parametrize("name", ["missing.yaml", ".", "nul\0.yaml", "x" * 5000])
def test_a_path_that_cannot_be_read_is_one_problem(tmp_path: Path, name: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(tmp_path / name)
    [problem] = caught.value.problems
    assert problem.code == Code.UNREADABLE
    assert problem.hint
    assert "\0" not in str(problem)


def test_the_digest_is_of_the_bytes_of_the_file(tmp_path: Path) -> None:
    from hashlib import sha256

    path = tmp_path / "spec.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    assert load(path).sha256 == sha256(path.read_bytes()).hexdigest()
