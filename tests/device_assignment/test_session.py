"""Sessions from server tokens: whose are refused and why, and how sessions end."""

import httpx
import pytest

from pomona.device_assignment.routes import app
from pomona.registry import organizations, sessions, switches, tokens
from pomona.registry.errors import Invalid
from pomona.runtime import Runtime
from tests.device_assignment.support import Links
from tests.support.serving import Serve
from tests.support.worlds import ADMIN

MINUTE = 60_000
DAY = 86_400_000


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.text


def test_credentials_that_were_never_issued(link: Links) -> None:
    linked, other = link(), link("Other")
    assert refusal(linked.open(linked.authorization(consumer_key="CK_00"))) == (401, "consumer_key_unknown")
    assert refusal(linked.open(linked.authorization(token="AT_O1O00O0"))) == (401, "token_rejected")
    foreign = linked.authorization(token=other.issued.token.access_token)
    assert refusal(linked.open(foreign)) == (401, "token_rejected")
    assert refusal(linked.open(linked.authorization(consumer_secret="CS_00"))) == (403, "signature_invalid")
    assert refusal(linked.open(linked.authorization(token_secret="AS_00"))) == (403, "signature_invalid")


def test_timestamps_are_judged_by_the_wall_clock_and_not_by_the_laboratory_s(link: Links) -> None:
    linked = link()
    now = link.runtime.clock.wall() // 1000
    assert refusal(linked.open(linked.authorization(timestamp=now - 310))) == (401, "timestamp_refused")
    assert refusal(linked.open(linked.authorization(timestamp=now + 310))) == (401, "timestamp_refused")
    assert linked.open(linked.authorization(timestamp=now - 250)).status_code == 200
    assert linked.open(linked.authorization(timestamp=now + 250)).status_code == 200
    link.runtime.clock.offset = 30 * DAY
    assert linked.open().status_code == 200


def test_a_nonce_counts_once_per_token_and_time(link: Links) -> None:
    linked, other = link(), link("Other")
    now = link.runtime.clock.wall() // 1000
    assert linked.open(linked.authorization(timestamp=now, nonce="n")).status_code == 200
    assert refusal(linked.open(linked.authorization(timestamp=now, nonce="n"))) == (401, "nonce_used")
    assert linked.open(linked.authorization(timestamp=now - 1, nonce="n")).status_code == 200
    assert other.open(other.authorization(timestamp=now, nonce="n")).status_code == 200
    wrong = linked.authorization(timestamp=now, nonce="m", consumer_secret="CS_00")
    assert refusal(linked.open(wrong)) == (403, "signature_invalid")
    assert linked.open(linked.authorization(timestamp=now, nonce="m")).status_code == 200


def test_a_renewed_token_ends_the_old_one_and_its_sessions(link: Links) -> None:
    linked = link()
    session, old = linked.session, linked.issued
    new = linked.renew()
    assert linked.refused("GET", "/account") == (401, "UNAUTHORIZED")
    assert refusal(linked.open()) == (403, "signature_invalid")
    linked.use(new)
    assert linked.ok("GET", "/account")["server_name"] == "Main"
    assert new.token.consumer_key == old.token.consumer_key
    assert linked.session != session


def test_during_an_overlap_both_tokens_work(link: Links) -> None:
    linked = link()
    new = linked.renew(overlap=DAY)
    assert linked.ok("GET", "/account")
    assert linked.open().status_code == 200
    old = linked.issued
    linked.use(new)
    assert linked.open().status_code == 200
    linked.use(old)
    link.runtime.clock.offset = DAY + MINUTE
    assert refusal(linked.open()) == (403, "signature_invalid")


def test_a_revoked_token_is_rejected_and_its_sessions_end(link: Links) -> None:
    linked = link()
    assert linked.session
    link.runtime.store.write_sync(
        lambda tx: tokens.revoke(tx, linked.service, actor=ADMIN, now=link.runtime.clock.now())
    )
    assert linked.refused("POST", "/server/devices", {}) == (401, "UNAUTHORIZED")
    assert refusal(linked.open()) == (401, "token_rejected")


def test_a_token_expires_after_a_year(link: Links) -> None:
    linked = link()
    link.runtime.clock.offset = 364 * DAY
    assert linked.session
    link.runtime.clock.offset = 365 * DAY
    assert refusal(linked.open()) == (401, "token_expired")


