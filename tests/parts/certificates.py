"""A certificate authority of the tests' own, and what it signs."""

import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

DAY: Final = datetime.timedelta(days=1)
_SIGNS: Final = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def authority(folder: Path) -> Path:
    """Make one in a folder, `ca.crt` and `ca.key`; the path of its certificate."""
    key = key_pair(folder / "ca.key")
    name = _name("tests")
    made = _begun(name, name, key.public_key())
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    made = made.add_extension(_SIGNS, critical=True)
    return _written(folder / "ca.crt", made.sign(key, hashes.SHA256()))


def serving_certificate(folder: Path, hosts: Sequence[str]) -> Path:
    """Have the authority of the folder sign one for a server, `server.crt` and `server.key`."""
    signing = load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    issuer = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes()).subject
    made = _begun(_name(hosts[0]), issuer, key_pair(folder / "server.key").public_key())
    made = made.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    issued = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    made = made.add_extension(issued, critical=False)
    return _written(folder / "server.crt", made.sign(signing, hashes.SHA256()))


def key_pair(path: Path) -> ec.EllipticCurvePrivateKey:
    """Make a private key and keep it in a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    path.chmod(0o600)
    return key


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return made.serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + DAY)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _written(path: Path, certificate: x509.Certificate) -> Path:
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path
