from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from pomona.formats.certificate_chain import chain_ok
from pomona.formats.certificates import parse
from pomona.formats.der import SEQUENCE, MalformedDer, Reader, sequence, tlv
from tests.formats.support import NOW, Identity, identity, openssl

PAST = NOW - timedelta(days=1)
ROOT = identity("rsa2048-root", "root", ca=True)
MIDDLE = identity("ec256-middle", "middle", ROOT, ca=True, cert_sign=True)
LEAF = identity("rsa1024", "leaf", MIDDLE)


def openssl_agrees(folder: Path, leaf: Identity, middle: Identity, root: Identity) -> None:
    for name, who in (("leaf", leaf), ("middle", middle), ("root", root)):
        (folder / name).write_bytes(who.pem)
    arguments = (
        "-CAfile",
        folder / "root",
        "-untrusted",
        folder / "middle",
        "-attime",
        str(int(NOW.timestamp())),
    )
    openssl("verify", *arguments, "-auth_level", "0", folder / "leaf")


def test_leaf_middle_root(tmp_path: Path) -> None:
    openssl_agrees(tmp_path, LEAF, MIDDLE, ROOT)
    assert chain_ok(LEAF.der, [LEAF.der, MIDDLE.der], [ROOT.der], at=NOW)
    assert chain_ok(LEAF.der, [], [MIDDLE.der], at=NOW)
    assert chain_ok(LEAF.der, [], [LEAF.der], at=NOW)
    assert chain_ok(LEAF.der, [b"\x30\x00", MIDDLE.der, ROOT.der], [ROOT.der])


def test_a_missing_link_or_another_anchor_is_no_chain() -> None:
    stranger = identity("rsa2048-stranger", "root", ca=True)
    assert not chain_ok(LEAF.der, [LEAF.der, ROOT.der], [ROOT.der])
    assert not chain_ok(LEAF.der, [MIDDLE.der], [stranger.der])
    assert not chain_ok(LEAF.der, [MIDDLE.der, ROOT.der], [])
    assert not chain_ok(b"junk", [MIDDLE.der], [ROOT.der])
    assert not chain_ok(stranger.der, [ROOT.der], [ROOT.der])


def test_a_leaf_cannot_issue() -> None:
    for kind in (
        identity("ec256-leaf", "plain leaf", ROOT),
        identity("ec256-leaf", "no authority", ROOT, ca=False),
        identity("ec256-leaf", "may not sign", ROOT, ca=True, cert_sign=False),
    ):
        forged = identity("rsa1024", "forged", kind)
        assert not chain_ok(forged.der, [kind.der], [ROOT.der])
        assert chain_ok(kind.der, [], [ROOT.der])


def test_path_length() -> None:
    short = identity("ec256-short", "short", ROOT, ca=True, path_length=0)
    below = identity("ec256-below", "below", short, ca=True)
    assert chain_ok(identity("rsa1024", "direct", short).der, [short.der], [ROOT.der])
    assert not chain_ok(identity("rsa1024", "indirect", below).der, [below.der, short.der], [ROOT.der])


def test_expired_authorities_as_above_real_iphones() -> None:
    root = identity("rsa2048-root", "old root", ca=True, until=PAST)
    middle = identity("ec256-middle", "old middle", root, ca=True, until=PAST)
    leaf = identity("rsa1024", "leaf of the old", middle)
    assert not chain_ok(leaf.der, [middle.der], [root.der], at=NOW)
    assert chain_ok(leaf.der, [middle.der], [root.der], at=NOW, ignore_ca_validity=True)
    assert chain_ok(leaf.der, [middle.der], [root.der])
    expired = identity("rsa1024", "expired", MIDDLE, until=PAST)
    assert not chain_ok(expired.der, [MIDDLE.der], [ROOT.der], at=NOW, ignore_ca_validity=True)


def test_a_sha1_link(tmp_path: Path) -> None:
    certificate, key = ROOT.files(tmp_path)
    (tmp_path / "middle.key").write_bytes(MIDDLE.key_pem)
    request = openssl("req", "-new", "-key", tmp_path / "middle.key", "-subj", "/CN=sha1 middle", "-utf8")
    (tmp_path / "extensions").write_text("basicConstraints=critical,CA:TRUE\n")
    signing = ("-CA", certificate, "-CAkey", key, "-set_serial", "7", "-days", "3", "-sha1")
    pem = openssl("x509", "-req", *signing, "-extfile", tmp_path / "extensions", stdin=request)
    middle = openssl("x509", "-outform", "DER", stdin=pem)
    assert chain_ok(middle, [], [ROOT.der])
    damaged = middle[:-5] + bytes([middle[-5] ^ 1]) + middle[-4:]
    assert not chain_ok(damaged, [], [ROOT.der])


def test_certificates_that_sign_each_other_end() -> None:
    ring = [identity(f"ec256-{n}", "ring", MIDDLE, ca=True) for n in range(20)]
    looped = [identity(f"ec256-{n}", "ring", ring[n - 1], ca=True) for n in range(20)]
    assert not chain_ok(looped[0].der, [who.der for who in looped], [identity("rsa2048-other").der])


def test_an_unreadable_anchor_is_an_error() -> None:
    with pytest.raises(MalformedDer):
        chain_ok(LEAF.der, [], [b"junk"])


def test_the_fields_are_those_of_the_library() -> None:
    read, library = parse(LEAF.der + b"trailing"), LEAF.certificate
    public = library.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert read.der == LEAF.der
    assert (read.issuer, read.subject) == (library.issuer.public_bytes(), library.subject.public_bytes())
    assert (read.public_key, read.signature) == (public, library.signature)
    assert (read.signed, read.not_after()) == (library.tbs_certificate_bytes, library.not_valid_after_utc)


def test_unique_identifiers_before_the_extensions_are_passed_over() -> None:
    body = Reader(ROOT.der).enter(SEQUENCE)
    parts = body.enter(SEQUENCE).all()
    signed = sequence(*parts[:-1], tlv(0x81, b"\0x"), parts[-1])
    assert parse(sequence(signed, body.whole(), body.whole())).extensions == Reader(parts[-1]).take()


@given(st.lists(st.tuples(st.integers(0, len(MIDDLE.der) - 1), st.integers(0, 255)), max_size=4))
def test_damaged_certificates_never_raise(changes: list[tuple[int, int]]) -> None:
    mutated = bytearray(MIDDLE.der)
    for at, value in changes:
        mutated[at] = value
    whole = bytes(mutated) == MIDDLE.der
    assert chain_ok(LEAF.der, [bytes(mutated)], [ROOT.der], at=NOW) == whole
    assert chain_ok(bytes(mutated), [], [ROOT.der], at=NOW) == whole
