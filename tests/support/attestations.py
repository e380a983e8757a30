"""Attestations as GitHub's action makes them, with an authority and logs of their own.

The certificates, envelopes, log entries and bundles have the form of the real ones, and are verified by the real
command; only the keys, which Sigstore keeps, are made here.
"""

from __future__ import annotations

import hashlib
import json
import struct
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

GITHUB: Final = "https://token.actions.githubusercontent.com"
STATEMENT: Final = "application/vnd.in-toto+json"
SINCE: Final = {"start": "2020-01-01T00:00:00Z"}

_UTF8 = 0x0C
_OCTETS = 0x04
_STAMPS = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


@dataclass(frozen=True)
class Run:
    """A run of a workflow, as GitHub vouches for it to who signs certificates.

    Attributes:
        repository: ``OWNER/REPOSITORY``.
        ref: what it was started for, such as ``refs/tags/v0.1.0``.
        workflow: its path in the repository.
        issuer: who vouches.
    """

    repository: str
    ref: str
    workflow: str = ".github/workflows/release.yml"
    issuer: str = GITHUB
    commit: str = "5" * 40

    @property
    def url(self) -> str:
        return f"https://github.com/{self.repository}"

    @property
    def identity(self) -> str:
        return f"{self.url}/{self.workflow}@{self.ref}"

    def claims(self) -> dict[int, bytes]:
        """Return the extensions of the certificate, by their last number: https://github.com/sigstore/fulcio."""
        plain = {1: self.issuer, 2: "push", 3: self.commit, 4: "release", 5: self.repository, 6: self.ref}
        typed = {
            8: self.issuer,
            9: self.identity,
            10: self.commit,
            11: "github-hosted",
            12: self.url,
            13: self.commit,
            14: self.ref,
            15: "1",
            16: self.url.rpartition("/")[0],
            17: "2",
            18: self.identity,
            19: self.commit,
            20: "push",
            21: f"{self.url}/actions/runs/3/attempts/1",
            22: "public",
        }
        return {
            **{number: text.encode() for number, text in plain.items()},
            **{number: _der(_UTF8, text.encode()) for number, text in typed.items()},
        }

    def statement(self, files: Iterable[Path]) -> dict[str, Any]:
        """Return what is signed of these files: where they were built."""
        digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        where = {"ref": self.ref, "repository": self.url, "path": self.workflow}
        return {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in digests.items()],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": "https://actions.github.io/buildtypes/workflow/v1",
                    "externalParameters": {"workflow": where},
                    "resolvedDependencies": [
                        {"uri": f"git+{self.url}@{self.ref}", "digest": {"gitCommit": self.commit}}
                    ],
                },
                "runDetails": {
                    "builder": {"id": self.identity},
                    "metadata": {"invocationId": f"{self.url}/actions/runs/3/attempts/1"},
                },
            },
        }


