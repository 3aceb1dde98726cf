"""Consent with a key: the password of the one identity that is asked for, once for everything it binds (§3.1)."""

from collections.abc import Mapping

from aiohttp import web

from sandbox.eidas.authorization import Binding, NotGranted
from sandbox.eidas.conversation import Conversation
from sandbox.eidas.grants import Code, Grant, Login
from sandbox.eidas.returning import sent_back
from sandbox.journal.entries import Act
from sandbox.people.person import Identity, Person
from sandbox.vendor import Vendor

FOREIGN = ("access_denied", "This identity belongs to another person.")
UNKNOWN = ("invalid_request", "sign_identity_id is not known.")


def due(conversation: Conversation, login: Login) -> web.Response:
    """Grant at once what needs no key, else ask for the key password."""
    if conversation.asked.binding is None:
        return _granted(conversation, login)
    return _password_page(conversation, login, usable_identity(conversation.vendor, login, conversation.asked.binding))


def decided(conversation: Conversation, login: Login, form: Mapping[str, str]) -> web.Response:
    """Obey the key-password page: go back with a code if the password is right, else stay."""
    if conversation.asked.binding is None:
        return _granted(conversation, login)
    vendor = conversation.vendor
    identity = usable_identity(vendor, login, conversation.asked.binding)
    if vendor.grants.locks.opens(identity.id, form.get("password", ""), vendor.settings.key_password):
        return _approved(conversation, login)
    conversation.note(Act.WRONG_PASSWORD if vendor.grants.locks.left(identity.id) else Act.KEY_LOCKED, login.login)
    return _password_page(conversation, login, identity, wrong=True)


def approved_unattended(conversation: Conversation, person: Person) -> web.Response:
    """Grant without any page, for a vendor that was started to do so."""
    login = Login(person.login, conversation.asked.method or person.methods[0])
    if conversation.asked.binding is None:
        return _granted(conversation, login)
    usable_identity(conversation.vendor, login, conversation.asked.binding)
    return _approved(conversation, login)


def _password_page(
    conversation: Conversation, login: Login, identity: Identity, *, wrong: bool = False
) -> web.Response:
    """Ask for the password of the key, naming the certificate it belongs to, while the key is not locked."""
    vendor = conversation.vendor
    left = vendor.grants.locks.left(identity.id)
    if not left:
        return conversation.page("locked.html", 403, card=False)
    return conversation.page(
        "password.html",
        403 if wrong else 200,
        identity=identity,
        person=vendor.people[login.login],
        key_password=vendor.settings.key_password,
        tries_left=left,
        wrong=wrong,
    )


def _approved(conversation: Conversation, login: Login) -> web.Response:
    """Count one authorization and grant what was asked."""
    conversation.vendor.counters.authorizations += 1
    conversation.note(Act.APPROVED, login.login)
    return _granted(conversation, login)


def _granted(conversation: Conversation, login: Login) -> web.Response:
    """Send the browser back with a single-use code."""
    vendor, asked = conversation.vendor, conversation.asked
    grant = Grant(asked.address.client_id, asked.scope, login, asked.binding)
    code = vendor.grants.codes.issue(Code(grant, asked.address.redirect_uri), vendor.now())
    return sent_back(asked.address, code=code)


def usable_identity(vendor: Vendor, login: Login, binding: Binding) -> Identity:
    """Return the identity to sign with; raises `NotGranted` unless it is this person's, enabled and kept in the HSM."""
    owned = vendor.people[login.login].identity(binding.identity_id)
    if owned is None:
        known = any(other.identity(binding.identity_id) for other in vendor.people.values())
        raise NotGranted(*(FOREIGN if known else UNKNOWN))
    if not (owned.enabled and owned.server_usable):
        raise NotGranted("invalid_request", "This identity is disabled or cannot sign on the server.")
    return owned
