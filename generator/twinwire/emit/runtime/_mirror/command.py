"""The command line of a mirror."""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Protocol

from .. import errors
from .._plan import FeedPlan, Representation
from .._sync import SyncClient
from .blocking import mirror
from .http import MAX_IMAGE_BYTES
from .progress import MirrorProgress, summary
from .report import printable

_EXITS = """\
exit codes:
  0    the directory holds every image that the feed lists (with --dry-run: the feed was read)
  1    some images could not be had, or are no images; the next run tries them again
  2    wrong usage
  3    the server or the network failed; the next run goes on
  4    the directory cannot be used, or the disk refused; the next run goes on
  130  interrupted; the next run goes on"""


class MakeClient(Protocol):
    """Function that creates the client of the feed."""

    def __call__(
        self,
        base_url: str,
        *,
        representation: Representation,
        session: str | None,
        headers: Mapping[str, str],
        timeout: float,
    ) -> SyncClient[Any]:
        """Return a client."""
        ...


def main(package: str, feed: FeedPlan, client: MakeClient, arguments: Sequence[str] | None = None) -> int:
    """Run the command line of a package and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # The help or the server's text may hold characters outside the console's encoding, such as cp1252 on Windows.
            stream.reconfigure(errors="backslashreplace")
    options = _parser(package, feed).parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            warnings.simplefilter("default", errors.ResultWarning)
            return _mirror(package, client, options)
    except errors.ParameterError as error:
        return _fail(package, error, 2)
    except errors.MirrorError as error:
        return _fail(package, error, 4)
    except errors.FeedError as error:
        return _fail(package, error, 3)
    except KeyboardInterrupt:
        return _fail(package, "interrupted; the next run goes on", 130)


def _mirror(package: str, make: MakeClient, options: argparse.Namespace) -> int:
    prefix = package.upper()
    session = options.session if options.session is not None else os.environ.get(f"{prefix}_SESSION") or None
    made = make(
        options.url,
        representation=options.representation,
        session=session,
        headers=_headers(options.header, f"{prefix}_HEADER_", os.environ),
        timeout=options.timeout,
    )
    with closing(made) as client, MirrorProgress(sys.stderr, quiet=options.quiet) as progress:
        report = mirror(
            client,
            options.directory,
            mode=options.mode,
            count=options.count,
            prefetch=options.prefetch,
            parallel=options.parallel,
            max_image_bytes=options.max_image_bytes,
            allow_private=options.allow_private,
            timeout=options.timeout,
            dry_run=options.dry_run,
            progress=progress,
        )
    for problem in report.problems:
        sys.stderr.write(f"{problem}\n")
    if not options.quiet:
        sys.stdout.write(f"{summary(report, dry_run=options.dry_run)}\n")
    return 0 if report.complete or options.dry_run else 1


def _parser(package: str, feed: FeedPlan) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {package}", allow_abbrev=False)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    prefix = package.upper()
    secrets = (
        f"Secrets may come from the environment, where no process list shows them: {prefix}_HEADER_AUTHORIZATION='Bearer …' is "
        f"--header 'Authorization: Bearer …' (an underscore stands for a hyphen), {prefix}_SESSION is --session. Flags win."
    )
    command = commands.add_parser(
        "mirror",
        help="bring the feed's images to a directory, and keep it current",
        description=f"Bring the feed's images to a directory, from where the last run there left the feed. {secrets}",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = command.add_argument
    add("url", metavar="URL", help=f"the base that {feed.path} is appended to")
    add("directory", metavar="DIR", help="where the images go; created where it is missing")
    add("--representation", choices=list(feed.accept), default=next(iter(feed.accept)), help="default: %(default)s")
    add("--mode", choices=[mode.name for mode in feed.modes], help="how the images come (default: as the feed's default is)")
    add("--count", type=int, metavar="N", help="the most entries of a lot (default: the feed's)")
    add("--session", metavar="TEXT", help="the session" if feed.session_parameter else argparse.SUPPRESS)
    add("--header", action="append", default=[], metavar="'Name: value'", help="a header for every request; may be repeated")
    add("--parallel", type=int, default=4, metavar="N", help="links to load at a time (default: %(default)s)")
    add("--prefetch", type=int, choices=[0, 1], default=0, help="lots to load ahead (default: %(default)s)")
    add("--max-image-bytes", type=int, default=MAX_IMAGE_BYTES, metavar="N", help="the most of a link (default: %(default)s)")
    add("--allow-private", action="store_true", help="load links from any address, not only from public ones and the feed's")
    add(
        "--timeout",
        type=_seconds,
        default=30.0,
        metavar="S",
        help="seconds for each step, and for what comes slowly (default: %(default)s)",
    )
    add("--dry-run", action="store_true", help="ask the feed, say what would be done, and change nothing")
    add("--quiet", action="store_true", help="show no progress and no summary, only what is wrong")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError(text)
    return seconds


def _headers(lines: Sequence[str], prefix: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Parse header lines; the client checks them. Messages do not repeat a line, because it may hold a secret."""
    found: dict[str, tuple[str, str]] = {}
    for variable, value in environment.items():
        name = variable.removeprefix(prefix).replace("_", "-")
        if variable.startswith(prefix) and name and value.strip():
            found[name.lower()] = (name, value.strip())
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise errors.ParameterError("--header", "must be of the form 'Name: value'")
        found[name.strip().lower()] = (name.strip(), value.strip())
    return dict(found.values())


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: object = None, line: str | None = None
) -> None:
    del category, filename, lineno, file, line
    sys.stderr.write(f"warning: {printable(str(message))}\n")


def _fail(package: str, error: object, code: int) -> int:
    sys.stderr.write(f"{package} mirror: {printable(str(error))}\n")
    return code
