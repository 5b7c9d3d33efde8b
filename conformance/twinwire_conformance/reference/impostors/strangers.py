"""Impostors that send the same response to every request, whatever the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from twinwire.ir import Contract
from twinwire_conformance.reference.encoding import to_json, to_xml
from twinwire_conformance.reference.impostors.impostor import Impostor
from twinwire_conformance.reference.negotiation import negotiate

Make = Callable[[Contract], ASGIApp]

_JSON = {"content-type": "application/json"}
_HTML = {"content-type": "text/html; charset=utf-8"}
_LOGIN = "<!DOCTYPE html><html><title>Sign in</title><form method=post><input name=user><input name=password></form></html>"
_OTHER = '{"data": [{"id": 1, "sku": "A-1"}, {"id": 2, "sku": "A-2"}], "next": "/v1/images?cursor=MjA", "total": 2}'
_FAULT = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
    "<faultcode>soap:Server</faultcode></soap:Fault></soap:Body></soap:Envelope>"
)


def _always(status: int, headers: Mapping[str, str], body: str = "") -> Make:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(body, status, headers)(scope, receive, send)

    return lambda _contract: app


def _in_both(body: Callable[[Contract], tuple[str, str]]) -> Make:
    """Return a factory of servers with one fixed body per representation, the JSON one first."""

    def make(contract: Contract) -> ASGIApp:
        json, xml = body(contract)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            choice = negotiate(contract.feed.representations, Headers(scope=scope).get("accept", ""))
            if choice is None:
                await Response(status_code=406)(scope, receive, send)
                return
            text = xml if choice.representation.format == "xml" else json
            await Response(text, headers={"content-type": choice.label})(scope, receive, send)

        return app

    return make


def _hollow(contract: Contract) -> tuple[str, str]:
    return "{}", f"<{contract.feed.result.xml_name}/>"


def _success(contract: Contract) -> tuple[str, str]:
    outcome = contract.feed.outcome
    value = {outcome.code.wire_name: outcome.success}
    return to_json(value), to_xml(contract.models, contract.feed.result, value)


def _refusal(contract: Contract) -> tuple[str, str]:
    outcome = contract.feed.outcome
    value = {outcome.code.wire_name: outcome.success + 1}
    return to_json(value), to_xml(contract.models, contract.feed.result, value)


def _redirects(contract: Contract) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        target = f"{contract.operation.path}?{query}"
        await Response(status_code=302, headers={"location": target})(scope, receive, send)

    return app


IMPOSTORS = (
    Impostor("braces", "every response is 200 and {}", _always(200, _JSON, "{}")),
    Impostor("hollow", "every response is an empty object in the requested representation", _in_both(_hollow)),
    Impostor("bare-success", "every response is a success code and nothing else", _in_both(_success)),
    Impostor("always-refuses", "every response is an error result", _in_both(_refusal)),
    Impostor("nothing", "every response is 200 without a body or Content-Type", _always(200, {})),
    Impostor("no-content", "every response is 204", _always(204, {})),
    Impostor("redirects", "every request is redirected to itself", _redirects),
    Impostor("other-api", "every response is JSON of another API", _always(200, _JSON, _OTHER)),
    Impostor("soap-fault", "every response is a SOAP fault", _always(200, {"content-type": "text/xml"}, _FAULT)),
    Impostor("login-page", "every response is a login page", _always(200, _HTML, _LOGIN)),
    Impostor("not-found", "every response is 404", _always(404, _HTML, "<h1>Not found</h1>")),
    Impostor("unauthorised", "every response is 401", _always(401, {"www-authenticate": "Bearer"})),
    Impostor("forbidden", "every response is 403", _always(403, _JSON, '{"error": "forbidden"}')),
    Impostor("broken", "every response is 500", _always(500, _HTML, "<h1>Server Error</h1>")),
    Impostor("bad-gateway", "every response is 502", _always(502, _HTML, "<h1>Bad Gateway</h1>")),
    Impostor("throttles", "every response is 429 with a Retry-After of 0 seconds", _always(429, {"retry-after": "0"})),
    Impostor(
        "throttles-for-a-day", "every response is 429 with a Retry-After of a day", _always(429, {"retry-after": "86400"})
    ),
    Impostor("maintenance", "every response is 503 with a Retry-After of a year", _always(503, {"retry-after": "31536000"})),
)
