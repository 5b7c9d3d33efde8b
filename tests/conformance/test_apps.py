"""In-process applications: how they are found, started and called, and how their exceptions are shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.validate import validator

import pytest

from twinwire.cli import main
from twinwire.errors import UsageError
from twinwire_conformance.loading import load_app
from twinwire_conformance.transport.interfaces import Interface, interface_of

# One module with an application for each interface: ASGI 3 and 2, with and without lifespan, factories, and WSGI.
REFERENCE = """
from twinwire_conformance.contract import packaged_contract
from twinwire_conformance.reference import create_app as make
def create_app():
    return make(packaged_contract(), products=60)
asgi = create_app()
async def plain(scope, receive, send):
    if scope["type"] != "http":
        raise AssertionError("only http")
    await asgi(scope, receive, send)
class Started:
    def __init__(self):
        self.started = False
    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                with open("log", "a") as log:
                    print(message["type"], file=log)
                self.started = message["type"] == "lifespan.startup"
                scope["state"]["db"] = "open"
                await send({"type": message["type"] + ".complete"})
                if not self.started:
                    return
        assert self.started and scope["state"]["db"] == "open"
        await asgi(scope, receive, send)
started = Started()
class Two:
    def __init__(self, scope):
        self.scope = scope
    async def __call__(self, receive, send):
        await plain(self.scope, receive, send)
import asyncio, io
from wsgiref.validate import validator
def wsgi(environ, start_response):
    path = environ["PATH_INFO"]
    given = [(key[5:].replace("_", "-"), value) for key, value in environ.items() if key.startswith("HTTP_")]
    headers = [(name.lower().encode(), value.encode()) for name, value in given]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
             "path": path, "raw_path": path.encode(), "query_string": environ["QUERY_STRING"].encode(), "root_path": "",
             "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
    sent = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        sent.append(message)
    asyncio.run(asgi(scope, receive, send))
    status = str(sent[0]["status"]) + " Status"
    start_response(status, [(name.decode(), value.decode()) for name, value in sent[0]["headers"]])
    return [message.get("body", b"") for message in sent[1:]]
validated = validator(wsgi)
class nested:
    app = asgi
"""


FAILS_TO_START = """async def app(scope, receive, send):
    await receive()
    await send({'type': 'lifespan.startup.failed', 'message': 'Traceback\\nno database'})
