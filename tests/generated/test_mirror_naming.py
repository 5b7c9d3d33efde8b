"""Where an image lies, whatever the server calls it."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from product_images._mirror.naming import file, folder

HOSTILE = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "C:\\autoexec.bat",
    "C:autoexec.bat",
    "\\\\server\\share\\x",
    "a/b",
    "CON",
    "con",
    "NUL.txt",
    "COM1",
    "lpt9.png",
    "x.",
    "x ",
    "x. . .",
    " ",
    ".mirror",
    ".mirror/manifest.sqlite",
    "manifest.sqlite",
    "a" * 300,
    "\U0001f600" * 300,
    "\u00e9" * 300 + ".jpeg",
    "e\u0301.png",
    "\u00e9.png",
    "\ufb01le",
    "\u0430.png",
    "A.png",
    "a.png",
    "stra\u00dfe",
    "STRASSE",
    "\u0130",
    "x\u202egnp.exe",
    "x\u200b",
    "x\ufeff",
    "x\0y",
    "x\ny",
    "\x1b[2J",
    "a:b",
    'a*?<>|"b',
    "~",
    "-rf",
    "x~" + "a" * 26,
    "\ud800",
]
ANY = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300), st.text(alphabet="./\\ :~aA\u00e9\u0301\u202e", max_size=12))
DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}


def is_safe(name: str) -> bool:
    """Say whether a name is one component of a path, harmless on any file system and any terminal."""
    return (
        0 < len(name.encode("utf-8")) <= 255
        and name not in (".", "..")
        and not set(name) & set('/\\:*?"<>|')
        and not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for char in name)
        and name == name.strip()
        and not name.endswith(".")
        and name.split(".", maxsplit=1)[0].strip().casefold() not in DEVICES
        and name.casefold() != ".mirror"
    )


def folded(name: str) -> str:
    """Return what a file system that folds case and normalises Unicode may make of a name."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2), ANY)
@example(-(2**63), 500_000, "\U0001f600" * 300)
def test_a_file_name_is_safe(position: int, occurrence: int, filename: str) -> None:
    assert is_safe(file(position, occurrence, filename))


@given(ANY)
def test_a_directory_name_is_safe_and_begins_like_no_option_but_a_number(key: str) -> None:
    name = folder(key)
    assert is_safe(name)
    assert name.isascii()
    assert not name.startswith((".", "-")) or name[1:].isdigit()


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2), ANY), unique_by=lambda image: image[:2], max_size=8))
def test_two_images_of_an_entry_share_no_path_on_any_file_system(images: list[tuple[int, int, str]]) -> None:
    names = [folded(file(*image)) for image in images]
    assert len(set(names)) == len(names)


@given(ANY, ANY)
@example("ABC", "abc")
@example("e\u0301", "\u00e9")
@example("a.b", "a_b")
@example("1", "01")
def test_two_keys_share_no_directory_on_any_file_system(one: str, other: str) -> None:
    assert (folded(folder(one)) == folded(folder(other))) == (one == other)


def test_no_two_of_the_hostile_names_share_a_directory() -> None:
    for one, other in itertools.combinations(HOSTILE, 2):
        assert folded(folder(one)) != folded(folder(other))


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("front.png", "5-front.png"),
        ("caf\u00e9 cr\u00e8me.jpg", "5-caf\u00e9 cr\u00e8me.jpg"),
        ("../../x.png", "5-.._.._x.png"),
        ("", "5-image"),
        ("...", "5-image"),
        ("a" * 300 + ".jpeg", "5-" + "a" * 195 + ".jpeg"),
        ("\u00e9" * 300 + ".jpeg", "5-" + "\u00e9" * 97 + ".jpeg"),
        ("a." + "b" * 300, "5-a." + "b" * 198),
    ],
)
def test_a_name_stays_readable(filename: str, name: str) -> None:
    assert file(5, 0, filename) == name


@pytest.mark.parametrize("key", ["7", "-7", "9223372036854775807", "sku-12", "a_b"])
def test_a_plain_key_is_its_own_directory(key: str) -> None:
    assert folder(key) == key


def test_another_key_ends_in_its_hash() -> None:
    assert folder("SKU/12").startswith("sku_12~")
    assert len(folder("SKU/12")) == len("sku_12~") + 26
