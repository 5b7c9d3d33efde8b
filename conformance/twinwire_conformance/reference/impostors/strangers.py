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
    value = {outcome.code.wire: outcome.success}
    return to_json(value), to_xml(contract.models, contract.feed.result, value)


def _refusal(contract: Contract) -> tuple[str, str]:
    outcome = contract.feed.outcome
    value = {outcome.code.wire: outcome.success + 1}
    return to_json(value), to_xml(contract.models, contract.feed.result, value)


def _redirects(contract: Contract) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        target = f"{contract.operation.path}?{query}"
        await Response(status_code=302, headers={"location": target})(scope, receive, send)

    return app


IMPOSTORS = (
    Impostor("braces", "everything is answered with 200 and {}", _always(200, _JSON, "{}")),
    Impostor("hollow", "every answer is an empty object of the kind asked for", _in_both(_hollow)),
    Impostor("bare-success", "every answer is a success code and nothing else", _in_both(_success)),
    Impostor("always-refuses", "every answer is an envelope with a code that is no success", _in_both(_refusal)),
    Impostor("nothing", "every answer is 200 without body or label", _always(200, {})),
    Impostor("no-content", "every answer is 204", _always(204, {})),
    Impostor("redirects", "every request is sent to itself", _redirects),
    Impostor("other-api", "JSON of another API answers everything", _always(200, _JSON, _OTHER)),
    Impostor("soap-fault", "a SOAP fault answers everything", _always(200, {"content-type": "text/xml"}, _FAULT)),
    Impostor("login-page", "a page to sign in on answers everything", _always(200, _HTML, _LOGIN)),
    Impostor("not-found", "everything is answered with 404", _always(404, _HTML, "<h1>Not found</h1>")),
    Impostor("unauthorised", "everything is answered with 401", _always(401, {"www-authenticate": "Bearer"})),
    Impostor("forbidden", "everything is answered with 403", _always(403, _JSON, '{"error": "forbidden"}')),
    Impostor("broken", "everything is answered with 500", _always(500, _HTML, "<h1>Server Error</h1>")),
    Impostor("bad-gateway", "everything is answered with 502", _always(502, _HTML, "<h1>Bad Gateway</h1>")),
    Impostor("throttles", "every request is to wait no time and ask again", _always(429, {"retry-after": "0"})),
    Impostor("throttles-for-a-day", "every request is to wait for a day", _always(429, {"retry-after": "86400"})),
    Impostor("maintenance", "every request is to wait for a year", _always(503, {"retry-after": "31536000"})),
)
