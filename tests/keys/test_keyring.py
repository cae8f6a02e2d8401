"""Sealing, signing, the master key's file, passwords."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pomona.keys.keyring import BadSeal, KeyRing, encode, token_hash
from pomona.keys.master import MasterKeyProblem, load_or_make
from pomona.keys.passwords import check_password, hash_password
from pomona.keys.randomness import seeded, system_rng, uuid4

RING = KeyRing(bytes(range(32)))
OTHER = KeyRing(bytes(range(1, 33)))


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_what_is_sealed_opens_for_its_purpose_only(plain: bytes, bound: bytes) -> None:
    sealed = RING.seal("token", plain, system_rng, bound)
    assert RING.open("token", sealed, bound) == plain
    for ring, purpose, to in (
        (RING, "cursor", bound),
        (OTHER, "token", bound),
        (RING, "token", bound + b"x"),
    ):
        with pytest.raises(BadSeal):
            ring.open(purpose, sealed, to)


@given(st.binary(max_size=60), st.data())
def test_a_changed_bit_is_noticed(plain: bytes, data: st.DataObject) -> None:
    for text, read in (
        (RING.seal_text("t", plain, system_rng), RING.open_text),
        (RING.sign_text("t", plain), RING.verify_text),
    ):
        assert read("t", text) == plain
        at = data.draw(st.integers(0, len(text) - 2))
        changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        with pytest.raises(BadSeal):
            read("t", changed)


@pytest.mark.parametrize("text", ["", "A", "?", "é", "=====", "AAAA", "AAAA" * 5, "\x00"])
def test_rubbish_is_no_token(text: str) -> None:
    with pytest.raises(BadSeal):
        RING.open_text("t", text)
    with pytest.raises(BadSeal):
        RING.verify_text("t", text)


def test_nothing_of_the_key_is_shown() -> None:
    assert "00010203" not in repr(RING)
    assert RING.fingerprint in repr(RING)
    assert RING.fingerprint != OTHER.fingerprint


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        KeyRing(b"short")


def test_the_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "secret.key"
    made = load_or_make(None, file, seeded(1))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_or_make(None, file, seeded(2)).fingerprint == made.fingerprint


def test_the_setting_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    load_or_make(None, file, seeded(1))
    assert load_or_make(encode(bytes(range(32))), file, system_rng).fingerprint == RING.fingerprint


def test_unusable_keys_are_named(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_text("too short\n")
    with pytest.raises(MasterKeyProblem, match="holds no master key; expected 43"):
        load_or_make(None, file, system_rng)
    with pytest.raises(MasterKeyProblem, match="the setting secret_key"):
        load_or_make("abc", tmp_path / "other", system_rng)


def test_passwords() -> None:
    stored = hash_password("correct horse")
    assert check_password(stored, "correct horse")
    assert not check_password(stored, "Correct horse")
    assert not check_password(None, "anything")
    assert not check_password("not a hash", "anything")


def test_identifiers_have_their_shapes() -> None:
    text = uuid4(seeded(3))
    assert text == uuid4(seeded(3))
    assert (len(text), text[14], text[19] in "89ab") == (36, "4", True)
    assert token_hash("a") == token_hash("a") != token_hash("b")
