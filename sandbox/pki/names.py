"""Distinguished names of organisations and persons (ETSI EN 319 412-1 §5.1, 412-2 §4.2.4, 412-3 §4.2.1)."""

from cryptography.x509 import Name, NameAttribute, ObjectIdentifier
from cryptography.x509.oid import NameOID

COUNTRY = "LV"
VENDOR = "zimogs practice vendor"


def vendor_name(common_name: str) -> Name:
    """Return the name of one of the practice vendor's own certificates."""
    return _name((NameOID.ORGANIZATION_NAME, VENDOR), (NameOID.COMMON_NAME, common_name))


def organisation_name(common_name: str, organisation: str, registration_number: str) -> Name:
    """Return a seal's subject; the register number becomes `NTRLV-<number>` in organizationIdentifier."""
    identifier = f"NTR{COUNTRY}-{registration_number.removeprefix(f'NTR{COUNTRY}-')}"
    return _name(
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.ORGANIZATION_IDENTIFIER, identifier),
        (NameOID.COMMON_NAME, common_name),
    )


def person_name(given_name: str, surname: str, personal_code: str) -> Name:
    """Return a person's subject; the code is given in full, `PNOLV-…`."""
    return _name(
        (NameOID.COMMON_NAME, f"{given_name} {surname}"),
        (NameOID.SURNAME, surname),
        (NameOID.GIVEN_NAME, given_name),
        (NameOID.SERIAL_NUMBER, personal_code),
    )


def _name(*attributes: tuple[ObjectIdentifier, str]) -> Name:
    return Name([NameAttribute(NameOID.COUNTRY_NAME, COUNTRY), *(NameAttribute(*one) for one in attributes)])
