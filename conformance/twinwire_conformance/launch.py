"""Launching a run: from the caller's options, or a recording, to a target, its contract, and a run ready to begin."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from twinwire import __version__
from twinwire.errors import UsageError, printable
from twinwire.ir import Contract, read_contract
from twinwire_conformance import credentials
from twinwire_conformance.contract import ContractView, packaged_contract
from twinwire_conformance.loading import load_app
from twinwire_conformance.model import Report, Verdict
from twinwire_conformance.options import DEFAULT_PROFILE, CertifyOptions
from twinwire_conformance.profiles import PROFILES
from twinwire_conformance.reports.baseline import compare
from twinwire_conformance.reports.output import Output
from twinwire_conformance.reports.results import Results
from twinwire_conformance.rules.explanations import explanations
from twinwire_conformance.runner import Run, begin
from twinwire_conformance.target import RequestPolicy, Target
from twinwire_conformance.transport import (
    REDACTED,
    Endpoint,
    ExchangeDeadline,
    Recording,
    RecordingInfo,
    RecordingTransport,
    ReplayTransport,
    Transport,
    connect,
    read_recording,
)

IN_PROCESS = "http://in-process.invalid"


@dataclass(frozen=True, slots=True)
class Launched:
    """A run that is ready to begin.

    Args:
        run: The run.
        rules: The ids of the rules to try; None for all.
        recording: The recording that the run replays; None for a run that sends requests.
    """

    run: Run
    rules: tuple[str, ...] | None
    recording: Recording | None = None

    def conclude(self, report: Report) -> Report:
        """Return the report of the run. A replay adds a note, and is inconclusive when the recording lacks an exchange."""
        if self.recording is None:
            return report
        notes = [report.note] if report.note else []
        notes.append("replayed from a recording; no request was sent")
        verdict = report.verdict
        if self.recording.lacks:
            notes.append(self._lacking(self.recording.lacks))
            verdict = verdict if verdict is Verdict.NOT_CERTIFIED else Verdict.INCONCLUSIVE
        return replace(report, note="; ".join(notes), verdict=verdict)

    def _lacking(self, lacks: Sequence[str]) -> str:
        more = f" and {len(lacks) - 1} more" if len(lacks) > 1 else ""
        kit = self.recording.origin.kit if self.recording else __version__
        version = "" if kit == __version__ else f"; it was made by twinwire {kit}, and this is {__version__}"
        return f"the recording lacks {lacks[0]}{more}{version}"


def results_of(started: Launched, options: CertifyOptions, report: Report, known: Mapping[str, str] | None) -> Results:
    """Return the results of a run as the report writers get them.

    Args:
        started: The run.
        options: The options of the run.
        report: Its report.
        known: The failures of the baseline, by fingerprint; None without a baseline.
    """
    comparison = None if known is None else compare(report, known)
    contract = started.run.run_context.contract.ir
    return Results(report, contract, options.spec, comparison, explanations() if options.reports else {})


@contextmanager
def launched(options: CertifyOptions) -> Iterator[Launched]:
    """Yield a run that is ready to begin, and close its target afterwards.

    Args:
        options: The options of the run.

    Raises:
        UsageError: An option, the target or the recording cannot be used.
        SpecError: The spec has problems.
    """
    output = None if options.har is None else Output(options.har)
    recording = None if options.replay is None else read_recording(options.replay)
    contract = packaged_contract() if options.spec is None else read_contract(options.spec)
    if recording is not None:
        options = _as_recorded(options, recording.origin, contract)
    profile = PROFILES[options.profile or DEFAULT_PROFILE]
    most = profile.max_requests if options.max_requests is None else options.max_requests
    longest = profile.max_time if options.max_time is None else options.max_time
    policy = RequestPolicy(options.timeout, options.rate, most, max_time=longest)
    headers, session = _credentials(options, recording, contract)
    # Each run explores other inputs; the report names the seed to repeat it.
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    parameter = contract.feed.session
    named = (parameter.name, session) if parameter is not None and session is not None else None
    # Host is not redacted: links in responses contain it, and a recording must keep them usable.
    hidden = [value for name, value in headers.items() if name.lower() != "host"]
    secrets = [*hidden, *([session] if session else [])]
    with ExitStack() as stack:
        url, app = _where(options, contract, stack)
        until = ExchangeDeadline(policy.max_time)
        carrier = _Carrier(policy, until, app, recording, output)
        path = contract.operation.path
        target = Target(url, path, policy, headers, secrets, app, session=named, through=carrier.carry, until=until)
        run = begin(ContractView(contract), target, profile, seed, session)
        # Registered before the target, so that it runs after the target is closed and no exchange is incomplete.
        stack.callback(carrier.write, _origin(run, headers, options.rules))
        stack.enter_context(target)
        yield Launched(run, options.rules, recording)


def _origin(run: Run, headers: Iterable[str], rules: tuple[str, ...] | None) -> RecordingInfo:
    run_context = run.run_context
    return RecordingInfo(
        base_url=run_context.target.base_url,
        spec=run_context.contract.ir.origin.sha256,
        kit=__version__,
        profile=run_context.profile.name,
        seed=run_context.seed,
        max_requests=run_context.target.policy.max_requests,
        headers=tuple(headers),
        session=run_context.page_client.session is not None,
        rules=rules,
    )


@dataclass(slots=True)
class _Carrier:
    """Makes the transport of a run, and writes its recording at the end."""

    policy: RequestPolicy
    until: ExchangeDeadline
    app: Any
    recording: Recording | None
    output: Output | None
    recorder: RecordingTransport | None = None

    def carry(self, endpoint: Endpoint) -> Transport:
        transport = self._transport(endpoint)
        if self.output is None:
            return transport
        self.recorder = RecordingTransport(transport, endpoint)
        return self.recorder

    def write(self, origin: RecordingInfo) -> None:
        if self.output is not None and self.recorder is not None:
            with self.output.stream() as stream:
                self.recorder.write(stream, origin)

    def _transport(self, endpoint: Endpoint) -> Transport:
        if self.recording is not None:
            return ReplayTransport(self.recording, endpoint)
        policy = self.policy
        return connect(endpoint, policy.timeout, policy.max_bytes, self.app, lifespan=True, until=self.until)


def _as_recorded(options: CertifyOptions, origin: RecordingInfo, contract: Contract) -> CertifyOptions:
    """Return the options of a replay, in which the caller's options take precedence over the recorded ones.

    Raises:
        UsageError: The recording is of another target or another spec.
    """
    if options.app is not None or (options.url is not None and options.url.rstrip("/") != origin.base_url):
        raise UsageError(
            f"the recording is of {printable(origin.base_url)}, not of the target that was given", "leave the target out"
        )
    if contract.origin.sha256 != origin.spec:
        came = f"its SHA-256 is {origin.spec}, that of {contract.origin.title} is {contract.origin.sha256}"
        raise UsageError(f"the recording was made with another spec: {came}", "name the spec that it was made with by --spec")
    if options.profile is None and origin.profile not in PROFILES:
        raise UsageError(f"the recording names no profile of this version: {origin.profile!r}", "name one with --profile")
    return replace(
        options,
        url=origin.base_url,
        profile=options.profile or origin.profile,
        max_requests=options.max_requests or origin.max_requests,
        seed=origin.seed if options.seed is None else options.seed,
        rules=options.rules or origin.rules,
        # A replay sends no requests, so the rate limit does not apply.
        rate=None,
    )


def _credentials(options: CertifyOptions, recording: Recording | None, contract: Contract) -> tuple[dict[str, str], str | None]:
    if recording is None:
        return credentials.headers(options.headers), credentials.allowed_session(options.session, contract)
    # A recording has the names of secret headers, and a placeholder for each value.
    return dict.fromkeys(recording.origin.headers, REDACTED), REDACTED if recording.origin.session else None


def _where(options: CertifyOptions, contract: Contract, stack: ExitStack) -> tuple[str, Any]:
    if options.url is not None:
        return options.url, None
    if options.app is not None:
        return IN_PROCESS, load_app(options.app)
    if not options.reference:
        raise UsageError("no target was given", "name a URL, an application, a recording or the reference server")
    # Imported here because the reference server and its web framework are not needed for any other target.
    from twinwire_conformance.reference import create_app, running  # noqa: PLC0415

    return stack.enter_context(running(create_app(contract))), None
