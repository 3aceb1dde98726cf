"""Consent with a key: the password of the one identity asked for, once for everything it binds (vendor §3.1)."""

from collections.abc import Mapping

from aiohttp import web

from sandbox.counting import explain
from sandbox.eidas.authorization import Binding, NotGranted
from sandbox.eidas.grants import Code, Grant, Login
from sandbox.eidas.interaction import Interaction, redirect
from sandbox.encoding import encode_base64
from sandbox.journal.entries import Act
from sandbox.people.person import Identity, Person
from sandbox.vendor import Vendor


def grant_or_ask(interaction: Interaction, login: Login) -> web.Response:
    """Grant at once what needs no key, else ask for the key password."""
    binding = interaction.request.binding
    if binding is None:
        return _grant(interaction, login)
    return _ask_password(interaction, login, usable_identity(interaction.vendor, login, binding))


def check_password(interaction: Interaction, login: Login, form: Mapping[str, str]) -> web.Response:
    """Go back with a code if the password on the page is right, else stay there."""
    binding, vendor = interaction.request.binding, interaction.vendor
    if binding is None:
        return _grant(interaction, login)
    identity = usable_identity(vendor, login, binding)
    if vendor.grants.locks.unlock(identity.id, form.get("password", ""), vendor.settings.key_password):
        return _approve(interaction, login)
    interaction.note(Act.WRONG_PASSWORD if vendor.grants.locks.tries_left(identity.id) else Act.KEY_LOCKED, login.login)
    return _ask_password(interaction, login, identity, wrong=True)


def approve_unattended(interaction: Interaction, person: Person) -> web.Response:
    """Grant without any page, for a vendor that was started to do so."""
    login = Login(person.login, interaction.request.method or person.methods[0])
    if interaction.request.binding is None:
        return _grant(interaction, login)
    # Consent given by a program is checked as one that a person gives.
    usable_identity(interaction.vendor, login, interaction.request.binding)
    return _approve(interaction, login)


def _ask_password(interaction: Interaction, login: Login, identity: Identity, *, wrong: bool = False) -> web.Response:
    """Ask for the password of the key, naming the certificate it belongs to, while the key is not locked."""
    vendor = interaction.vendor
    tries_left = vendor.grants.locks.tries_left(identity.id)
    if not tries_left:
        return interaction.page("locked.html", 403, card=False)
    return interaction.page(
        "password.html",
        403 if wrong else 200,
        identity=identity,
        person=vendor.people[login.login],
        key_password=vendor.settings.key_password,
        tries_left=tries_left,
        wrong=wrong,
    )


def _approve(interaction: Interaction, login: Login) -> web.Response:
    """Count one authorization and grant what was asked."""
    interaction.vendor.counters.authorizations += 1
    interaction.note(Act.APPROVED, login.login)
    return _grant(interaction, login)


def _grant(interaction: Interaction, login: Login) -> web.Response:
    """Send the browser back with a single-use code."""
    vendor, request = interaction.vendor, interaction.request
    grant = Grant(request.target.client_id, request.scope, login, request.binding)
    code = vendor.grants.codes.issue(Code(grant, request.target, request.challenge), vendor.now())
    return redirect(request.target, code=code)


def require_few_enough(vendor: Vendor, binding: Binding | None) -> None:
    """Raise `NotGranted` where one authorization does not cover so many digests, as far as SignAPI knows of them."""
    if binding is None:
        return
    digests, most = (
        vendor.grants.digests.get(encode_base64(binding.summary), vendor.now()),
        vendor.variants.consent_limit,
    )
    if digests is not None and most.most is not None and len(digests) > most.most:
        raise NotGranted("invalid_request", explain(most, vendor.variants.too_many))


def usable_identity(vendor: Vendor, login: Login, binding: Binding) -> Identity:
    """Return the identity to sign with; raises `NotGranted` unless it is this person's, enabled and kept in the HSM."""
    identity = vendor.people[login.login].identity(binding.identity_id)
    if identity is None:
        if any(other.identity(binding.identity_id) for other in vendor.people.values()):
            raise NotGranted("access_denied", "This identity belongs to another person.")
        raise NotGranted("invalid_request", "sign_identity_id is not known.")
    if not (identity.is_enabled and identity.server_usable):
        raise NotGranted("invalid_request", "This identity is disabled or cannot sign on the server.")
    return identity
