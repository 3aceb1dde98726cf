"""The browser dialog: log in as a practice person, enter the key password, and go back to the client with a code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from yarl import URL

from sandbox.eidas.authorization import Asked, Binding, NotGranted, ReturnAddress, Unregistered, asked, return_address
from sandbox.eidas.grants import Code, Grant, Login
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
        entered = Login(login, person.methods[0])
        ticket = self.vendor.grants.logins.issue(entered, self.vendor.now())
        reply = self.proceed(entered, ticket)
        reply.set_cookie(SSO_COOKIE, ticket, path=PLATFORM_PATH, httponly=True, samesite="Lax")
        return reply

    def login_of(self, ticket: str) -> Login | None:
        """Return who is logged in under this single sign-on ticket."""
        return self.vendor.grants.logins.look(ticket, self.vendor.now())

    def proceed(self, login: Login, ticket: str) -> web.Response:
        """Grant at once what needs no key, else ask for the key password."""
        if self.asked.binding is None:
            return self.granted(login)
        return self.password_page(usable_identity(self.vendor, login, self.asked.binding), ticket)

    def password_page(self, identity: Identity, ticket: str, *, wrong: bool = False) -> web.Response:
        """Ask for the password of the key, naming the certificate it belongs to."""
        settings = self.vendor.settings
        left = self.vendor.grants.locks.left(identity.id)
        return page(
            "password.html",
            200 if left and not wrong else 403,
            identity=identity,
            key_password=settings.key_password,
            tries_left=left,
            wrong=wrong,
            sso=ticket,
        )

    def decide(self, login: Login, form: Mapping[str, str], ticket: str) -> web.Response:
        """Obey the key-password page: approve with the right password, or cancel."""
        if self.asked.binding is None:
            return self.granted(login)
        if form.get("action") == "cancel":
            raise NotGranted("access_denied", "The person cancelled.")
        identity = usable_identity(self.vendor, login, self.asked.binding)
        if not self.vendor.grants.locks.opens(identity.id, form.get("password", ""), self.vendor.settings.key_password):
            return self.password_page(identity, ticket, wrong=True)
        return self.approved(login)

    def approved(self, login: Login) -> web.Response:
        """Count one authorization and grant what was asked."""
        self.vendor.counters.authorizations += 1
        return self.granted(login)

    def granted(self, login: Login) -> web.Response:
        """Send the browser back with a single-use code."""
        address = self.asked.address
        grant = Grant(address.client_id, self.asked.scope, login, self.asked.binding)
        code = self.vendor.grants.codes.issue(Code(grant, address.redirect_uri), self.vendor.now())
        return sent_back(address, code=code)

    def approved_unattended(self, person: Person) -> web.Response:
        """Grant without any page, for a vendor that was started to do so."""
        login = Login(person.login, person.methods[0])
        if self.asked.binding is None:
            return self.granted(login)
        usable_identity(self.vendor, login, self.asked.binding)
        return self.approved(login)


def usable_identity(vendor: Vendor, login: Login, binding: Binding) -> Identity:
    """Return the identity to sign with; raises `NotGranted` unless it is this person's, enabled and kept in the HSM."""
    owned = vendor.people[login.login].identity(binding.identity_id)
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
        login = None if dialog.asked.fresh_login else dialog.login_of(ticket)
        return dialog.proceed(login, ticket) if login else dialog.login_page()

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
        login = dialog.login_of(ticket)
        return dialog.decide(login, form, ticket) if login else dialog.login_page()

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
