"""A service renews its own server token."""

from pathlib import Path

from pomona.registry import audit, services
from pomona.simulator.service_identity import load_or_make
from tests.device_assignment.support import Links
from tests.support.worlds import ADMIN

PATH = "/pomona/v1/service/token"
DAY = 86_400_000


def test_a_service_renews_its_token_if_it_may(link: Links, tmp_path: Path) -> None:
    linked = link()
    identity = load_or_make(tmp_path, "External")
    link.runtime.store.write_sync(
        lambda tx: services.update(
            tx, linked.service, certificate=(identity.certificate, "c.pem"), actor=ADMIN, now=linked.world.now
        )
    )
    assert linked.refused("POST", PATH) == (403, "ACCESS_DENIED")
    linked.switch(self_renewal=True)
    answer = linked.ok("POST", PATH)
    assert answer["file_name"].endswith("_smime.p7m")
    token = identity.open(answer["content"].encode())
    assert token.consumer_key == linked.issued.token.consumer_key
    assert token.access_token != linked.issued.token.access_token
    header = linked.authorization(
        consumer_secret=token.consumer_secret, token=token.access_token, token_secret=token.access_secret
    )
    assert linked.open(header).status_code == 200
    assert linked.open().status_code == 200, "the old one works a day more"
    link.runtime.clock.offset = DAY + 60_000
    assert linked.open().text == "signature_invalid"
    newest = link.runtime.store.read_sync(lambda tx: audit.newest(tx, linked.world.id))[0]
    assert (newest.type, newest.actor.kind) == ("SERVICE_TOKEN_RENEWED", "MDM")