def test_pending_terms_block_at_the_session_and_their_acceptance_unblocks(link: Links) -> None:
    linked = link()
    assert linked.session

    def terms(pending: bool) -> None:
        link.runtime.store.write_sync(
            lambda tx: organizations.set_terms_pending(
                tx, linked.world.id, pending, actor=ADMIN, now=link.runtime.clock.now()
            )
        )

    terms(True)
    assert linked.refused("GET", "/account") == (401, "UNAUTHORIZED")
    assert refusal(linked.open()) == (403, "T_C_NOT_SIGNED")
    terms(False)
    assert linked.ok("GET", "/account")


def test_access_may_be_denied_by_a_switch(link: Links) -> None:
    linked = link()
    assert linked.session
    linked.switch(deny_access=True)
    assert linked.refused("GET", "/account") == (401, "UNAUTHORIZED")
    assert refusal(linked.open()) == (403, "ACCESS_DENIED")
    linked.switch(deny_access=False)
    assert linked.ok("GET", "/account")


def test_sessions_live_side_by_side_and_across_restarts(link: Links, runtime: Runtime, serve: Serve) -> None:
    linked = link()
    first, second = (linked.open().json()["auth_session_token"] for _ in range(2))
    assert first != second
    for origin in (linked.origin, serve(app(runtime))):
        for session in (first, second):
            answer = httpx.get(f"{origin}/account", headers={"X-ADM-Auth-Session": session})
            assert answer.status_code == 200


def test_a_session_ends_after_thirty_minutes(link: Links) -> None:
    linked = link()
    assert linked.session
    link.runtime.clock.offset = 29 * MINUTE
    assert linked.ok("GET", "/account")
    link.runtime.clock.offset = 30 * MINUTE
    assert linked.refused("GET", "/account") == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("session", ["", "nonsense", "A" * 70, "é"])
def test_what_is_no_session_is_forbidden(link: Links, session: str) -> None:
    linked = link()
    headers = {b"X-ADM-Auth-Session": session.encode()} if session else {}
    answer = linked.http.get("/account", headers=headers)
    assert (answer.status_code, answer.text) == (403, "FORBIDDEN")


def test_the_session_is_shown_again_and_rotates_only_when_asked_for(link: Links) -> None:
    linked = link()
    before = linked.session
    assert linked.call("GET", "/account").headers["x-adm-auth-session"] == before
    linked.switch(rotate_session=True)
    after = linked.call("GET", "/account").headers["x-adm-auth-session"]
    assert after != before
    assert linked.call("GET", "/account").status_code == 200, "the old one stays valid"
    linked._session = after
    assert linked.call("GET", "/account").status_code == 200


def test_a_session_of_a_database_that_was_set_back_is_none_of_another_token(link: Links) -> None:
    linked = link()
    assert linked.session
    link.runtime.store.write_sync(lambda tx: tx.execute("UPDATE server_token SET issued_at = issued_at + 1"))
    assert linked.refused("GET", "/account") == (401, "UNAUTHORIZED")


def test_the_last_contact_and_the_last_refusal_are_noted(link: Links) -> None:
    linked = link()
    assert linked.ok("GET", "/account")
    service = linked.eventually(lambda: linked.world.reread(linked.service), lambda found: found.connected_at)
    assert service.connected_from == "127.0.0.1"
    link.runtime.clock.offset = 2 * MINUTE
    linked.switch(deny_access=True)
    assert linked.open().status_code == 403
    read = link.runtime.store.read_sync
    refused = linked.eventually(lambda: read(lambda tx: sessions.last_refusal(tx, service.id)), bool)
    assert refused is not None
    assert "deny_access" in refused.because
    linked.switch(deny_access=False)
    link.runtime.clock.offset = 4 * MINUTE
    assert linked.open().status_code == 200
    linked.eventually(
        lambda: read(lambda tx: sessions.last_refusal(tx, service.id)), lambda found: found is None
    )


def test_old_nonces_are_forgotten(link: Links) -> None:
    linked = link()
    assert linked.open().status_code == 200
    later = link.runtime.clock.wall() + 16 * MINUTE
    write = link.runtime.store.write_sync
    assert write(lambda tx: sessions.use_nonce(tx, linked.issued.token.id, "n", later, wall=later))
    assert link.runtime.store.read_sync(lambda tx: tx.value("SELECT count(*) FROM nonce")) == 1


def test_switches_are_checked_when_they_are_set(link: Links) -> None:
    linked = link()
    for wrong in (
        {"same_service": "maybe"},
        {"no_such": 1},
        {"reject_user_agent": "("},
        {"assign_limit": -1},
    ):
        with pytest.raises(Invalid):
            linked.switch(**wrong)
    assert switches.changed(linked.switch(move_as_modified=True)) == {"move_as_modified": True}
