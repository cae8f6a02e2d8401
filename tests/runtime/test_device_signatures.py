"""Whose signatures on devices' requests are taken, under each policy."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pomona.activation import factory as factory_room
from pomona.formats import cms
from pomona.formats.device_certificates import authority_certificate, identity_certificate, term
from pomona.keys.randomness import seeded
from pomona.runtime import Runtime, anchors, device_signatures
from pomona.runtime.device_signatures import SignedByDevice, UntrustedDevice
from pomona.simulator.factory import Factory

SERIAL = "F2LXO0ABCDEF"


class Maker:
    """Some other maker of devices, whose authority's term ended long ago."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        past = term(datetime(2010, 1, 1, tzinfo=UTC), timedelta(days=365))
        self.certificate = authority_certificate(self.key, (("CN", "Maker"),), past, b"\1" * 16)

    def sign(self, content: bytes) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        spki = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        when = term(datetime.now(UTC), timedelta(days=1))
        subject = (("CN", "device"), ("2.5.4.5", SERIAL))
        leaf = identity_certificate((self.certificate, self.key), spki, subject, when, b"\2" * 16)
        return cms.sign(content, leaf, key)


def under(runtime: Runtime, *policy: str, anchors: Path | None = None) -> Runtime:
    changed = {"device_signature_policy": policy, "device_anchors": str(anchors or "")}
    settings = msgspec.structs.replace(runtime.settings, **changed)
    return Runtime(settings, runtime.store, runtime.keys, runtime.clock, runtime.rng, runtime.origins)


def read(runtime: Runtime, der: bytes) -> SignedByDevice:
    return asyncio.run(device_signatures.read(runtime, der))


def test_the_simulated_factory_counts_and_tells_the_serial(runtime: Runtime, tmp_path: Path) -> None:
    der = Maker().sign(b"hello")
    with pytest.raises(UntrustedDevice, match="policy: simulated"):
        read(runtime, der)
    factory_room.export(runtime, tmp_path)
    identity = Factory.load(tmp_path, seeded("x")).identity(SERIAL, "UDID")
    assert read(runtime, identity.sign(b"hello", datetime.now(UTC))) == SignedByDevice(b"hello", SERIAL)
    with pytest.raises(UntrustedDevice):
        read(runtime, der)
    with pytest.raises(UntrustedDevice, match="policy: apple"):
        read(under(runtime, "apple"), identity.sign(b"hello", datetime.now(UTC)))


def test_apples_authorities_are_those_of_a_file_and_may_have_expired(
    runtime: Runtime, tmp_path: Path
) -> None:
    maker, file = Maker(), tmp_path / "anchors.pem"
    pem = x509.load_der_x509_certificate(maker.certificate).public_bytes(serialization.Encoding.PEM)
    file.write_bytes(b"Apple's, say\n" + pem)
    apple = under(runtime, "simulated", "apple", anchors=file)
    # What its identity calls itself is not believed: only the simulated factory vouches for serials.
    assert read(apple, maker.sign(b"hello")) == SignedByDevice(b"hello", None)
    with pytest.raises(UntrustedDevice):
        read(apple, Maker().sign(b"hello"))
    for wrong in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        file.write_bytes(wrong)
        with pytest.raises(UntrustedDevice):
            read(apple, maker.sign(b"hello"))
    file.unlink()
    with pytest.raises(UntrustedDevice):
        read(apple, maker.sign(b"hello"))


def test_off_takes_anybody_but_not_a_broken_signature(runtime: Runtime) -> None:
    off, der = under(runtime, "off"), Maker().sign(b"hello")
    assert read(off, der) == SignedByDevice(b"hello", None)
    with pytest.raises(cms.BadSignature):
        read(off, der.replace(b"hello", b"jello"))
    with pytest.raises(cms.MalformedCms):
        read(off, b"hello")


def test_anchors_are_told_where_our_own_listener_answers(runtime: Runtime, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(runtime.settings, data=tmp_path)
    assert anchors.for_origin(settings, "https://pomona.example") == ()
    (tmp_path / "authority").mkdir()
    certificate = x509.load_der_x509_certificate(Maker().certificate)
    (tmp_path / "authority" / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    der = certificate.public_bytes(serialization.Encoding.DER)
    assert anchors.for_origin(settings, "https://pomona.example") == (der,)
    assert anchors.for_origin(settings, "http://pomona.example") == ()
    behind = msgspec.structs.replace(settings, trusted_proxies=("10.0.0.1",))
    assert anchors.for_origin(behind, "https://pomona.example") == ()
