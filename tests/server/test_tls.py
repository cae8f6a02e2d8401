"""TLS as clients meet it: openssl, curl, requests and Python's strictest context, each by name and by address."""

import json
import os
import socket
import ssl
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pomona.server.authority import Authority
from pomona.server.certificates import (
    authority_certificate,
    certificate_pem,
    key_pem,
    new_key,
    term,
)
from pomona.server.client_hosts import CLIENT_HOSTS, NOT_SERVED, canonical, face_of
from pomona.server.listener import Listener
from pomona.server.machine import machine_names
from pomona.server.tls import default_hosts, server_context
from tests.server.conftest import Listen, wall_clock

DAY = 86_400_000
LIFE = timedelta(days=30)


def _shown(listener: Listener, name: str | None, context: ssl.SSLContext | None = None) -> x509.Certificate:
    """Give the certificate that a client asking for `name` is shown."""
    if context is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", listener.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        shown = connection.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown)


def _names(certificate: x509.Certificate) -> list[str]:
    listed = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in listed]


def _s_client(listener: Listener, authority: Authority, *options: str) -> str:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{listener.port}", "-x509_strict"]
    trusted = ["-CAfile", str(authority.certificate_file), "-verify_return_error"]
    told = subprocess.run(
        [*command, *trusted, *options], input="", capture_output=True, text=True, timeout=20, check=False
    )
    return told.stdout + told.stderr


@pytest.mark.parametrize("name", [host.name for host in CLIENT_HOSTS] + ["localhost"])
def test_openssl_is_shown_a_certificate_for_the_name_it_asks_for(
    https: Listener, authority: Authority, name: str
) -> None:
    told = _s_client(https, authority, "-servername", name, "-verify_hostname", name, "-alpn", "h2,http/1.1")
    assert "Verify return code: 0 (ok)" in told
    assert "ALPN protocol: http/1.1" in told
    assert "Peer signing digest: SHA256" in told
    assert _names(_shown(https, name)) == [name]


@pytest.mark.parametrize("name", [None, "www.example.com", "iprofiles.apple.com", "apple.com"])
def test_whoever_names_nobody_we_know_is_shown_all_names(https: Listener, name: str | None) -> None:
    assert _names(_shown(https, name)) == list(default_hosts())


def test_the_case_of_a_name_does_not_matter(https: Listener) -> None:
    assert _names(_shown(https, "MdmEnrollment.Apple.com")) == ["mdmenrollment.apple.com"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", *machine_names()[3:], "api-school.apple.com"])
def test_pythons_strict_verification_accepts_it(https: Listener, authority: Authority, host: str) -> None:
    context = ssl.create_default_context(cadata=authority.certificate.decode())
    context.verify_flags |= (
        ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    )  # as Python 3.13 and later do
    assert host in _names(_shown(https, host, context))


def test_a_client_that_does_not_trust_us_ends_the_handshake(https: Listener) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
        _shown(https, "localhost", ssl.create_default_context())


def test_old_protocol_versions_are_refused(https: Listener, authority: Authority) -> None:
    for version, accepted in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        told = _s_client(
            https, authority, version, "-cipher", "DEFAULT:@SECLEVEL=0", "-servername", "localhost"
        )
        assert ("no peer certificate available" not in told) is accepted


@pytest.mark.parametrize(
    "url", ["https://localhost:{}/a", "https://127.0.0.1:{}/a", "https://account.apple.com:{}/a"]
)
def test_curl_accepts_it(https: Listener, authority: Authority, url: str) -> None:
    resolved = f"account.apple.com:{https.port}:127.0.0.1"
    command = ["curl", "-sS", "--cacert", str(authority.certificate_file), "--resolve", resolved]
    answer = subprocess.run(
        [*command, url.format(https.port)], capture_output=True, timeout=20, check=True
    ).stdout
    told = json.loads(answer)
    assert (told["scheme"], told["path"]) == ("https", "/a")


def test_requests_accepts_it(https: Listener, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate_file))
    with requests.Session() as session:
        for _ in range(2):
            assert session.get(f"{https.origin}/b", timeout=10).json()["path"] == "/b"


def test_certificates_are_replaced_while_serving(listen: Listen, tmp_path: Path) -> None:
    now = [wall_clock()]
    authority = Authority(tmp_path / "authority", lambda: now[0], os.urandom)
    listener = listen(ssl_context=server_context(authority, ["localhost", "127.0.0.1"]))
    before = [_shown(listener, name) for name in ("localhost", None)]
    assert [_shown(listener, name) for name in ("localhost", None)] == before
    now[0] += 366 * DAY
    after = [_shown(listener, name) for name in ("localhost", None)]
    for old, new in zip(before, after, strict=True):
        assert new.not_valid_after_utc > old.not_valid_after_utc
        assert _names(new) == _names(old)


def test_a_name_that_no_certificate_can_hold_is_refused_at_once(authority: Authority) -> None:
    with pytest.raises(ValueError, match="'not a host' is not a host name"):
        server_context(authority, ["localhost", "not a host"])


def _client_identity(folder: Path, authority: ec.EllipticCurvePrivateKey, subject: str) -> str:
    """Give a file with a key and a client's certificate signed by `authority`."""
    own = new_key()
    when = term(wall_clock(), LIFE)
    issuer = authority_certificate(authority, when, bytes(16)).subject
    made = (
        x509.CertificateBuilder(issuer, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(when.start)
        .not_valid_after(when.end)
        .sign(authority, hashes.SHA256())
    )
    path = folder / f"{subject}.pem"
    path.write_bytes(key_pem(own) + certificate_pem(made))
    return str(path)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", ["api-applecareconnect.apple.com", "127.0.0.1"])
def test_a_clients_certificate_reaches_the_application(
    listen: Listen, authority: Authority, tmp_path: Path, name: str, version: ssl.TLSVersion
) -> None:
    key = new_key()
    trusted = certificate_pem(authority_certificate(key, term(wall_clock(), LIFE), os.urandom(16)))
    listener = listen(ssl_context=server_context(authority, default_hosts(), trusted))

    def ask(identity: str | None) -> Any:
        context = ssl.create_default_context(cadata=authority.certificate.decode())
        context.maximum_version = version
        if identity:
            context.load_cert_chain(identity)
        with (
            socket.create_connection(("127.0.0.1", listener.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=name) as connection,
        ):
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b""
            while part := connection.recv(65_536):
                answer += part
        if not answer:  # how a handshake that the server ends looks to a TLS 1.3 client
            raise ConnectionResetError
        return json.loads(answer.partition(b"\r\n\r\n")[2])["certificates"]

    assert ask(None) == []
    (shown,) = ask(_client_identity(tmp_path, key, "supplier.example"))
    subject = x509.load_pem_x509_certificate(shown.encode()).subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "supplier.example"
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        ask(_client_identity(tmp_path, new_key(), "stranger.example"))


def test_a_listener_that_asks_for_none_hands_on_no_certificate(https: Listener, authority: Authority) -> None:
    answer = requests.get(https.origin, verify=str(authority.certificate_file), timeout=10).json()
    assert answer["certificates"] == []


def test_every_client_host_leads_to_a_face() -> None:
    for host in CLIENT_HOSTS:
        assert face_of(host.name) == face_of(host.name.upper() + ".") == host.face
        assert canonical(host.name) == host.name
        assert (Path(__file__).parents[2] / "src" / "pomona" / host.face).is_dir()
    assert not [name for name in (*NOT_SERVED, "apple.com", "localhost", "") if face_of(name)]
