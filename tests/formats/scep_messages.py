"""SCEP messages made without our codecs: envelopes by openssl, the signed outside by asn1crypto."""

from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.formats.support import Identity, openssl

ARC = "2.16.840.1.113733.1.9."
CONFIG = """
[req]
distinguished_name = dn
attributes = attrs
prompt = no
utf8 = yes
req_extensions = ext
[dn]
O = Äpfel
CN = POMO0001
[attrs]
challengePassword = geheim-ü
unstructuredName = x
[ext]
subjectAltName = DNS:device.example
"""


def request(folder: Path, who: Identity) -> bytes:
    """A certificate request made by openssl: subject, challenge password and two more attributes."""
    _, key = who.files(folder)
    (folder / "config").write_text(CONFIG)
    return openssl("req", "-new", "-key", key, "-config", folder / "config", "-outform", "DER")


def encrypted(folder: Path, content: bytes, recipient: Identity, cipher: str) -> bytes:
    """EnvelopedData made by openssl; `cipher` is its option."""
    (folder / "recipient.pem").write_bytes(recipient.pem)
    providers = ("-provider", "default", "-provider", "legacy")
    arguments = ("-encrypt", "-binary", "-outform", "DER", cipher, *providers, folder / "recipient.pem")
    return openssl("cms", *arguments, stdin=content)


def signed(
    content: bytes | None,
    who: Identity,
    attributes: dict[str, str | bytes],
    digest: str = "sha1",
    reverse: bool = False,
) -> bytes:
    """SignedData with SCEP attributes by the last arc of their identifiers; str becomes PrintableString, bytes octets."""
    hashing = {"sha1": hashes.SHA1, "sha256": hashes.SHA256}[digest]()
    value = hashes.Hash(hashing)
    value.update(content or b"")
    listed: list[Any] = [
        {"type": "content_type", "values": ["data"]},
        {"type": "message_digest", "values": [value.finalize()]},
        *({"type": ARC + arc, "values": [_element(item)]} for arc, item in attributes.items()),
    ]
    attrs = cms.CMSAttributes([cms.CMSAttribute(item) for item in listed])
    certificate = x509.Certificate.load(who.der)
    signature = who.rsa.sign(attrs.dump(), padding.PKCS1v15(), hashing)
    inside: dict[str, Any] = {"content_type": "data"}
    if content is not None:
        inside["content"] = content
    info = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": {
                "issuer": certificate.issuer,
                "serial_number": certificate.serial_number,
            }
        },
        "digest_algorithm": {"algorithm": digest},
        "signed_attrs": attrs,
        "signature_algorithm": {"algorithm": f"{digest}_rsa"},
        "signature": signature,
    }
    body = {
        "version": "v1",
        "digest_algorithms": [algos.DigestAlgorithm({"algorithm": digest})],
        "encap_content_info": inside,
        "certificates": [certificate],
        "signer_infos": [info],
    }
    dumped = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(body)}).dump()
    assert isinstance(dumped, bytes)
    return dumped


def _element(item: str | bytes) -> Any:
    return core.PrintableString(item) if isinstance(item, str) else core.OctetString(item)
