"""Loading an application from ``MODULE:ATTR``, as ASGI and WSGI servers do."""

from __future__ import annotations

import importlib
import sys
import sysconfig
import traceback
from pathlib import Path
from typing import Any

from twinwire.errors import UsageError, printable
from twinwire_conformance.transport.interfaces import Interface, interface_of

_HINT = "name an importable application, like myproject.main:app"


def load_app(reference: str) -> Any:
    """Import an ASGI or WSGI application; a factory without arguments is called.

    Args:
        reference: ``MODULE:ATTR``. The current directory is importable, and ATTR may be dotted or end in ``()``.

    Raises:
        UsageError: The application cannot be loaded. The message names the error, its file and its line.
    """
    module_name, colon, attribute = reference.partition(":")
    # gunicorn's syntax for a factory is MODULE:create_app().
    attribute, parentheses, rest = attribute.partition("()")
    if not colon or not module_name or not attribute or rest:
        raise UsageError(f"--app {reference!r} is not of the form MODULE:ATTR", _HINT)
    if "/" in module_name or "\\" in module_name or module_name.endswith(".py"):
        raise UsageError(f"--app {reference!r} names a file", "write the module with dots, like myproject.main:app")
    here = str(Path.cwd())
    if here not in sys.path:
        # uvicorn and gunicorn add it as well. It stays, because an application may import modules while it serves.
        sys.path.insert(0, here)
    found = _imported(reference, module_name)
    walked = module_name
    for name in attribute.split("."):
        try:
            found = getattr(found, name)
        except Exception as error:
            missing = isinstance(error, AttributeError)
            problem = f"{walked} has no attribute {name!r}" if missing else _described(error)
            raise _unusable(reference, f"{problem}{_file_of(module_name)}") from error
        walked = f"{walked}.{name}"
    if parentheses or interface_of(found, f"--app {reference!r}") is Interface.FACTORY:
        found = _made(reference, found)
    return found


def _imported(reference: str, module_name: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # SystemExit as well: a module that calls sys.exit(0) would end the run with the exit code of a certificate.
        raise _unusable(reference, _described(error)) from error


def _made(reference: str, factory: Any) -> Any:
    try:
        made = factory()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise _unusable(reference, f"the factory raised {_described(error)}") from error
    if interface_of(made, f"what --app {reference!r} returned") is Interface.FACTORY:
        raise UsageError(f"what --app {reference!r} returned is not an application, but another factory", _HINT)
    return made


def _unusable(reference: str, problem: str) -> UsageError:
    return UsageError(f"--app {reference!r} cannot be imported: {printable(problem)}", _HINT)


def _described(error: BaseException) -> str:
    """Return an error in one line, with the file and line of the application's own code that raised it."""
    if isinstance(error, SyntaxError):
        place = f" at {error.filename}:{error.lineno}" if error.filename else ""
        return f"{type(error).__name__}: {error.msg}{place}"
    message = " ".join(str(error).split())
    if isinstance(error, SystemExit):
        message = f"the module called sys.exit({error.code!r})"
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
    place = f" at {own[-1].filename}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}{': ' if message else ''}{message}{place}"


def _is_own(filename: str) -> bool:
    """Return whether a frame belongs to the application, and not to Python, a library or this package."""
    foreign = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return not filename.startswith(("<", str(Path(__file__).parent), *foreign))


def _file_of(module_name: str) -> str:
    file = getattr(sys.modules.get(module_name), "__file__", None)
    return f" ({file})" if file else ""