"""
RAISES_AT_START = """async def app(scope, receive, send):
    await receive()
    try:
        raise OSError('no database')
    except OSError:
        await send({'type': 'lifespan.startup.failed'})
        raise
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """The working directory, where tests create modules. It is not yet importable."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def make(name: str, text: str) -> None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    yield make
    # Modules of the same name in other tests would otherwise come from the cache.
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def certify(name: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["certify", "--app", name, "--profile", "quick", *arguments, "--report-json", "r.json"])
    return code, json.loads(Path("r.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "attribute", ["asgi", "plain", "started", "Started", "Two", "create_app", "create_app()", "wsgi", "validated", "nested.app"]
)
def test_each_interface_is_recognised_and_certified(attribute: str, place: Callable[[str, str], None]) -> None:
    place("served_here.py", REFERENCE)
    code, report = certify(f"served_here:{attribute}")
    assert code == 0, [item for item in report["results"] if item["outcome"] not in ("pass", "skip")]
    assert report["verdict"] == "certified"


def test_the_current_directory_is_importable_for_the_command(place: Callable[[str, str], None]) -> None:
    place("served_here.py", REFERENCE)
    # Without the empty entry in sys.path, only the command itself can make the directory importable.
    script = "import sys; sys.path = [p for p in sys.path if p]; from twinwire.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", script, "certify", "--app", "served_here:started", "--select", "HTTP-04"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PYTHONPATH": ""}
    )
    assert done.returncode == 0, done.stderr
    assert Path("log").read_text().split() == ["lifespan.startup", "lifespan.shutdown"]


@pytest.mark.parametrize(
    ("text", "attribute", "says"),
    [
        ("x = (\n", "app", "SyntaxError: '(' was never closed at {here}/broken.py:1"),
        ("import os\n1 / 0\n", "app", "ZeroDivisionError: division by zero at {here}/broken.py:2"),
        ("import no_such_library\n", "app", "ModuleNotFoundError: No module named 'no_such_library' at {here}/broken.py:1"),
        ("from json import nothing\n", "app", "ImportError: cannot import name 'nothing'"),
        ("\nimport broken_too\n", "app", "RuntimeError: two words at {here}/broken_too.py:3"),
        ("import json\njson.loads('{')\n", "app", "at {here}/broken.py:2"),
        ("import sys\nsys.exit(0)\n", "app", "SystemExit: the module called sys.exit(0) at {here}/broken.py:2"),
        ("raise BaseException('odd')\n", "app", "BaseException: odd at {here}/broken.py:1"),
        ("ape = 1\n", "app", "broken has no attribute 'app' ({here}/broken.py)"),
        ("class a: pass\n", "a.b", "broken.a has no attribute 'b' ({here}/broken.py)"),
        ("def app():\n    raise KeyError('x')\n", "app", "the factory raised KeyError: 'x' at {here}/broken.py:2"),
        ("def app():\n    return 7\n", "app", "returned is not an application: it cannot be called"),
        ("def app():\n    return app\n", "app", "returned is not an application, but another factory"),
        ("async def app():\n    pass\n", "app", "is asynchronous but does not take (scope, receive, send)"),
        ("def app(settings):\n    pass\n", "app", "is not an application: it takes (settings)"),
        ("app = 7\n", "app", "is not an application: it cannot be called"),
        (FAILS_TO_START, "app", "the application failed at startup: no database"),
        (RAISES_AT_START, "app", "the application failed at startup: OSError: no database ({here}/broken.py:4)"),
    ],
)
def test_an_application_that_cannot_be_had_is_one_line(
    text: str, attribute: str, says: str, place: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    place("broken.py", text)
    place("broken_too.py", "\n\nraise RuntimeError('two\\nwords')\n")
    assert main(["certify", "--app", f"broken:{attribute}"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert says.format(here=Path.cwd()) in captured.err


@pytest.mark.parametrize("name", ["app", "app:", ":app", "a:b()c", "app.py:app", "src/app:app", "no_such_module:app", ".x:app"])
def test_a_name_of_no_application_is_one_line(name: str, place: Callable[[str, str], None]) -> None:
    with pytest.raises(UsageError) as caught:
        load_app(name)
    assert len(str(caught.value).splitlines()) == 1
    assert repr(name) in str(caught.value)


# Each application raises an exception whose message contains the client's secret.
RAISES = {
    "asgi": "async def app(scope, receive, send):\n    fail(dict(scope['headers'])[b'authorization'].decode())\n",
    "starlette": "from starlette.applications import Starlette\nfrom starlette.routing import Route\ndef feed(request):\n"
    "    fail(request.headers['authorization'])\napp = Starlette(routes=[Route('/products/images', feed)])\n",
    "wsgi": "def app(environ, start_response):\n    fail(environ['HTTP_AUTHORIZATION'])\n",
    "lazy wsgi": "def app(environ, start_response):\n    fail(environ['HTTP_AUTHORIZATION'])\n    yield b''\n",
    "logged": "import traceback\ndef app(environ, start_response):\n    try:\n        fail(environ['HTTP_AUTHORIZATION'])\n"
    "    except ValueError:\n        traceback.print_exc(file=environ['wsgi.errors'])\n"
    "        start_response('500 Sorry', [('Content-Type', 'text/html')])\n    return [b'sorry']\n",
    "exit": "import sys\nasync def app(scope, receive, send):\n    if scope['type'] == 'http':\n        sys.exit('bad key')\n",
}


@pytest.mark.parametrize("kind", RAISES)
def test_what_an_application_raises_is_shown_without_secrets(
    kind: str, place: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    place("broken.py", "def fail(key):\n    raise ValueError('bad key ' + key)\n" + RAISES[kind])
    code, report = certify("broken:app", "--header", "Authorization: canary-one", "--har", "run.har")
    captured = capsys.readouterr()
    assert code == 1
    assert "HTTP 500" in captured.err
    line = f'  File "{Path.cwd()}/broken.py", line {6 if kind == "exit" else 2}, in {"app" if kind == "exit" else "fail"}'
    error = "SystemExit: bad key" if kind == "exit" else "ValueError: bad key ***"
    failed = next(item for item in report["results"] if item["id"] == "HTTP-01")
    for text in (captured.err, failed["evidence"][0]["excerpt"]):
        assert line in text
        assert error in text
    assert failed["evidence"][0]["status"] == 500
    assert "canary" not in captured.err + captured.out + Path("r.json").read_text() + Path("run.har").read_text()
    main(["certify", "--replay", "run.har"])
    assert capsys.readouterr().err == captured.err


def test_a_rule_that_fails_because_the_application_raised_shows_it(
    place: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    place(
        "broken.py",
        REFERENCE
        + "async def app(scope, receive, send):\n    if scope['type'] == 'http' and b'=501' in scope['query_string']:\n"
        "        raise LookupError('no such page')\n    await asgi(scope, receive, send)\n",
    )
    code = main(["certify", "--app", "broken:app", "--select", "HTTP-09"])
    assert code == 1
    shown = capsys.readouterr().out
    assert "  the application raised:\n" in shown
    assert "    LookupError: no such page\n" in shown
    assert f'File "{Path.cwd()}/broken.py", line ' in shown


async def three(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI 3 application."""


async def three_of_any(*args: Any, **options: Any) -> None:
    """A wrapper of an ASGI 3 application."""


def two(environ: Any, start_response: Any, more: Any = None) -> Any:
    """A WSGI application."""


class Version2:
    """An ASGI 2 application, with one instance per scope."""

    def __init__(self, scope: Any) -> None: ...

    async def __call__(self, receive: Any, send: Any) -> None: ...


class Iterable:
    """A WSGI application, with one instance per request."""

    def __init__(self, environ: Any, start_response: Any) -> None: ...


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (three, Interface.ASGI3),
        # The wrong order of arguments shows that the names decide, not the behaviour.
        (lambda scope, receive, send: three(send, receive, scope), Interface.ASGI3),
        (three_of_any, Interface.ASGI3),
        (two, Interface.WSGI),
        (validator(two), Interface.WSGI),
        (Iterable, Interface.WSGI),
        (Version2, Interface.ASGI2),
        (lambda scope: three, Interface.ASGI2),
        (lambda settings=None: three, Interface.FACTORY),
        (lambda: two, Interface.FACTORY),
    ],
)
def test_an_interface_is_told_by_its_arguments(app: Any, expected: Interface) -> None:
    assert interface_of(app) is expected


@pytest.mark.parametrize("app", [7, lambda *, key: key, lambda a, b, c, d: a, json.loads])
def test_other_objects_are_refused(app: Any) -> None:
    with pytest.raises(UsageError, match="not an application"):
        interface_of(app)
