"""How each of the two services says no, and the middleware that says it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

SIGNAPI_PREFIX = "/api-"
COMPLAINT = web.RequestKey("COMPLAINT", str)
"""Why a request is refused, for the journal."""


class Refusal(Exception, ABC):
    """A request is answered with an error body; subclasses know their service's shape."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        """Keep the HTTP status, the machine's word for the cause, and the sentence for people."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    @abstractmethod
    def body(self) -> dict[str, object]:
        """Return the JSON body of the answer."""


class PlatformRefusal(Refusal):
    """The integration platform's shape: `error` and `error_description` (RFC 6749 §5.2, RFC 6750 §3)."""

    def body(self) -> dict[str, object]:
        """Return the flat OAuth body."""
        return {"error": self.code, "error_description": self.message}


class SignApiRefusal(Refusal):
    """SignAPI's shape: an `error` envelope with `code`, `message` and `details`."""

    def body(self) -> dict[str, object]:
        """Return the error envelope."""
        return {"error": {"code": self.code, "message": self.message, "details": []}}


def refusal_for(path: str, status: int, code: str, message: str) -> Refusal:
    """Return the refusal in the shape of the service that owns this path."""
    service = SignApiRefusal if path.lower().startswith(SIGNAPI_PREFIX) else PlatformRefusal
    return service(status, code, message)


def refusal_response(refusal: Refusal) -> web.Response:
    """Return the HTTP answer for a refusal."""
    return web.json_response(refusal.body(), status=refusal.status, headers=refusal.headers)


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every refusal, and aiohttp's own 404, 405 and 413, into the service's error body."""
    try:
        return await handler(request)
    except Refusal as error:
        refusal = error
    except ConnectionResetError:
        return web.Response(status=400)  # the client left in the middle of its request, so nobody reads this
    except web.HTTPClientError as error:
        code = {404: "NotFoundException", 405: "MethodNotAllowed"}.get(error.status, "BadRequest")
        refusal = refusal_for(request.path, error.status, code, error.reason)
    request[COMPLAINT] = f"{refusal.code}: {refusal.message}"
    return refusal_response(refusal)
