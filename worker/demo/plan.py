"""The settings of a rehearsal: a data folder of its own, the practice vendor, one route."""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from config.reading import read_settings
from config.settings import Settings
from jobs.model.documents import Limits, Profile
from jobs.model.names import RouteName
from worker.demo.practice_vendor import Persona, PracticeVendor

ROUTE = RouteName("invoices")

# A route that cuts batches only when they are full or somebody asks, so that a rehearsal asks as seldom as can be.
_TOML = """\
# The settings of one rehearsal ({name}); the practice vendor it names has ended with it.
[folders]
inbox = "inbox"
outbox = "outbox"
quarantine = "quarantine"
data = "data"

[eparaksts]
platform_url = {platform}
signapi_url = {signapi}
client_id = {client_id}
client_secret = {client_secret}

[desk]
port = {port}
public_url = {desk}

[observed]
port = 0

[inbox]
settle = 0
rescan = 0.5

[trust]
anchors = [{anchor}]

[routes.{route}]
seal = {label}
format = {format}
content = {content}
level = {level}
validate = {validate}
max_wait = 3600
max_documents = {most}
approvers = [{approver}]
"""


@dataclass(frozen=True, slots=True)
class Sealing:
    """Who seals what how: a practice person with the label of a seal of theirs, and the route's profile.

    One approval covers `max_documents`.
    """

    persona: Persona
    label: str
    profile: Profile
    max_documents: int = Limits().max_documents


def write_plan(folder: Path, vendor: PracticeVendor, sealing: Sealing, desk: str) -> Settings:
    """Write the rehearsal's `zimogs.toml` and read it as any other."""
    profile = sealing.profile
    path = folder / "zimogs.toml"
    # JSON strings are TOML strings.
    quoted = {
        "platform": json.dumps(vendor.platform_url),
        "signapi": json.dumps(vendor.signapi_url),
        "client_id": json.dumps(vendor.client_id),
        "client_secret": json.dumps(vendor.client_secret),
        "desk": json.dumps(desk),
        "port": str(urlsplit(desk).port),
        "anchor": json.dumps(str(vendor.root_certificate)),
        "label": json.dumps(sealing.label, ensure_ascii=False),
        "approver": json.dumps(sealing.persona.personal_code),
        "format": json.dumps(profile.format),
        "content": json.dumps(profile.content),
        "level": json.dumps(profile.level),
        "validate": json.dumps(profile.validation),
        "most": str(sealing.max_documents),
    }
    path.touch(0o600)  # it holds the client's secret
    path.write_text(_TOML.format(name=path.name, route=ROUTE, **quoted), encoding="utf-8")
    return read_settings(path)
