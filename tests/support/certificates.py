"""A certificate authority of a test's own, and a server's certificate by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def authority_and_server(folder, name):
    """(file of the authority, file of the server's key and certificate) for one name of a host."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _one in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    limits = x509.BasicConstraints(ca=True, path_length=None)
    authority = _certificate(issuer, issuer, authority_key, authority_key, (limits, True))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    server = _certificate(subject, issuer, server_key, authority_key, (names, False))
    authority_file, server_file = folder / "authority.pem", folder / "server.pem"
    authority_file.write_bytes(_pem(authority))
    key = server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server_file.write_bytes(key + _pem(server))
    return authority_file, server_file


def _certificate(subject, issuer, key, signed_by, *extensions):
    moment = datetime.now(UTC)
    building = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    building = building.serial_number(x509.random_serial_number())
    building = building.not_valid_before(moment - timedelta(days=1)).not_valid_after(moment + timedelta(days=1))
    for extension, critical in extensions:
        building = building.add_extension(extension, critical=critical)
    return building.sign(signed_by, hashes.SHA256())


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)
