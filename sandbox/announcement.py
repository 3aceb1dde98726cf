"""What the practice vendor says once it listens, for people and for programs."""

import os
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.app import RunningVendor
from sandbox.pages.english import ENGLISH
from sandbox.people.person import Person


def facts(sandbox: RunningVendor, root_certificate: Path) -> dict[str, Any]:
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
        "personas": [person_facts(person, sandbox) for person in vendor.people.values()],
        "pid": os.getpid(),
    }


def person_facts(person: Person, sandbox: RunningVendor) -> dict[str, Any]:
    """Return what a client's tests need to play this person."""
    settings = sandbox.vendor.settings
    certificate = f"{sandbox.url}/sandbox/cards/{person.login}.pem"
    return {
        "login": person.login,
        "password": settings.key_password,
        "personal_code": person.personal_code,
        "name": person.name,
        "about": ENGLISH.about[person.login],
        "methods": [method.acr for method in person.methods],
        "card": {"pin": settings.card_pin, "certificate": certificate} if person.card else None,
        "seals": [
            {
                "label": f"CN:{seal.common_name}",
                "labels": list(seal.labels),
                "key": seal.key.value,
                "identity": seal.id,
                "enabled": seal.is_enabled,
                "peculiarity": seal.peculiarity.value,
                "valid_until": seal.credential.certificate.not_valid_after_utc.isoformat(),
            }
            for seal in person.seals
        ],
    }


def announce(sandbox: RunningVendor, root_certificate: Path) -> None:
    """Print the same facts for a person at a terminal."""
    settings = sandbox.vendor.settings
    console = Console(soft_wrap=True)
    console.print("[bold]The practice vendor is listening.[/bold] Nothing it seals is legally binding.\n")
    addresses = Table.grid(padding=(0, 2))
    addresses.add_row("platform and SignAPI", sandbox.url)
    for client in settings.clients:
        addresses.add_row("client id", client.client_id)
        addresses.add_row("client secret", client.client_secret)
        addresses.add_row("redirect URIs", "\n".join(client.redirect_uris))
    addresses.add_row("root certificate", str(root_certificate))
    console.print(addresses)
    secrets = f"each key has the password [bold]{settings.key_password}[/bold], each card the PIN1 "
    console.print(f"\nPeople ({secrets}[bold]{settings.card_pin}[/bold]):")
    for person in sandbox.vendor.people.values():
        console.print(person_table(person))
    console.print("\nPress Ctrl+C to stop.")


def person_table(person: Person) -> Table:
    """Draw one person with how they log in and what they seal with."""
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
