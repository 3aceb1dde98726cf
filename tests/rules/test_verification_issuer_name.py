"""A name in text is the issuer's, however a program spells it, and not when it says something else."""

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from worker.verification.asice.issuer_name import is_name_of

ISSUER = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "LV"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'SIA "Zaļš, balts" + dēls'),
        x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, "NTRLV-40000000000"),
        x509.NameAttribute(NameOID.COMMON_NAME, "CA 1"),
    ]
)


@pytest.mark.parametrize(
    "text",
    [
        ISSUER.rfc4514_string(),
        'C=LV,O=SIA \\"Zaļš\\, balts\\" \\+ dēls,2.5.4.97=#0c114e54524c56,CN=CA 1',
        "cn = CA 1 ; o = SIA \\22Za\\c4\\bc\\c5\\a1\\2c balts\\22 \\2b d\\c4\\93ls ; c = LV",
        'CN=CA 1, OID.2.5.4.97=anything, O="SIA \\"Zaļš, balts\\" + dēls"',
        "organizationIdentifier=NTRLV-1,CN=CA 1",
        "",
    ],
)
def test_the_issuers_name_is_known_in_every_spelling(text: str) -> None:
    assert is_name_of(ISSUER, text)


@pytest.mark.parametrize("text", ["CN=CA 2", "CN=CA 1,C=EE", "CN=", "CN=CA 1+O=SIA", "CN=ca 1", "L=Rīga", 'CN="CA 2'])
def test_another_name_is_not_taken_for_it(text: str) -> None:
    assert not is_name_of(ISSUER, text)


@pytest.mark.parametrize("odd", ["\\", '"', " ", "=", ",", '"\\'])
def test_what_is_too_long_for_a_name_is_none(odd: str) -> None:
    assert is_name_of(ISSUER, odd * 1_000)
    assert not is_name_of(ISSUER, odd * 5_000)
