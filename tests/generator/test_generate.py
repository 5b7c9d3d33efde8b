"""The command ``twinwire generate``, from the spec to the directory."""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from orders_spec import TEXT as ORDERS
from twinwire.cli import main
from twinwire.errors import SpecError, TwinwireError
from twinwire.ir import read_contract, unpack
from twinwire.pipeline import generate
from twinwire.templating import Artifact

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "spec/products-images.yaml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a current directory with the default spec at its default path and a setting for the copy of the contract."""
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec/products-images.yaml").write_bytes(SPEC.read_bytes())
    (tmp_path / "pyproject.toml").write_text('[tool.twinwire]\ncontract = "suite/data"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_it_writes_the_project_with_both_schemas_and_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate"]) == 0
    written = files(project / "generated")
    assert {"product_images/schemas/ImagesResult.xsd", "product_images/schemas/ImagesResult.schema.json"} <= set(written)
    lines = capsys.readouterr().out.splitlines()
    assert "wrote generated/product_images/schemas/ImagesResult.xsd" in lines
    assert lines[-1] == f"generated: {len(written)} written, 0 removed, 0 unchanged"


def test_generating_again_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate"]) == 0
    capsys.readouterr()
    assert main(["generate"]) == 0
    assert capsys.readouterr().out == f"generated: 0 written, 0 removed, {len(files(project / 'generated'))} unchanged\n"


def test_every_file_has_lf_and_a_last_newline(project: Path) -> None:
    assert main(["generate"]) == 0
    for path, content in files(project / "generated").items():
        assert b"\r" not in content, path
        assert not content or content.endswith(b"\n"), path


def test_every_file_names_the_spec(project: Path) -> None:
    assert main(["generate"]) == 0
    sha256 = hashlib.sha256(SPEC.read_bytes()).hexdigest().encode()
    marked = {path for path, content in files(project / "generated").items() if sha256 in content}
    assert set(files(project / "generated")) - marked == set()


def test_check_is_silent_about_a_current_tree(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate"]) == 0
    capsys.readouterr()
    assert main(["generate", "--check"]) == 0
    assert capsys.readouterr().out == f"generated: current, {len(files(project / 'generated'))} files\n"


def test_check_shows_edited_missing_and_stale_files_and_touches_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate"]) == 0
    schemas = project / "generated/product_images/schemas"
    (schemas / "ImagesResult.xsd").unlink()
    (schemas / "ImagesResult.schema.json").write_text("{}\n" * 3)
    (schemas / "old.xsd").write_text("<a/>")
    before = files(project)
    capsys.readouterr()
    assert main(["generate", "--check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "missing: generated/product_images/schemas/ImagesResult.xsd" in lines
    assert "stale: generated/product_images/schemas/old.xsd" in lines
    edited = lines.index("edited: generated/product_images/schemas/ImagesResult.schema.json")
    assert lines[edited + 1].strip() == "--- product_images/schemas/ImagesResult.schema.json (on disk)"
    assert "more lines" in lines[-2]
    assert lines[-1] == "generated: differs; run twinwire generate"
    assert files(project) == before


def test_the_copy_of_the_contract_is_written_and_checked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate"]) == 0
    copy = project / "suite/data/contract.json"
    written = copy.read_bytes()
    packed = unpack(written)
    assert packed.contract == read_contract(SPEC)
    for format_, name in (("json", "ImagesResult.schema.json"), ("xml", "ImagesResult.xsd")):
        assert packed.schemas[format_] == (project / "generated/product_images/schemas" / name).read_text("utf-8")
    assert [path.name for path in copy.parent.iterdir()] == ["contract.json"]
    copy.write_bytes(b"{}\n")
    assert main(["generate", "--check"]) == 1
    assert "edited: suite/data/contract.json is not a copy of the spec" in capsys.readouterr().out
    copy.unlink()
    assert main(["generate", "--check"]) == 1
    assert main(["generate"]) == 0
    assert copy.read_bytes() == written


def test_another_spec_or_directory_leaves_the_copy_alone(project: Path) -> None:
    assert main(["generate", "--out", "elsewhere"]) == 0
    (project / "orders.yaml").write_text(ORDERS)
    assert main(["generate", "orders.yaml", "--out", "orders"]) == 0
    assert (project / "elsewhere/product_images").is_dir()
    assert (project / "orders/order_events/schemas/Lot.xsd").is_file()
    assert not (project / "suite").exists()


@pytest.mark.parametrize(
    "settings",
    [
        "[tool.twinwire\n",
        '[tool.twinwire]\ncontract = "../x"\n',
        "[tool.twinwire]\ncontract = 1\n",
        '[tool.twinwire]\ncontract = "@/x"\n',
    ],
)
def test_a_setting_that_cannot_be_used_is_one_clear_line(
    project: Path, capsys: pytest.CaptureFixture[str], settings: str
) -> None:
    (project / "pyproject.toml").write_text(settings.replace("@", project.as_posix()))
    assert main(["generate"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (project / "generated").exists()


def test_a_missing_default_spec_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["generate"]) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        "twinwire generate: there is no spec/products-images.yaml here (pass a spec: twinwire generate SPEC --out DIR)\n"
    )
    assert captured.out == ""


def test_a_spec_with_problems_generates_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "bad.yaml").write_text("openapi: [")
    assert main(["generate", "bad.yaml", "--out", "x"]) == 2
    assert "bad.yaml:1:" in capsys.readouterr().err
    assert not (project / "x").exists()


def test_a_directory_of_somebody_else_is_one_clear_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--out", "."]) == 2
    err = capsys.readouterr().err
    assert err.startswith("twinwire generate: . is not empty")
    assert err.count("\n") == 1


def test_a_disk_that_refuses_is_one_clear_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "file").write_text("")
    assert main(["generate", "--out", "file/x/y"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("twinwire generate: ")
    assert err.count("\n") == 1


def test_two_hash_seeds_give_the_same_bytes(tmp_path: Path) -> None:
    # Sets of texts have another order with each hash seed, so an unsorted set in the generator would show here.
    trees = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        command = [sys.executable, "-c", "import sys; from twinwire.cli import main; sys.exit(main())"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        arguments = [*command, "generate", str(SPEC), "--out", str(out)]
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        trees.append(files(out))
    assert trees[0] == trees[1]


# Texts that would end a literal, comment, docstring or tag in one of the languages of the output.
LINE = [
    'it\'s "quoted" \'\'\'thrice\'\'\' """thrice"""',
    "\\",
    "{{ 1 / 0 }} {% raw %} {# #} {name} %s",
    "]]> --> <!-- &lt; </xs:schema> <b='c\">",
    "-*- coding: utf-7 -*-",
    "`x` | [y](z) ''' #",
]
# The same with line ends, which a name cannot contain.
BLOCK = [
    "\n\nimport os\nos.abort()\n",
    '\\"""\nraise SystemExit(1)\n"""',
    "\u2028\u2029\x85\x1b[31m\x00\x07\r",
    "[tool.hatch]\nx = 1",
]
HARMLESS = "Harmless text"
# The places of text in the spec of orders, each with its replacement, in which @ stands for the hostile text.
TEXTS = {
    "description: An order & its <lines>.": "description: @",
    "summary: Load the next lot of orders": "summary: @",
    "{type: string, maxLength: 40}": "{type: string, maxLength: 40, default: @}",
    "enum: [open,": "enum: [@,",
    "start: ['']": "start: ['', @]",
    "{name: size, in: query,": "{name: size, in: query, description: @,",
}
NAMES = {
    "title: Order events": "title: @",
    "version: 2.1.0": "version: @",
    "name: after,": "name: @,",
    "parameter: after,": "parameter: @,",
}
MEMBER = {"paid: {type": "@: {type"}


def yaml_text(text: str) -> str:
    """Return a text as a double-quoted YAML scalar in which all but ASCII letters and digits is escaped."""
    return '"' + "".join(char if char.isascii() and char.isalnum() else f"\\U{ord(char):08X}" for char in text) + '"'


def generated(folder: Path, places: dict[str, str], text: str) -> Path:
    spec = ORDERS
    for place, replacement in places.items():
        assert place in spec
        spec = spec.replace(place, replacement.replace("@", yaml_text(text)))
    (folder / "spec.yaml").write_text(spec)
    generate(folder / "spec.yaml", folder / "out")
    return folder / "out"


# Hostile and harmless text must give the same syntax trees: then the text is data, wherever it stands.
@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    groups = {"texts": TEXTS, "names": NAMES, "member": MEMBER}
    return {name: generated(tmp_path_factory.mktemp(name), places, HARMLESS) for name, places in groups.items()}


@pytest.mark.parametrize("text", [*LINE, *BLOCK], ids=range(len([*LINE, *BLOCK])))
def test_hostile_text_changes_no_structure_and_does_not_run(tmp_path: Path, harmless: dict[str, Path], text: str) -> None:
    out = generated(tmp_path, TEXTS, text)
    assert structure(out) == structure(harmless["texts"])
    assert_imports(out)


@pytest.mark.parametrize("text", LINE, ids=range(len(LINE)))
def test_hostile_names_change_no_structure_and_do_not_run(tmp_path: Path, harmless: dict[str, Path], text: str) -> None:
    out = generated(tmp_path, NAMES, f"Harmless {text} text")
    assert structure(out) == structure(harmless["names"])
    assert_imports(out)


@pytest.mark.parametrize("text", LINE, ids=range(len(LINE)))
def test_a_hostile_member_is_refused_or_changes_no_structure(tmp_path: Path, harmless: dict[str, Path], text: str) -> None:
    if set(text) & {'"', "\\"}:
        with pytest.raises(SpecError, match=r"character: .* contains the character U\+00(22|5C)"):
            generated(tmp_path, MEMBER, f"Harmless {text} text")
    else:
        out = generated(tmp_path, MEMBER, f"Harmless {text} text")
        assert structure(out) == structure(harmless["member"])
        assert_imports(out)


@pytest.mark.parametrize("places", [{place: NAMES[place]} for place in list(NAMES)[:2]] + [NAMES, MEMBER])
def test_a_name_of_several_lines_is_refused(tmp_path: Path, places: dict[str, str]) -> None:
    with pytest.raises(SpecError, match=r"character: .* contains the character U\+000A"):
        generated(tmp_path, places, BLOCK[0])


@pytest.mark.parametrize("places", [TEXTS, NAMES, MEMBER])
def test_half_a_surrogate_pair_is_refused(tmp_path: Path, places: dict[str, str]) -> None:
    with pytest.raises(SpecError, match="half of a surrogate pair"):
        generated(tmp_path, places, "x\ud800")


def structure(root: Path) -> tuple[list[str], list[list[str]]]:
    """Return the parts that text must not change: the node types of all modules, and the top-level keys of TOML files."""
    python = sorted(skeleton(path) for path in root.rglob("*.py"))
    return python, [sorted(tomllib.loads(path.read_text("utf-8"))) for path in sorted(root.rglob("*.toml"))]


def skeleton(path: Path) -> str:
    return " ".join(type(node).__name__ for node in ast.walk(ast.parse(path.read_bytes())))


def assert_imports(root: Path) -> None:
    [package] = [path.parent.name for path in root.glob("*/__init__.py")]
    command = [sys.executable, "-W", "error", "-c", f"import {package}.client, {package}.codec; print('imported')"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "imported\n", "")


def test_a_template_that_lets_text_through_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first line of defence is taken out, so that only the check of the output is left.
    leaking = Artifact("order_events/models.py", "# Order events\nimport os\nos.abort()\n")
    monkeypatch.setattr("twinwire.pipeline.emit", lambda *_: [leaking])
    (tmp_path / "spec.yaml").write_text(ORDERS)
    with pytest.raises(TwinwireError, match=r"the generated file order_events/models\.py does something on import in line 3"):
        generate(tmp_path / "spec.yaml", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_http_library_is_chosen_by_option(tmp_path: Path) -> None:
    assert main(["generate", str(SPEC), "--out", str(tmp_path / "out"), "--http", "httpx2"]) == 0
    assert '"httpx2>=' in (tmp_path / "out/pyproject.toml").read_text("utf-8")
    assert not [path for path in (tmp_path / "out").rglob("*.py") if "import httpx\n" in path.read_text("utf-8")]
