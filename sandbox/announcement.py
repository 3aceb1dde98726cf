"""What the practice vendor says once it listens, for people and for programs."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.app import Listening
from sandbox.pages.english import ENGLISH
from sandbox.people.person import Identity, Person
from sandbox.settings import Client


def facts(sandbox: Listening, root_certificate: Path) -> dict[str, Any]:
    """Return everything a client needs to know, ready for JSON."""
    vendor = sandbox.vendor
    client = vendor.settings.clients[0]
    return {
        "platform_url": sandbox.url,
        "signapi_url": sandbox.url,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "redirect_uris": list(client.redirect_uris),
        "clients": [each.model_dump(mode="json") for each in vendor.settings.clients],
        "variants": vendor.variants.model_dump(mode="json"),
        "openapi_url": f"{sandbox.url}/sandbox/openapi.json",
        "root_certificate": str(root_certificate),
        "personas": [_persona(person, sandbox) for person in vendor.people.values()],
        "pid": os.getpid(),
    }


def _persona(person: Person, sandbox: Listening) -> dict[str, Any]:
    settings = sandbox.vendor.settings
    return {
        "login": person.login,
        "password": settings.key_password,
        "personal_code": person.personal_code,
        "name": person.name,
        "about": ENGLISH.about[person.login],
        "methods": [method.acr for method in person.methods],
        "card": _card(person, sandbox),
        "seals": [_seal(seal) for seal in person.seals],
    }


def _card(person: Person, sandbox: Listening) -> dict[str, str] | None:
    if person.card is None:
        return None
    return {"pin": sandbox.vendor.settings.card_pin, "certificate": f"{sandbox.url}/sandbox/cards/{person.login}.pem"}


def _seal(seal: Identity) -> dict[str, Any]:
    return {
        "label": f"CN:{seal.common_name}",
        "labels": list(seal.labels),
        "key": seal.key.value,
        "identity": seal.id,
        "enabled": seal.is_enabled,
        "peculiarity": seal.peculiarity.value,
        "valid_until": seal.credential.certificate.not_valid_after_utc.isoformat(),
    }


def announce(sandbox: Listening, root_certificate: Path) -> None:
    """Print the same facts for a person at a terminal."""
    settings = sandbox.vendor.settings
    console = Console(soft_wrap=True)
    console.print("[bold]The practice vendor is listening.[/bold] Nothing it seals is legally binding.\n")
    console.print(_addresses(sandbox.url, settings.clients, root_certificate))
    console.print(
        f"\nPeople (each key has the password [bold]{settings.key_password}[/bold], each card the PIN1 ", end=""
    )
    console.print(f"[bold]{settings.card_pin}[/bold]):")
    for person in sandbox.vendor.people.values():
        console.print(_person(person))
    console.print("\nPress Ctrl+C to stop.")


def _addresses(url: str, clients: Sequence[Client], root_certificate: Path) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("platform and SignAPI", url)
    for client in clients:
        table.add_row("client id", client.client_id)
        table.add_row("client secret", client.client_secret)
        table.add_row("redirect URIs", "\n".join(client.redirect_uris))
    table.add_row("root certificate", str(root_certificate))
    return table


def _person(person: Person) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=max(map(len, ENGLISH.about)))
    methods = ", ".join(method.value for method in person.methods)
    table.add_row(
        f"[bold]{person.login}[/bold]", f"{person.name}, {person.personal_code}: {ENGLISH.about[person.login]}"
    )
    table.add_row("", f"[dim]logs in with {methods}[/dim]")
    for seal in person.seals:
        table.add_row("", f"[dim]{seal.in_words}[/dim]")
    return table
