"""A certificate authority of the factory's own, and the certificate that it gives the server.

Cameras, service workers and barcode detectors exist only on pages that came over HTTPS. In a plant's own
network no public authority can vouch for 192.168.1.20; ours can, once its certificate is installed on a tablet.
It may vouch for names and addresses of private networks only (RFC 5280, 4.2.1.10), so that a stolen key
opens nobody's bank.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=397)  # browsers refuse longer ones
RENEW_BEFORE = timedelta(days=60)
CLOCK_SKEW = timedelta(days=1)  # a tablet's clock may be behind
PRIVATE = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "::1/128",
)
SUFFIXES = ("local", "lan", "home.arpa", "localhost")


@dataclass(frozen=True, slots=True)
class Files:
    """Where the certificates lie."""

    folder: Path

    @property
    def authority(self) -> Path:
        """Return the authority's certificate: what a tablet installs."""
        return self.folder / "authority.crt"

    @property
    def authority_key(self) -> Path:
        """Return the authority's key: never leaves this machine."""
        return self.folder / "authority.key"

    @property
    def server(self) -> Path:
        """Return the server's certificate."""
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        """Return the server's key."""
        return self.folder / "server.key"


def keep(files: Files, names: Sequence[str], at: datetime) -> bool:
    """Make what is missing, and renew the server's certificate when it ends soon or `names` are others.

    `names` are host names and IP addresses. Those that the authority may not vouch for are left out.
    Returns whether the server's certificate is a new one. The running server reads it with the next connection.
    """
    if not (files.authority.exists() and files.authority_key.exists()):
        _make_authority(files, at)
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    if files.server.exists() and files.server_key.exists() and _is_good(files, authority, names, at):
        return False
    _make_server(files, authority, names, at)
    return True


def left_out(names: Collection[str]) -> list[str]:
    """Return those of `names` that the authority may not vouch for: neither private addresses nor local hosts."""
    return [name for name in names if _alternative(name) is None]


def fingerprint(certificate: Path) -> str:
    """Return a certificate's SHA-256 as devices show it: pairs of hexadecimal digits."""
    digest = x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256())
    return digest.hex(":").upper()


def _is_good(files: Files, authority: x509.Certificate, names: Sequence[str], at: datetime) -> bool:
    found = x509.load_pem_x509_certificate(files.server.read_bytes())
    stands_for = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        found.not_valid_after_utc - RENEW_BEFORE > at
        and found.issuer == authority.subject
        and set(stands_for) == set(_alternatives(names))
    )


def _make_authority(files: Files, at: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    # the serial number tells two authorities of one factory apart, on a tablet that once trusted the former
    serial = x509.random_serial_number()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Mortise"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Mortise {serial:x}"[:24]),
        ]
    )
    permitted: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_network(net)) for net in PRIVATE]
    permitted += [x509.DNSName(suffix) for suffix in SUFFIXES]
    made = (
        _builder(name, name, key.public_key(), serial, at, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, excluded_subtrees=None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(files.authority_key, _pem(key))
    _write(files.authority, made.public_bytes(serialization.Encoding.PEM))


def _make_server(files: Files, authority: x509.Certificate, names: Sequence[str], at: datetime) -> None:
    signer = serialization.load_pem_private_key(files.authority_key.read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{files.authority_key}: expected an elliptic-curve key")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mortise")])
    made = (
        _builder(name, authority.subject, key.public_key(), x509.random_serial_number(), at, SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    _write(files.server_key, _pem(key))
    _write(files.server, made.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    serial: int,
    at: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(at - CLOCK_SKEW)
        .not_valid_after(at - CLOCK_SKEW + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Collection[str]) -> list[x509.GeneralName]:
    """Return those of `names` that the authority may vouch for; an address is an address, the rest are hosts."""
    return [general for name in sorted(set(names)) if (general := _alternative(name)) is not None]


def _alternative(name: str) -> x509.GeneralName | None:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return x509.DNSName(name) if name.rpartition(".")[2] in SUFFIXES else None
    nets = [ipaddress.ip_network(net) for net in PRIVATE]
    return x509.IPAddress(address) if any(address in net for net in nets) else None


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes) -> None:
    """Replace a file whole: a connection that is being made never reads half a certificate."""
    fresh = path.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
    fresh.replace(path)
