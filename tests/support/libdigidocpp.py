"""libdigidocpp, which DigiDoc4 validates containers with, in a process of its own and with a trust list of ours.

Its trust list comes signed, from a folder, and names the practice vendor's services; nothing is fetched.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import methods
from signxml.signer import XMLSigner

from sandbox.pki import KeyKind
from tests.support.pki import the_authority, the_seal

LIST = "own.xml"
SERVICE = "http://uri.etsi.org/TrstSvc/Svctype/"
STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted"
GENERIC = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
# The package comes without the schema of trust lists; what is asked of ours is that it is read, not its form.
SCHEMA = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://uri.etsi.org/02231/v2#">'
    '<xs:element name="TrustServiceStatusList" type="xs:anyType"/></xs:schema>'
)
PROGRAM = """
import json, sys
import pydigidoc
folder, certificate, name, *containers = sys.argv[1:]
settings = pydigidoc.DigiDocConf(folder)
settings.set_tslcert(open(certificate, "rb").read())
settings.set_tslurl(f"https://127.0.0.1/{name}")
# Before the library begins: with settings of its own it would fetch the list of the European Union.
pydigidoc.Conf.init(settings)
settings.thisown = False
pydigidoc.initialize_lib("zimogs", folder)

def validate(signature):
    try:
        signature.validate()
    except Exception as error:
        return str(error)
    return ""

def judge(path):
    try:
        container = pydigidoc.Container.open(path)
        return [validate(one) for one in container.signatures()]
    except Exception as error:
        return [str(error)]

print(json.dumps([judge(one) for one in containers]))
"""


@dataclass(frozen=True, slots=True)
class DigiDoc:
    """The library, ready to judge."""

    folder: Path

    def judge(self, container: Path) -> list[str]:
        """What it finds wrong with each signature, empty where one is valid; one sentence where it reads none."""
        arguments = [self.folder, self.folder / "list.der", LIST, container]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *map(str, arguments)],
            env={**os.environ, "HOME": str(self.folder)},
            capture_output=True,
            check=True,
        )
        found: list[list[str]] = json.loads(done.stdout)
        return found[0]


def a_digidoc(folder: Path, *, responders: Sequence[x509.Certificate] = ()) -> DigiDoc:
    """Make the library trust the practice vendor's CA and timestamping unit, and OCSP responders that are listed."""
    found = find_spec("pydigidoc")
    assert found, "whoever calls this has looked for pydigidoc"
    assert found.origin
    for schema in (Path(found.origin).parent / "schema").iterdir():
        copyfile(schema, folder / schema.name)
    (folder / "ts_119612v020201_201601xsd.xsd").write_text(SCHEMA)
    authority, signer = the_authority(), the_seal(KeyKind.RSA2048)
    services = {"CA/QC": [authority.issuing.certificate], "TSA/QTST": [authority.timestamping.certificate]}
    services["Certstatus/OCSP/QC"] = list(responders)
    signing = XMLSigner(method=methods.enveloped, c14n_algorithm=EXCLUSIVE)
    pem = signer.certificate.public_bytes(Encoding.PEM).decode()
    signed = signing.sign(etree.fromstring(_trust_list(services)), key=signer.key, cert=pem)
    (folder / LIST).write_bytes(etree.tostring(signed))
    (folder / "list.der").write_bytes(signer.certificate_der)
    return DigiDoc(folder)


def _trust_list(services: Mapping[str, Sequence[x509.Certificate]]) -> str:
    """A trust list (ETSI TS 119 612) as far as the library reads it."""
    listed = "".join(_service(kind, one) for kind, certificates in services.items() for one in certificates)
    return (
        '<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" Id="list"><SchemeInformation>'
        f"<TSLSequenceNumber>1</TSLSequenceNumber><TSLType>{GENERIC}</TSLType><SchemeTerritory>LV</SchemeTerritory>"
        "<ListIssueDateTime>2026-01-01T00:00:00Z</ListIssueDateTime>"
        "<NextUpdate><dateTime>2100-01-01T00:00:00Z</dateTime></NextUpdate></SchemeInformation>"
        f"<TrustServiceProviderList><TrustServiceProvider><TSPServices>{listed}</TSPServices></TrustServiceProvider>"
        "</TrustServiceProviderList></TrustServiceStatusList>"
    )


def _service(kind: str, certificate: x509.Certificate) -> str:
    encoded = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return (
        f"<TSPService><ServiceInformation><ServiceTypeIdentifier>{SERVICE}{kind}</ServiceTypeIdentifier>"
        '<ServiceName><Name xml:lang="en">practice</Name></ServiceName><ServiceDigitalIdentity><DigitalId>'
        f"<X509Certificate>{encoded}</X509Certificate></DigitalId></ServiceDigitalIdentity>"
        f"<ServiceStatus>{STATUS}</ServiceStatus><StatusStartingTime>2016-06-30T22:00:00Z</StatusStartingTime>"
        "</ServiceInformation></TSPService>"
    )
