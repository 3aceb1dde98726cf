"""What the practice vendor says once it listens, for people and for programs."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.app import Listening
from sandbox.personas import Person
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
        "root_certificate": str(root_certificate),
        "personas": [_persona(person, vendor.settings.key_password) for person in vendor.people.values()],
        "pid": os.getpid(),
    }


def _persona(person: Person, password: str) -> dict[str, Any]:
    return {
        "login": person.login,
        "password": password,
        "personal_code": person.personal_code,
        "name": person.name,
        "seals": [
            {"label": f"CN:{seal.common_name}", "key": seal.key.value, "identity": seal.id}
            for seal in person.seals
            if seal.enabled
        ],
    }


def announce(sandbox: Listening, root_certificate: Path) -> None:
    """Print the same facts for a person at a terminal."""
    settings = sandbox.vendor.settings
    console = Console(soft_wrap=True)
    console.print("[bold]The practice vendor is listening.[/bold] Nothing it seals is legally binding.\n")
    console.print(_addresses(sandbox.url, settings.clients[0], root_certificate))
    console.print(f"\nPeople (every key password is [bold]{settings.key_password}[/bold]):")
    console.print(_people(sandbox.vendor.people.values()))
    console.print("\nPress Ctrl+C to stop.")


def _addresses(url: str, client: Client, root_certificate: Path) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("platform and SignAPI", url)
    table.add_row("client id", client.client_id)
    table.add_row("client secret", client.client_secret)
    table.add_row("redirect URIs", "\n".join(client.redirect_uris))
    table.add_row("root certificate", str(root_certificate))
    return table


def _people(people: Iterable[Person]) -> Table:
    table = Table("login", "name", "personal code", "seals")
    for person in people:
        seals = "\n".join(
            seal.common_name if seal.enabled else f"{seal.common_name} (disabled)" for seal in person.seals
        )
        table.add_row(person.login, person.name, person.personal_code, seals or "none")
    return table
