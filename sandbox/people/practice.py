"""The practice people: every kind of key, login, label and trouble, and one organisation."""

import unicodedata
from datetime import datetime

from sandbox.eidas.methods import APP, EID
from sandbox.people.person import Peculiarity, Person
from sandbox.people.registration import Registration, SealSpecification
from sandbox.pki import Authority, KeyKind

# The vendor writes the space around the colon, and the label of a seal, in more than one way.
ANNAS_SEALS = (
    SealSpecification(KeyKind.RSA2048, "SIA PARAUGS (RSA-2048): eZīmogs"),
    SealSpecification(KeyKind.RSA3072, "SIA PARAUGS (RSA-3072) : eZīmogs", "esealc", Peculiarity.SPACING),
    SealSpecification(KeyKind.P256, "SIA PARAUGS (P-256): eZīmogs"),
    SealSpecification(KeyKind.P384, "SIA PARAUGS (P-384) :eZīmogs", "esealc", Peculiarity.SPACING),
)
JANIS_SEALS = (
    SealSpecification(KeyKind.P256, "SIA PARAUGS (JĀNIS BĒRZIŅŠ): eZīmogs"),
    SealSpecification(KeyKind.RSA2048, "SIA PARAUGS (ARHĪVS): eZīmogs", peculiarity=Peculiarity.DISABLED),
)
ILZES_SEALS = (SealSpecification(KeyKind.P384, "SIA PARAUGS (GRĀMATVEDĪBA): eZīmogs", "esealc"),)
PETERIS_SEALS = (SealSpecification(KeyKind.P256, "SIA PARAUGS (KANCELEJA): eZīmogs"),)
MARTAS_SEALS = (
    SealSpecification(KeyKind.P256, "SIA PARAUGS (ĀGENSKALNS): eZīmogs", name="nfc"),
    SealSpecification(
        KeyKind.P256,
        unicodedata.normalize("NFD", "SIA PARAUGS (ČIEKURKALNS): eZīmogs"),
        peculiarity=Peculiarity.DECOMPOSED,
        name="nfd",
    ),
    SealSpecification(
        KeyKind.P256, "SIA  PARAUGS (ŠĶIROTAVA)\N{NO-BREAK SPACE}:eZīmogs", "esealc", Peculiarity.SPACING, "spaces"
    ),
)
KARLIS_SEALS = (
    SealSpecification(
        KeyKind.P256, "SIA PARAUGS (DRĪZ BEIGSIES): eZīmogs", peculiarity=Peculiarity.EXPIRING, name="expiring"
    ),
    SealSpecification(KeyKind.P256, "SIA PARAUGS (ATSAUKTS): eZīmogs", peculiarity=Peculiarity.REVOKED, name="revoked"),
    SealSpecification(KeyKind.P256, "SIA PARAUGS (BEIDZIES): eZīmogs", peculiarity=Peculiarity.EXPIRED, name="expired"),
)


def practice_people(authority: Authority, leading_key: KeyKind, now: datetime) -> tuple[Person, ...]:
    """Return the practice people; Anna's seal with the leading key is listed before her others."""

    def registration(login: str, given_name: str, surname: str, number: int) -> Registration:
        return Registration(authority, now, login, given_name, surname, f"PNOLV-000123-{number:05}")

    annas = sorted(ANNAS_SEALS, key=lambda seal: seal.key != leading_key)
    return (
        registration("anna", "Anna", "Parauga", 1).enrol(APP, annas),
        registration("janis", "Jānis", "Bērziņš", 2).enrol(APP, JANIS_SEALS),
        registration("liga", "Līga", "Kalniņa", 3).enrol((*APP, *EID)),
        registration("ilze", "Ilze", "Ozoliņa", 4).enrol(EID, ILZES_SEALS),
        registration("peteris", "Pēteris", "Liepiņš", 5).enrol(EID, PETERIS_SEALS, card_listed=False),
        registration("marta", "Mārta", "Kļaviņa", 6).enrol(APP, MARTAS_SEALS),
        registration("karlis", "Kārlis", "Vītols", 7).enrol(APP, KARLIS_SEALS),
    )
