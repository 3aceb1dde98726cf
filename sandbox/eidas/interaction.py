"""One authorization request on its way through the pages, and back to the client."""

from dataclasses import dataclass, replace

from aiohttp import web
from yarl import URL

from sandbox.eidas.authorization import AuthorizationRequest, RedirectTarget
from sandbox.eidas.grants import Login
from sandbox.encoding import encode_base64
from sandbox.journal.entries import Act, ConsentEntry
from sandbox.pages import page
from sandbox.pages.words import Translation
from sandbox.vendor import Vendor

SSO_COOKIE = "sandbox_sso"


@dataclass(frozen=True, slots=True)
class Interaction:
    """What is asked, in which language, and under which single sign-on ticket; `here` is the request's own address."""

    vendor: Vendor
    request: AuthorizationRequest
    words: Translation
    here: URL
    ticket: str

    @property
    def login(self) -> Login | None:
        """Return who is logged in already, if it was in a way that is asked for."""
        login = self.vendor.grants.logins.get(self.ticket, self.vendor.now())
        wanted = self.request.method
        return login if login is None or wanted is None or wanted.account == login.method.account else None

    def remember(self, login: Login) -> "Interaction":
        """Return the interaction with a fresh ticket for who has just logged in."""
        self.note(Act.LOGGED_IN, login.login)
        return replace(self, ticket=self.vendor.grants.logins.issue(login, self.vendor.now()))

    def note(self, act: Act, person: str = "") -> None:
        """Write down in the journal what a person, known by login, did."""
        vendor, binding = self.vendor, self.request.binding
        summary = encode_base64(binding.summary) if binding else ""
        vendor.journal.add(
            ConsentEntry(
                at=vendor.now(),
                act=act,
                client_id=self.request.target.client_id,
                person=person,
                seal=vendor.name_of(binding.identity_id) if binding else "",
                summary=summary,
                documents=vendor.journal.documents(summary),
            )
        )

    def page(self, template: str, status: int = 200, **values: object) -> web.Response:
        """Return a page of this interaction."""
        client = self.request.target.client_id
        common = {"words": self.words, "here": self.here, "client": client, "sso": self.ticket}
        return page(template, common | values, status)


def redirect(target: RedirectTarget, **answers: str) -> web.Response:
    """Send the browser back to the client with these answers and the client's `state` (RFC 6749 §4.1.2)."""
    if target.state:
        answers["state"] = target.state
    location = URL(target.redirect_uri).update_query(answers)
    return web.Response(status=302, headers={"Location": str(location), "Cache-Control": "no-store"})
