import plistlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pomona.formats import cms, mobileconfig, plists
from pomona.formats.mobileconfig import EnrollmentMode, MalformedProfile, ScepSettings
from tests.formats.support import identity, openssl

ROOT = identity("rsa2048-root", "root", ca=True)
SCEP = mobileconfig.scep_payload(
    url="https://mdm.example.com/manage/acme/scep",
    challenge="one-time",
    subject=[("O", "Acme"), ("CN", "POMO0001")],
    name="Acme",
    ca_fingerprint=b"\1" * 20,
    identifier="example.acme.scep",
    uuid="A",
)


def mdm(mode: EnrollmentMode | None = None, account: str = "", **more: Any) -> dict[str, Any]:
    return mobileconfig.mdm_payload(
        identity_uuid="A",
        topic="com.apple.mgmt.External.1",
        server_url="https://mdm.example.com/manage/acme/connect",
        identifier="example.acme.mdm",
        uuid="B",
        enrollment_mode=mode,
        assigned_managed_apple_id=account,
        **more,
    )


def profile(payload: dict[str, Any]) -> dict[str, Any]:
    root = mobileconfig.root_certificate_payload(ROOT.der, identifier="example.acme.root", uuid="C")
    return mobileconfig.enrolment_profile(
        scep=SCEP,
        mdm=payload,
        roots=[root],
        identifier="example.acme.enrolment",
        uuid="D",
        display_name="Acme",
        organization="Acme GmbH",
        description="Manages this device",
    )


def through_xml(value: dict[str, Any]) -> dict[str, Any]:
    read = plistlib.loads(plists.dumps(value))
    assert isinstance(read, dict)
    return read


def test_the_order_and_the_keys() -> None:
    built = through_xml(profile(mdm(checkin_url="https://mdm.example.com/checkin")))
    assert built["PayloadType"] == "Configuration"
    assert built["PayloadScope"] == "System"
    kinds = [payload["PayloadType"] for payload in built["PayloadContent"]]
    assert kinds == ["com.apple.security.scep", "com.apple.mdm", "com.apple.security.root"]
    scep = built["PayloadContent"][0]["PayloadContent"]
    assert (scep["Keysize"], scep["Key Type"], scep["Key Usage"]) == (2048, "RSA", 5)
    assert scep["Subject"] == [[["O", "Acme"]], [["CN", "POMO0001"]]]
    assert built["PayloadContent"][1]["AccessRights"] == 8191
    assert built["PayloadContent"][2]["PayloadContent"] == ROOT.der
    for payload in [built, *built["PayloadContent"]]:
        assert payload["PayloadVersion"] == 1
        assert {"PayloadIdentifier", "PayloadUUID", "PayloadDisplayName"} <= set(payload)


def test_the_device_reads_it() -> None:
    read = mobileconfig.read_enrolment(through_xml(profile(mdm())))
    assert read.scep == ScepSettings(
        url="https://mdm.example.com/manage/acme/scep",
        challenge="one-time",
        key_size=2048,
        subject=(("O", "Acme"), ("CN", "POMO0001")),
        payload_uuid="A",
    )
    assert (read.server_url, read.checkin_url) == ("https://mdm.example.com/manage/acme/connect",) * 2
    assert (read.identifier, read.topic, read.access_rights) == (
        "example.acme.enrolment",
        "com.apple.mgmt.External.1",
        8191,
    )
    assert read.sign_message
    assert read.check_out_when_removed
    assert "com.apple.mdm.token" in read.server_capabilities
    assert read.anchors == (ROOT.der,)
    assert "one-time" not in repr(read)


@pytest.mark.parametrize("mode", ["BYOD", "ADDE"])
def test_account_driven(mode: EnrollmentMode) -> None:
    read = mobileconfig.read_enrolment(profile(mdm(mode, "ada@acme.example")))
    assert (read.enrollment_mode, read.assigned_managed_apple_id) == (mode, "ada@acme.example")
    assert read.access_rights == (None if mode == "BYOD" else 8191)
    mobileconfig.check_mode(read, mode)
    with pytest.raises(MalformedProfile, match=f"EnrollmentMode is {mode}; expected none"):
        mobileconfig.check_mode(read, "")


