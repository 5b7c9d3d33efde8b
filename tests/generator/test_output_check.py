"""The check of generated files: the allow-list admits the code that the generator writes, and rejects injected code."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from twinwire.emit import emit
from twinwire.emit.names import Names
from twinwire.emit.package import Http
from twinwire.errors import TwinwireError
from twinwire.ir import read_contract
from twinwire.output_check import guard
from twinwire.templating import Artifact

ALLOWED = [
    '"""Only documentation."""',
    "from __future__ import annotations\nimport httpx\nfrom xml.parsers import expat\nimport xml.parsers.expat",
    "from pkg.models import Model\nfrom . import models\nfrom .models import Model",
    "import typing as t\nif t.TYPE_CHECKING:\n    from collections.abc import Iterator",
    "class A(ValueError):\n    x: int = 1\n\n    def __init__(self) -> None:\n        super().__init__(str(self.x))",
    "def f(open: str, id: int, help: str = '') -> str:\n    return open + help",
    "x = 'eval(open(__import__))'\n\n# exec('1')\n",
    "# -*- coding: utf-8 -*-\nx = 1",
    "def help() -> int:\n    return 1\n\nx = help()\n\ndef f() -> int:\n    return help()",
    "if 1:\n\n    def __getattr__(name: str) -> object: ...\n\n    def __dir__() -> list[str]: ...",
]

# Source and the complaint about it: the ways from a text in a module to a process, a file or the interpreter's internals.
REFUSED = {
    "import os": "imports os",
    "import os.path as path": "imports os",
    "from subprocess import run": "imports subprocess",
    "from pkgs import x": "imports pkgs",
    "from typing import __builtins__": "uses __builtins__",
    "def f():\n    import sys": "imports sys",
    "print(1)": "does something on import in line 1",
    "x = 1; (lambda: 1)()": "does something on import in line 1",
    "class A:\n    print(1)": "does something on import in line 2",
    "for x in (1,): pass": "does something on import",
    "if 1:\n    del x": "does something on import",
    "def f():\n    return eval('1')": "uses eval",
    "def f(x=exec): pass": "uses exec",
    "@compile\ndef f(): pass": "uses compile",
    "x = [open(y) for y in ()]": "uses open",
    "def f(open): pass\n\ndef g():\n    return open(1)": "uses open",
    "class A:\n    x = globals()": "uses globals",
    "x = __import__('os')": "uses __import__",
    "x = __builtins__": "uses __builtins__",
    "def f(x): x.__getattr__('y')": "uses __getattr__",
    "x = ().__class__": "uses __class__",
    "def f(x): x.__globals__": "uses __globals__",
    "x = getattr(1, '__class__')": "uses __class__",
    # In UTF-7, harmless ASCII bytes such as "+AGk-" are other characters.
    "# coding: utf-7\nx = 1": "declares the encoding utf-7",
    "\n# vim: set fileencoding=latin-1 :\n": "declares the encoding iso-8859-1",
    "# coding: no-such\n": "cannot be parsed",
    "x = (": "cannot be parsed",
    "x = 1\0": "cannot be parsed",
    "x = '\ud800'": "cannot be parsed",
    # Python's parser gives up on deep nesting with MemoryError or RecursionError instead of SyntaxError.
    "(" * 500: "cannot be parsed",
    "x = " + "-" * 100_000 + "1": "cannot be parsed",
}


@pytest.mark.parametrize("source", ALLOWED)
def test_what_generated_code_needs_is_allowed(source: str) -> None:
    guard([Artifact("pkg/a.py", source)])


@pytest.mark.parametrize("source", ["import os, sqlite3\nfrom pathlib import Path", "import os\nx = os.O_RDONLY"])
def test_the_mirror_may_use_the_disk_and_nothing_else_may(source: str) -> None:
    guard([Artifact("pkg/_mirror/a.py", source)])
    for path in ("pkg/a.py", "pkg/__main__.py", "pkg/sub/_mirror/a.py", "_mirror/a.py"):
        with pytest.raises(TwinwireError, match="imports os"):
            guard([Artifact(path, source)])


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("import subprocess", "imports subprocess"),
        ("import os.path", "imports os.path"),
        ("from os import system", "imports from os"),
        ("import os\n\ndef f() -> None:\n    os.system('x')", "uses os.system"),
        ("import os\n\ndef f() -> None:\n    os.execv('x', [])", "uses os.execv"),
        ("import os\n\ndef f() -> None:\n    os.posix_spawn('x', [], {})", "uses os.posix_spawn"),
    ],
)
def test_the_mirror_starts_no_process(source: str, complaint: str) -> None:
    with pytest.raises(TwinwireError, match=complaint):
        guard([Artifact("pkg/_mirror/a.py", source)])


def test_a_command_begins_its_work_only_when_it_is_one() -> None:
    guard([Artifact("pkg/__main__.py", 'if __name__ == "__main__":\n    raise SystemExit(main())')])
    for test in ("True", '__name__ != "__main__"', '__name__ == "__main__" or True'):
        with pytest.raises(TwinwireError, match="does something on import"):
            guard([Artifact("pkg/__main__.py", f"if {test}:\n    raise SystemExit(main())")])


@pytest.mark.parametrize(("source", "complaint"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_generated_code_never_needs_is_refused(source: str, complaint: str) -> None:
    with pytest.raises(TwinwireError) as caught:
        guard([Artifact("README.md", "x"), Artifact("pkg/a.py", source)])
    assert str(caught.value).startswith(f"the generated file pkg/a.py {complaint}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "good", "bad"),
    [
        ("pyproject.toml", "[project]\nname = 'x'\n", "[project\n"),
        ("pkg/x.schema.json", "{}\n", "{'a': 1}"),
        ("pkg/x.xsd", "<a><!-- b --></a>", "<a><!-- b --> --></b>"),
    ],
)
def test_files_that_are_not_python_must_parse_too(path: str, good: str, bad: str) -> None:
    guard([Artifact(path, good)])
    with pytest.raises(TwinwireError, match="cannot be parsed"):
        guard([Artifact(path, bad)])


ROOT = Path(__file__).parents[2]
SPECS = ("spec/products-images.yaml", "tests/support/ledger.yaml", "tests/support/bulletin.yaml")


@pytest.mark.parametrize("http", ["httpx", "httpx2"])
@pytest.mark.parametrize("spec", SPECS)
def test_what_is_copied_keeps_to_the_allow_list(spec: str, http: Http) -> None:
    artifacts = emit(read_contract(ROOT / spec), http)
    assert sum(artifact.copied for artifact in artifacts) > 25
    guard([replace(artifact, copied=False) for artifact in artifacts])


def test_what_is_copied_holds_the_same_for_every_spec() -> None:
    bodies: dict[str, set[str]] = {}
    for spec in SPECS:
        contract = read_contract(ROOT / spec)
        for artifact in emit(contract):
            if artifact.copied:
                first, second, *lines = artifact.text.splitlines()
                assert first.startswith("# ")
                assert second.startswith("# ")
                body = re.sub(rf"\b{Names(contract).error}\b", "FeedError", "\n".join(lines))
                bodies.setdefault(artifact.path.partition("/")[2], set()).add(body)
    assert len(bodies) > 25
    assert {path for path, found in bodies.items() if len(found) > 1} == set()


def test_a_text_that_escapes_from_the_header_is_refused_though_most_files_are_copied() -> None:
    contract = read_contract(ROOT / SPECS[0])
    artifacts = [replace(each, text=f"import os\n{each.text}") for each in emit(contract)]
    with pytest.raises(TwinwireError, match="imports os"):
        guard(artifacts)