class Log:
    """A public log, known by its key: of certificates, or of signatures."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.number = hashlib.sha256(self._public).digest()

    def sign(self, what: bytes) -> bytes:
        return self._key.sign(what, ec.ECDSA(SHA256()))

    def described(self) -> dict[str, Any]:
        """Return what who trusts the log knows of it."""
        key = {"rawBytes": _text(self._public), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": SINCE}
        return {
            "baseUrl": f"https://{self.name}",
            "hashAlgorithm": "SHA2_256",
            "publicKey": key,
            "logId": {"keyId": _text(self.number)},
        }


class Sigstore:
    """Who signs for runs of workflows: an authority, the log of its certificates, and the log of signatures."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP384R1())
        self._certificates = Log("ctfe.example.com")
        self._signatures = Log("rekor.example.com")
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of tests")])
        now = datetime.now(UTC)
        self._authority = (
            x509.CertificateBuilder(name, name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, SHA256())
        )

    def trust(self) -> dict[str, Any]:
        """Return the configuration with which a command trusts this one alone."""
        authority = {
            "subject": {"organization": "", "commonName": "An authority of tests"},
            "uri": "https://fulcio.example.com",
            "certChain": {"certificates": [{"rawBytes": _text(self._authority.public_bytes(Encoding.DER))}]},
            "validFor": SINCE,
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [self._signatures.described()],
                "certificateAuthorities": [authority],
                "ctlogs": [self._certificates.described()],
                "timestampAuthorities": [],
            },
            "signingConfig": {
                "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                "caUrls": [],
                "oidcUrls": [],
                "rekorTlogUrls": [],
                "tsaUrls": [],
                "rekorTlogConfig": {"selector": "ANY"},
                "tsaConfig": {"selector": "ANY"},
            },
        }

    def attest(self, run: Run, files: Iterable[Path]) -> dict[str, Any]:
        """Return the bundle with which a run vouches for files."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(run, key.public_key())
        payload = json.dumps(run.statement(files)).encode()
        signed = b"DSSEv1 %d %s %d %s" % (len(STATEMENT), STATEMENT.encode(), len(payload), payload)
        signature = key.sign(signed, ec.ECDSA(SHA256()))
        envelope = {
            "payload": _text(payload),
            "payloadType": STATEMENT,
            "signatures": [{"sig": _text(signature)}],
        }
        body = {
            "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(_canonical(envelope)).hexdigest()},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [
                {"signature": _text(signature), "verifier": _text(certificate.public_bytes(Encoding.PEM))},
            ],
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": _text(certificate.public_bytes(Encoding.DER))},
                "tlogEntries": [self._entry({"apiVersion": "0.0.1", "kind": "dsse", "spec": body})],
                "timestampVerificationData": {},
            },
            "dsseEnvelope": envelope,
        }

    def _certificate(self, run: Run, key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        """Return a certificate for ten minutes, which the log of certificates has seen."""
        now = datetime.now(UTC)
        identity = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(run.identity)])
        code = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        asked = (
            x509.CertificateBuilder(self._authority.subject, x509.Name([]), key, x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(minutes=9))
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(code, critical=False)
            .add_extension(signer, critical=False)
            .add_extension(identity, critical=True)
        )
        for number, claim in run.claims().items():
            place = ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{number}")
            asked = asked.add_extension(x509.UnrecognizedExtension(place, claim), critical=False)
        seen = asked.sign(self._key, SHA256()).tbs_certificate_bytes
        stamp = x509.UnrecognizedExtension(_STAMPS, self._stamp(seen, int(now.timestamp() * 1000)))
        return asked.add_extension(stamp, critical=False).sign(self._key, SHA256())

    def _stamp(self, seen: bytes, milliseconds: int) -> bytes:
        """Return the stamp of the log of certificates for what will be one (RFC 6962, 3.2 and 3.3)."""
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        entry = hashlib.sha256(public).digest() + len(seen).to_bytes(3, "big") + seen
        signed = struct.pack("!BBQH", 0, 0, milliseconds, 1) + entry + b"\0\0"
        stamp = struct.pack("!B32sQH", 0, self._certificates.number, milliseconds, 0)
        stamp += bytes([4, 3]) + _counted(self._certificates.sign(signed))  # SHA-256, ECDSA
        return _der(_OCTETS, _counted(_counted(stamp)))

    def _entry(self, content: dict[str, Any]) -> dict[str, Any]:
        """Return the entry of the log of signatures: its first, so that the tree has one leaf, which is its root."""
        log, body, now = self._signatures, _canonical(content), int(datetime.now(UTC).timestamp())
        root = hashlib.sha256(b"\0" + body).digest()
        note = f"{log.name} - 1\n1\n{_text(root)}\n"
        checkpoint = f"{note}\n\u2014 {log.name} {_text(log.number[:4] + log.sign(note.encode()))}\n"
        promised = {"body": _text(body), "integratedTime": now, "logID": log.number.hex(), "logIndex": 0}
        return {
            "logIndex": "0",
            "logId": {"keyId": _text(log.number)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(now),
            "inclusionPromise": {"signedEntryTimestamp": _text(log.sign(_canonical(promised)))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": _text(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": checkpoint},
            },
            "canonicalizedBody": _text(body),
        }


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


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _text(content: bytes) -> str:
    return b64encode(content).decode()


def _counted(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content


def _der(tag: int, content: bytes) -> bytes:
    """Return content of at most 255 bytes as ASN.1 has it."""
    size = bytes([len(content)]) if len(content) < 0x80 else bytes([0x81, len(content)])
    return bytes([tag]) + size + content