def test_when_a_device_gives_up() -> None:
    with pytest.raises(MalformedProfile, match="EnrollmentMode is none; expected BYOD"):
        mobileconfig.check_mode(mobileconfig.read_enrolment(profile(mdm())), "BYOD")
    with_rights = mdm("BYOD", "ada@acme.example") | {"AccessRights": 1}
    with pytest.raises(MalformedProfile, match="AccessRights must be absent"):
        mobileconfig.check_mode(mobileconfig.read_enrolment(profile(with_rights)), "BYOD")
    nobody = mdm("BYOD", "ada@acme.example") | {"AssignedManagedAppleID": ""}
    with pytest.raises(MalformedProfile, match="AssignedManagedAppleID is missing"):
        mobileconfig.check_mode(mobileconfig.read_enrolment(profile(nobody)), "BYOD")
    mobileconfig.check_mode(mobileconfig.read_enrolment(profile(mdm())), "")


def test_builders_refuse_what_no_device_installs() -> None:
    with pytest.raises(ValueError, match=r"com\.apple\.mgmt"):
        mobileconfig.mdm_payload(identity_uuid="A", topic="x", server_url="u", identifier="i", uuid="B")
    with pytest.raises(ValueError, match="both a mode"):
        mdm("BYOD", "")
    with pytest.raises(ValueError, match="both a mode"):
        mdm(None, "ada@acme.example")
    with pytest.raises(ValueError, match="PayloadUUID"):
        profile(mdm() | {"IdentityCertificateUUID": "other"})


def test_other_services_order_payloads_otherwise() -> None:
    built = profile(mdm())
    built["PayloadContent"].reverse()
    built["PayloadContent"][0] |= {"PayloadType": "com.apple.security.pem", "PayloadContent": ROOT.pem}
    built["PayloadContent"].append({"PayloadType": "com.apple.wifi.managed"})
    del built["PayloadContent"][2]["PayloadContent"]["Keysize"]
    read = mobileconfig.read_enrolment(built)
    assert read.anchors == (ROOT.der,)
    assert read.scep.key_size == 1024


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("PayloadContent",), "x", "PayloadContent of profile is a str; expected list"),
        (("PayloadContent",), [], "0 payloads of type com.apple.mdm"),
        (("PayloadIdentifier",), None, "PayloadIdentifier of profile is missing"),
        (
            ("PayloadContent", 0, "PayloadType"),
            "com.apple.security.acme",
            "0 payloads of type com.apple.security.scep",
        ),
        (("PayloadContent", 0, "PayloadUUID"), "Z", "names no identity"),
        (("PayloadContent", 0, "PayloadContent", "URL"), None, "URL of com.apple.security.scep is missing"),
        (
            ("PayloadContent", 0, "PayloadContent", "Keysize"),
            True,
            "Keysize of com.apple.security.scep is a bool",
        ),
        (("PayloadContent", 0, "PayloadContent", "Subject"), [["CN"]], "Subject must be"),
        (("PayloadContent", 1, "ServerURL"), None, "ServerURL of com.apple.mdm is missing"),
        (("PayloadContent", 1, "SignMessage"), 1, "SignMessage of com.apple.mdm is a int; expected bool"),
        (("PayloadContent", 2, "PayloadContent"), b"junk", "is no certificate"),
    ],
)
def test_refusals_name_payload_and_key(path: tuple[Any, ...], value: Any, words: str) -> None:
    built: Any = plists.loads(plists.dumps(profile(mdm())))
    inner = built
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(MalformedProfile, match=words):
        mobileconfig.read_enrolment(built)


def test_signed_profiles(tmp_path: Path) -> None:
    leaf = identity("rsa2048", "signer", ROOT)
    data = plists.dumps(profile(mdm()))
    signed = cms.sign(data, leaf.der, leaf.key, chain=[ROOT.der])
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    verify = ("-verify", "-binary", "-inform", "DER", "-CAfile", tmp_path / "root.pem", "-purpose", "any")
    assert openssl("smime", *verify, stdin=signed) == data
    read, signature = mobileconfig.unwrap(signed)
    assert read == mobileconfig.unwrap(data)[0] == plists.loads(data)
    assert signature is not None
    assert signature.signer == leaf.der
    with pytest.raises(MalformedProfile, match="not an enrolment profile"):
        mobileconfig.unwrap(signed.replace(b"one-time", b"two-time"))


@settings(max_examples=30)
@given(st.binary(max_size=100), st.dictionaries(st.text(), st.lists(st.dictionaries(st.text(), st.text()))))
def test_anything_else_is_refused(data: bytes, plist: dict[str, Any]) -> None:
    with pytest.raises(MalformedProfile):
        mobileconfig.unwrap(data)
    with pytest.raises(MalformedProfile):
        mobileconfig.read_enrolment(plist)
