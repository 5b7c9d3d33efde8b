"""Detection of an application's interface (ASGI 3, ASGI 2 or WSGI) from its signature."""

from __future__ import annotations

import functools
import inspect
import traceback
from enum import Enum
from pathlib import Path
from typing import Any

from twinwire.errors import UsageError, printable

TRACE_LINES = 10


class Interface(Enum):
    """The interface of a callable application."""

    ASGI3 = "async app(scope, receive, send)"
    ASGI2 = "app(scope), then async (receive, send)"
    WSGI = "app(environ, start_response)"
    FACTORY = "a callable without arguments that returns an application"


def interface_of(app: Any, name: str = "the application") -> Interface:
    """Detect the interface of an application.

    Args:
        app: The object to examine.
        name: The name of the object in error messages.

    Raises:
        UsageError: The object is neither an application nor a factory of one.
    """
    hint = "name an ASGI or WSGI application, or a factory without arguments"
    if not callable(app):
        raise UsageError(f"{name} is not an application: it cannot be called", hint)
    try:
        parameters = list(inspect.signature(app).parameters.values())
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} is not an application: its arguments are unknown", hint) from error
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    least, most = sum(each.default is each.empty for each in positional), len(positional)
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        # A decorator with *args accepts any number of arguments. An async one wraps ASGI (three), a plain one WSGI (two).
        least, most = (least, 3) if _is_async(app) else (max(least, 2), 2)
    if any(each.kind is each.KEYWORD_ONLY and each.default is each.empty for each in parameters):
        raise UsageError(f"{name} is not an application: it requires keyword arguments", hint)
    if _is_async(app):
        if least <= 3 <= most:
            return Interface.ASGI3
        raise UsageError(f"{name} is asynchronous but does not take (scope, receive, send)", hint)
    if least == 3:
        # A plain function that returns an awaitable.
        return Interface.ASGI3
    if least == 2:
        return Interface.WSGI
    # One required argument fits many callables, so ASGI 2 needs the name "scope" or an async instance.
    if least == 1 and (positional[0].name == "scope" or _instances_are_async(app)):
        return Interface.ASGI2
    if least == 0:
        return Interface.FACTORY
    takes = ", ".join(each.name for each in positional)
    raise UsageError(f"{name} is not an application: it takes ({takes})", hint)


def describe(error: BaseException) -> str:
    """Format an exception as one line: its type, its message, and the file and line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    message = " ".join(str(error).split())
    return printable(f"{type(error).__name__}{': ' if message else ''}{message}{where}")


def trace_of(error: BaseException) -> str:
    """Return the last two frames of an exception's traceback, its type and its message, in at most ten lines."""
    here = str(Path(__file__).parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(here)]
    lines = "".join([*traceback.format_list(frames[-2:]), *traceback.format_exception_only(error)]).splitlines()
    # The frames come first, so that a long message cannot displace them.
    return "\n".join(lines[:TRACE_LINES])


def _is_async(app: Any) -> bool:
    # iscoroutinefunction does not look through a partial with a callable object.
    while isinstance(app, functools.partial):
        app = app.func
    if inspect.isclass(app):
        return False
    # Frameworks such as FastAPI are objects with an async __call__, not functions.
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None))  # noqa: B004


def _instances_are_async(app: Any) -> bool:
    return inspect.isclass(app) and inspect.iscoroutinefunction(getattr(app, "__call__", None))  # noqa: B004
