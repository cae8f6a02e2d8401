"""SCEP on its own: what is issued, to whom, and what is refused with which reason."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from pomona.formats import scep
from pomona.formats.mobileconfig import Enrolment
from pomona.formats.scep import FailInfo, ScepFailure
from pomona.simulator.device_identity import Identity
from tests.management.hands import ask_scep, automated, machine_info, profile_of, rsa_key
from tests.support.sites import Site
from tests.support.worlds import World


def profile(site: Site) -> Enrolment:
    device = site.device()
    return profile_of(site.http.post(f"{site.base}/enrol", content=machine_info(site, device)))


def authority(site: Site) -> bytes:
    return site.http.get(f"{site.base}/scep", params={"operation": "GetCACert"}).content


def test_capabilities_and_authority(quick_site: Site) -> None:
    caps = quick_site.http.get(f"{quick_site.base}/scep", params={"operation": "GetCACaps"})
    assert caps.headers["content-type"] == "text/plain"
    assert {"SHA-256", "AES", "POSTPKIOperation", "SCEPStandard"} <= set(caps.text.split())
    answer = quick_site.http.get(f"{quick_site.base}/scep", params={"operation": "GetCACert", "message": "x"})
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    certificate = x509.load_der_x509_certificate(answer.content)
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert authority(quick_site) == answer.content


def test_the_identity_is_one_that_strict_verifiers_take(quick_site: Site, tmp_path: Path) -> None:
    issued = ask_scep(quick_site.http, profile(quick_site), rsa_key(0))
    pem = serialization.Encoding.PEM
    for name, der in (("ca", authority(quick_site)), ("leaf", issued)):
        (tmp_path / name).write_bytes(x509.load_der_x509_certificate(der).public_bytes(pem))
    openssl = shutil.which("openssl")
    assert openssl
    line = [openssl, "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "ca", "leaf"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    leaf = x509.load_der_x509_certificate(issued)
    # Whatever a device asks to be called: its subject is ours.
    assert leaf.subject.rfc4514_string().startswith("CN=Managed device ")


@pytest.mark.parametrize("challenge", ["", "wrong"])
def test_a_wrong_challenge_is_a_bad_request(quick_site: Site, challenge: str) -> None:
    with pytest.raises(ScepFailure) as refused:
        ask_scep(quick_site.http, profile(quick_site), rsa_key(0), challenge)
    assert refused.value.fail_info is FailInfo.BAD_REQUEST


def test_a_short_key_is_a_bad_algorithm_and_leaves_the_challenge(quick_site: Site) -> None:
    enrolment = profile(quick_site)
    with pytest.raises(ScepFailure) as refused:
        ask_scep(quick_site.http, enrolment, rsa_key(9, 1024))
    assert refused.value.fail_info is FailInfo.BAD_ALG
    ask_scep(quick_site.http, enrolment, rsa_key(0))


def test_the_message_may_come_in_the_query(quick_site: Site) -> None:
    enrolment, key = profile(quick_site), rsa_key(0)
    asked = scep.build_request(
        enrolment.scep.subject, key, enrolment.scep.challenge, authority(quick_site), at=datetime.now(UTC)
    )
    answer = quick_site.http.get(scep.get_url(enrolment.scep.url, asked.der))
    assert scep.read_response(answer.content, asked)
    # Go clients post the message and repeat it, raw, in the query.
    repeated = quick_site.http.post(
        enrolment.scep.url,
        params={"operation": "PKIOperation", "message": asked.der.decode("latin-1")},
        content=asked.der,
    )
    assert scep.read_response(repeated.content, asked)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("", ""),
        ("GetNextCACert", ""),
        ("PKIOperation", ""),
        ("PKIOperation", "AAAA"),
        ("PKIOperation", "%%%"),
    ],
)
def test_what_nobody_can_be_answered_is_400(quick_site: Site, operation: str, message: str) -> None:
    params = {"operation": operation, "message": message}
    assert quick_site.http.get(f"{quick_site.base}/scep", params=params).status_code == 400
    answer = quick_site.http.post(
        f"{quick_site.base}/scep", params={"operation": operation}, content=b"\x30\x80"
    )
    assert answer.status_code == 400


def test_another_organisations_authority_opens_nothing(quick_site: Site) -> None:
    """A challenge is worth nothing at another organisation's address, nor is a request made for its authority."""
    site, other = quick_site, World(quick_site.runtime.store, "Other")
    enrolment = profile(site)
    base = f"{site.origin}/manage/{other.organization.slug}/scep"
    theirs = site.http.get(base, params={"operation": "GetCACert"}).content
    assert theirs != authority(site)
    asked = scep.build_request(
        enrolment.scep.subject, rsa_key(0), enrolment.scep.challenge, theirs, at=datetime.now(UTC)
    )
    answer = site.http.post(base, params={"operation": "PKIOperation"}, content=asked.der)
    with pytest.raises(ScepFailure) as refused:
        scep.read_response(answer.content, asked)
    assert refused.value.fail_info is FailInfo.BAD_REQUEST
    ask_scep(site.http, enrolment, rsa_key(0))


def test_an_enrolled_device_renews_its_identity(site: Site) -> None:
    hand = automated(site).enrol()
    hand.settle()
    url, ca = hand.enrolment.scep.url, authority(site)
    asked = scep.build_request(
        (("CN", "x"),),
        rsa_key(1),
        None,
        ca,
        at=datetime.now(UTC),
        signer=(hand.identity.certificate, rsa_key(0)),
    )
    answer = site.http.post(url, params={"operation": "PKIOperation"}, content=asked.der)
    renewed = Identity(scep.read_response(answer.content, asked), rsa_key(1))
    assert hand.report(identity=renewed).status_code == 200
    assert hand.report().status_code == 200
    # A new enrolment ends both.
    again = automated(site, device=hand.device, key=1)
    assert again.authenticate().status_code == 200
    assert again.update_token().status_code == 200
    assert hand.report(identity=renewed).status_code == 400
    assert hand.report().status_code == 400


def test_who_never_enrolled_cannot_renew(quick_site: Site) -> None:
    hand = automated(quick_site)
    url, ca = hand.enrolment.scep.url, authority(quick_site)
    asked = scep.build_request(
        (("CN", "x"),),
        rsa_key(1),
        None,
        ca,
        at=datetime.now(UTC),
        signer=(hand.identity.certificate, rsa_key(0)),
    )
    answer = quick_site.http.post(url, params={"operation": "PKIOperation"}, content=asked.der)
    with pytest.raises(ScepFailure) as refused:
        scep.read_response(answer.content, asked)
    assert refused.value.fail_info is FailInfo.BAD_CERT_ID


def test_no_key_is_kept_in_the_clear(quick_site: Site) -> None:
    authority(quick_site)
    rows = quick_site.runtime.store.read_sync(
        lambda tx: tx.rows("SELECT name, key FROM authority ORDER BY name")
    )
    assert [row[0] for row in rows] == ["devices", "factory"]
    for _, sealed in rows:
        with pytest.raises(ValueError, match=r".+"):
            serialization.load_der_private_key(bytes(sealed), None)
