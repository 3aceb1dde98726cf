"""denissceluiko/laravel-eparaksts (PHP): 0.3.8, which calls through the library of 0.2.7, and 0.4.4 through 0.3.

It logs in twice, once for the claims and once for the identities, and asks for the detail of every identity.
"""

from typing import Any

from tests.wire.clients.calling import CLAIMS, ESIGP, PROFILE, SIGN, USERS_ME, Stumble, base64_of
from tests.wire.clients.php import KINDS, FirstPhp, Php, ThirdPhp


class Laravel(Php):
    """What both versions do; `keys` are the kinds of the signing and of the timestamp's certificate."""

    keys = ("signing", "mobileid:sign")

    async def begin(self) -> list[dict[str, Any]]:
        """Log in for each scope, and return every identity with its detail."""
        await self.authorize(CLAIMS, acr_values="urn:eparaksts:authentication:flow:mobileid")
        claims = await self.read(self.me_method, USERS_ME, CLAIMS)
        if not all(claims[name] for name in ("name", "given_name", "family_name", "serial_number")):
            raise Stumble(str(claims))
        await self.authorize(PROFILE)
        details = [
            await self.read("GET", f"{ESIGP}/sign_identities/{one['id']}", PROFILE) for one in await self.identities()
        ]
        return [detail["identity"] for detail in details]

    async def open_session(self) -> str:
        """A session that answers to a heartbeat and a list."""
        session = await self.start()
        if not (await self.signapi("GET", "/api-config/v1.0/")).json or "data" not in await self.listed(session):
            raise Stumble("no connection")
        return session

    async def listed(self, session: str) -> dict[str, Any]:
        return dict((await self.signapi("GET", f"/api-storage/v1.0/{session}/list")).json)

    async def seal_documents(self, documents: dict[str, bytes]) -> list[bytes]:
        """One document by `raw`, several by `raw/batch`; sessions and digests are paired by their places."""
        identities = await self.begin()
        signing, opening = (choose(kind, identities) for kind in self.keys)
        sessions = [await self.open_session() for _ in documents]
        for session, (name, content) in zip(sessions, documents.items(), strict=True):
            await self.upload(session, name, content, "application/pdf")
        data = await self.digests(sessions, signing["details"]["certificate"], as_pdf=True)
        consent = {"digests_summary": data["digests_summary"], "digests_summary_algorithm": data["algorithm"]}
        await self.authorize(SIGN, sign_identity_id=signing["id"], **consent)
        digests = [one["digest"] for one in data["sessionDigests"]]
        values = await self.values(digests, data["signature_algorithm"], signing["id"])
        await self.finalize(list(zip(sessions, values, strict=True)), opening["details"]["certificate"])
        return [await self.fetch(session) for session in sessions]

    async def values(self, digests: list[str], algorithm: str, identity: str) -> list[str]:
        (digest,) = digests
        return [await self.sign(digest, algorithm, identity)]


class EarlyLaravel(Laravel, FirstPhp):
    """0.3.8: a person's own signature on one document."""


class LateLaravel(Laravel, ThirdPhp):
    """0.4.4 with `qseal()`: both certificates are the seal's, and each value of a batch is base64-encoded once more."""

    keys = ("qseal", "qseal")

    async def values(self, digests: list[str], algorithm: str, identity: str) -> list[str]:
        if len(digests) == 1:
            return await super().values(digests, algorithm, identity)
        answer = await self.sign_batch(digests, algorithm, identity)
        return [base64_of(one["signature"].encode()) for one in answer]


def choose(kind: str, identities: list[dict[str, Any]]) -> dict[str, Any]:
    """The first enabled identity of this kind."""
    wanted = KINDS[kind]
    for one in identities:
        fits = wanted["labels"] <= set(one["labels"]) and wanted.get("description") in {None, one["description"]}
        if fits and one["status"]["value"] == "enabled":
            return one
    raise Stumble(f"there is no identity {kind}")
