"""One authorization request on its way through the pages."""

from dataclasses import dataclass, replace

from aiohttp import web
from yarl import URL

from sandbox.eidas.authorization import Asked
from sandbox.eidas.grants import Login
from sandbox.encoding import encoded
from sandbox.journal.entries import Act, Consent
from sandbox.pages import page
from sandbox.pages.words import Words
from sandbox.vendor import Vendor

SSO_COOKIE = "sandbox_sso"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked, in which language, and under which single sign-on ticket; `here` is the request's own address."""

    vendor: Vendor
    asked: Asked
    words: Words
    here: URL
    ticket: str

    @property
    def login(self) -> Login | None:
        """Return who is logged in already, if it was in a way that is asked for."""
        login = self.vendor.grants.logins.look(self.ticket, self.vendor.now())
        wanted = self.asked.method
        return login if login is None or wanted is None or wanted.account == login.method.account else None

    def remembering(self, login: Login) -> "Conversation":
        """Return the conversation with a fresh ticket for who has just logged in."""
        self.note(Act.LOGGED_IN, login.login)
        return replace(self, ticket=self.vendor.grants.logins.issue(login, self.vendor.now()))

    def note(self, act: Act, person: str = "") -> None:
        """Write down in the journal what a person, known by login, did."""
        vendor, binding = self.vendor, self.asked.binding
        summary = encoded(binding.summary) if binding else ""
        vendor.journal.add(
            Consent(
                at=vendor.now(),
                act=act,
                client_id=self.asked.address.client_id,
                person=person,
                seal=vendor.name_of(binding.identity_id) if binding else "",
                summary=summary,
                documents=vendor.journal.documents(summary),
            )
        )

    def page(self, template: str, status: int = 200, **values: object) -> web.Response:
        """Return a page of this conversation."""
        client = self.asked.address.client_id
        common = {"words": self.words, "here": self.here, "client": client, "sso": self.ticket}
        return page(template, common | values, status)
