"""The browser dialog: log in as a practice person, enter the key password, and go back to the client with a code."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from yarl import URL

from sandbox.eidas.authorization import Asked, Binding, NotGranted, ReturnAddress, Unregistered, asked, return_address
from sandbox.eidas.grants import Code, Grant
from sandbox.pages import page
from sandbox.personas import Identity, Person
from sandbox.vendor import Vendor, vendor_of

SSO_COOKIE = "sandbox_sso"
PLATFORM_PATH = "/trustedx-authserver"
FOREIGN = ("access_denied", "This identity belongs to another person.")
UNKNOWN = ("invalid_request", "sign_identity_id is not known.")


@dataclass(frozen=True, slots=True)
class Dialog:
    """One well-formed authorization request on its way through the pages."""

    vendor: Vendor
    asked: Asked

    def login_page(self, status: int = 200) -> web.Response:
        """Ask who is there."""
        return page("login.html", status, people=self.vendor.people.values())

    def log_in(self, login: str) -> web.Response:
        """Let the chosen person in, remember them for single sign-on, and go on."""
        person = self.vendor.people.get(login)
        if person is None:
            return self.login_page(status=400)
        ticket = self.vendor.grants.logins.issue(login, self.vendor.now())
        reply = self.proceed(person, ticket)
        reply.set_cookie(SSO_COOKIE, ticket, path=PLATFORM_PATH, httponly=True, samesite="Lax")
        return reply

    def person_of(self, ticket: str) -> Person | None:
        """Return the person logged in under this single sign-on ticket."""
        return self.vendor.people.get(self.vendor.grants.logins.look(ticket, self.vendor.now()) or "")

    def proceed(self, person: Person, ticket: str) -> web.Response:
        """Grant at once what needs no key, else ask for the key password."""
        if self.asked.binding is None:
            return self.granted(person)
        return self.password_page(usable_identity(self.vendor, person, self.asked.binding), ticket)

    def password_page(self, identity: Identity, ticket: str, *, wrong: bool = False) -> web.Response:
        """Ask for the password of the key, naming the certificate it belongs to."""
        settings = self.vendor.settings
        left = settings.password_tries - self.vendor.grants.wrong_passwords[identity.id]
        return page(
            "password.html",
            403 if wrong or left <= 0 else 200,
            identity=identity,
            key_password=settings.key_password,
            tries_left=left,
            wrong=wrong,
            sso=ticket,
        )

    def decide(self, person: Person, form: Mapping[str, str], ticket: str) -> web.Response:
        """Obey the key-password page: approve with the right password, or cancel."""
        if self.asked.binding is None:
            return self.granted(person)
        if form.get("action") == "cancel":
            raise NotGranted("access_denied", "The person cancelled.")
        identity = usable_identity(self.vendor, person, self.asked.binding)
        if not self._unlocked(identity, form.get("password", "")):
            return self.password_page(identity, ticket, wrong=True)
        return self.approved(person)

    def _unlocked(self, identity: Identity, password: str) -> bool:
        settings, wrong = self.vendor.settings, self.vendor.grants.wrong_passwords
        if wrong[identity.id] >= settings.password_tries:
            return False
        if not hmac.compare_digest(password.encode(), settings.key_password.encode()):
            wrong[identity.id] += 1
            return False
        del wrong[identity.id]
        return True

    def approved(self, person: Person) -> web.Response:
        """Count one authorization and grant what was asked."""
        self.vendor.counters.authorizations += 1
        return self.granted(person)

    def granted(self, person: Person) -> web.Response:
        """Send the browser back with a single-use code."""
        address = self.asked.address
        grant = Grant(address.client_id, self.asked.scope, person.login, self.asked.binding)
        code = self.vendor.grants.codes.issue(Code(grant, address.redirect_uri), self.vendor.now())
        return sent_back(address, code=code)

    def approved_unattended(self, person: Person) -> web.Response:
        """Grant without any page, for a vendor that was started to do so."""
        if self.asked.binding is None:
            return self.granted(person)
        usable_identity(self.vendor, person, self.asked.binding)
        return self.approved(person)


def usable_identity(vendor: Vendor, person: Person, binding: Binding) -> Identity:
    """Return the identity to sign with; raises `NotGranted` unless it is this person's, enabled and kept in the HSM."""
    owned = person.identity(binding.identity_id)
    if owned is None:
        known = any(other.identity(binding.identity_id) for other in vendor.people.values())
        raise NotGranted(*(FOREIGN if known else UNKNOWN))
    if not (owned.enabled and owned.server_usable):
        raise NotGranted("invalid_request", "This identity is disabled or cannot sign on the server.")
    return owned


def sent_back(address: ReturnAddress, **answers: str) -> web.Response:
    """Redirect to the client with these answers and its `state`."""
    if address.state:
        answers["state"] = address.state
    location = URL(address.redirect_uri).update_query(answers)
    return web.Response(status=302, headers={"Location": str(location), "Cache-Control": "no-store"})


async def show(request: web.Request) -> web.Response:
    """Answer the authorization request with the page that is due, or at once with a code (GET)."""
    ticket = request.cookies.get(SSO_COOKIE, "")

    def first_step(dialog: Dialog) -> web.Response:
        unattended = dialog.vendor.people.get(dialog.vendor.settings.auto_approve or "")
        if unattended is not None:
            return dialog.approved_unattended(unattended)
        person = None if dialog.asked.fresh_login else dialog.person_of(ticket)
        return dialog.proceed(person, ticket) if person else dialog.login_page()

    return _conducted(request, first_step)


async def answer(request: web.Request) -> web.Response:
    """Take in a submitted page: a login, an approval or a cancellation (POST).

    The page repeats the single sign-on ticket in a hidden field, for clients that keep no cookies of an IP address.
    """
    form = {name: str(value) for name, value in (await request.post()).items()}
    ticket = request.cookies.get(SSO_COOKIE) or form.get("sso", "")

    def next_step(dialog: Dialog) -> web.Response:
        if "login" in form:
            return dialog.log_in(form["login"])
        person = dialog.person_of(ticket)
        return dialog.decide(person, form, ticket) if person else dialog.login_page()

    return _conducted(request, next_step)


def _conducted(request: web.Request, step: Callable[[Dialog], web.Response]) -> web.Response:
    vendor = vendor_of(request)
    try:
        address = return_address(request.query, vendor.settings)
    except Unregistered as refusal:
        return page("refused.html", 400, reason=str(refusal))
    try:
        return step(Dialog(vendor, asked(request.query, address)))
    except NotGranted as refusal:
        return sent_back(address, error=refusal.error, error_description=refusal.description)


async def logout(request: web.Request) -> web.Response:
    """End the single sign-on session and go back to `redirect_uri`, which must be given; issued tokens stay valid."""
    redirect_uri = request.query.get("redirect_uri", "")
    if URL(redirect_uri).scheme not in {"http", "https"}:
        return page("refused.html", 400, reason="logout needs an absolute redirect_uri.")
    vendor = vendor_of(request)
    vendor.grants.logins.take(request.cookies.get(SSO_COOKIE, ""), vendor.now())
    reply = web.Response(status=302, headers={"Location": redirect_uri})
    reply.del_cookie(SSO_COOKIE, path=PLATFORM_PATH)
    return reply
