"""Opening of a mirror's directory: the lock, the manifest, and a copy of the manifest for a dry run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from .._base64 import verbatim
from ..core import Core
from ..errors import MirrorError, ParameterError
from .disk import STATE, Disk, disk_errors
from .job import Job, Settings
from .manifest import Lock, Manifest
from .plan import choose


@contextmanager
def opened(core: Core[Any], directory: Path, settings: Settings) -> Generator[Job]:
    """Open a mirror's directory for a run; a dry run changes nothing in it.

    Raises:
        ParameterError: A setting is wrong.
        MirrorError: The directory cannot be used, or another mirror has locked it.
    """
    choose(core.feed, settings.mode)
    if core.options.reading.base64 is verbatim:
        raise ParameterError("client", "must decode base64, and was made with verbatim_base64")
    # Check the arguments now, before any directory is created.
    core.request({**settings.arguments, core.feed.limit_parameter: settings.count})
    extra = (f"{name}={value}" for name, value in sorted(settings.arguments.items()))
    feed = core.target.redact(" ".join([core.target.url, *extra]))
    with ExitStack() as stack:
        disk = Disk(directory)
        if settings.dry_run:
            path = _copy(disk, Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mirror-"))))
        else:
            disk.prepare()
            stack.callback(Lock(disk.own_database("lock")).release)
            disk.sweep()
            path = disk.own_database("manifest.sqlite")
        manifest = Manifest(path, feed, disk.state / path.name)
        stack.callback(manifest.close)
        if not settings.dry_run:
            disk.settle([f"{STATE}/manifest.sqlite"])
        job = Job(core, disk, manifest, settings)
        _check_cursors(core, job, disk.state / path.name)
        yield job


def _check_cursors(core: Core[Any], job: Job, path: Path) -> None:
    """Raise MirrorError when the manifest holds a cursor that breaks the constraint of its parameter."""
    try:
        for arguments in (job.arguments(), *(again.arguments for again in job.again())):
            core.request(arguments)
    except ParameterError as error:
        raise MirrorError(
            f"cannot use the manifest {path}: {error}, which no mirror has written there: move it away"
        ) from error


def _copy(disk: Disk, folder: Path) -> Path:
    """Copy the manifest, with the journals that a killed run left, into a folder where it can be opened."""
    if disk.root.exists() and not disk.root.is_dir():
        raise MirrorError(f"{disk.root} is no directory")
    for suffix in ("", "-wal"):
        name = f"manifest.sqlite{suffix}"
        source = disk.own_file(name)
        if source.exists():
            with disk_errors("cannot copy the manifest"):
                shutil.copyfile(source, folder / name)
    return folder / "manifest.sqlite"
