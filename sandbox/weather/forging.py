"""A trust service in the hands of somebody who lies about time, or signs as nobody should any more."""

import secrets
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.pki import Authority
from sandbox.pki.cms import signed_data, signer_of
from sandbox.pki.der import explicit, octet_string, oid, sequence
from sandbox.pki.keys import compute_hash
from sandbox.pki.timestamps import SERIAL_BITS, TST_INFO, TimeStampToken, timestamp, tst_info
from sandbox.weather.acts import HostileAct

SHIFTS = {HostileAct.BACKDATE: timedelta(days=-1), HostileAct.POSTDATE: timedelta(days=1)}
ECDSA_WITH_SHA1 = sequence(oid("1.2.840.10045.4.1"))  # RFC 3279 §2.2.3


@dataclass(frozen=True, slots=True)
class ForgingAuthority(Authority):
    """The same authority, whose timestamps are not what they should be."""

    act: HostileAct = HostileAct.BACKDATE

    @classmethod
    def of(cls, honest: Authority, act: HostileAct) -> "ForgingAuthority":
        """Return the authority with its keys in hostile hands."""
        return cls(**{field.name: getattr(honest, field.name) for field in fields(honest)}, act=act)

    def timestamp(self, imprint: bytes, hash_name: str, now: datetime) -> TimeStampToken:
        """Return a token of another moment, or one that is signed with SHA-1."""
        if self.act in SHIFTS:
            return timestamp(
                self.timestamping, imprint, hash_name, now + SHIFTS[self.act], (self.issuing.certificate_der,)
            )
        usual = signer_of(self.timestamping.certificate)
        signer = replace(usual, hash_name="sha1", signature_algorithm=ECDSA_WITH_SHA1)
        serial_number = secrets.randbits(SERIAL_BITS)
        content = tst_info(imprint, hash_name, serial_number, now)
        attributes = signer.signed_attributes(TST_INFO, compute_hash(signer.hash_name, content))
        key = self.timestamping.key
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - the authority makes it so
        value = key.sign(attributes, ec.ECDSA(hashes.SHA1()))  # noqa: S303 - the weakness is the point
        der = signed_data(
            sequence(TST_INFO, explicit(0, octet_string(content))),
            signer.hash_name,
            (signer.certificate_der,),
            signer.signer_info(attributes, value),
        )
        return TimeStampToken(der, serial_number)


def authority_for(act: HostileAct | None, honest: Authority) -> Authority:
    """Return the authority that finalizes: the honest one, or the same in hostile hands."""
    return ForgingAuthority.of(honest, act) if act in {*SHIFTS, HostileAct.WEAKEN} and act else honest
