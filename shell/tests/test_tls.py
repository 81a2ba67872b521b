"""Upstreams over TLS: trusted with a certificate that somebody vouches for, refused without."""

import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shell.client import Client
from shell.connections import Origin, Pool
from shell.messages import Reason, Request
from shell.tests.scripted import ScriptedServer, polite
from shell.tests.upstreams import body_of, reason_of


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost, signed by itself, with its key in the same file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), today, today.replace(year=9999)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_an_https_upstream_is_asked_over_tls_and_its_connection_kept(certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    client = Client(Pool(ssl.create_default_context(cafile=str(certificate))))
    with ScriptedServer(polite, tls=tls) as server:
        request = Request(Origin("https", "localhost", server.port), "/secret")
        assert [body_of(client.fetch_many([request], 5)[0]) for _ in range(2)] == [b"/secret", b"/secret"]
        assert server.connections == 1
    client.close()


def test_an_upstream_whose_certificate_nobody_vouches_for_is_refused(client: Client, certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with ScriptedServer(polite, tls=tls) as server:
        outcome = client.fetch_many([Request(Origin("https", "localhost", server.port), "/")], 5)[0]
        assert reason_of(outcome) is Reason.REFUSED
        assert server.requests == []
