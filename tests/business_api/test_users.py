"""`users`: managed accounts, as pyaxm's own classes read them."""

from typing import Any

from pyaxm.models import UserResponse, UsersResponse

from pomona.business_api.users import USERS
from pomona.registry import people
from pomona.registry.people import Person, Status
from tests.business_api.support import Client, refused
from tests.support.worlds import ADMIN, World


def employ(world: World, name: str, *, managed: bool = True, password: str | None = "hash") -> Person:
    """Adds somebody to the organisation's reserved domain."""

    def work(tx: Any) -> Person:
        return people.add(
            tx, world.id, f"{name}@{world.organization.slug}.pomona.test", first_name=name.title(), last_name="Miller",
            role="STAFF", password_hash=password, managed=managed, actor=ADMIN, now=world.now, rng=world.rng,
        )  # fmt: skip

    return world.store.write_sync(work)


def set_status(world: World, person: Person, status: Status) -> None:
    """Locks, unlocks or retires somebody."""
    world.store.write_sync(lambda tx: people.set_status(tx, person, status, actor=ADMIN, now=world.tick()))


def test_managed_accounts_and_their_states(client: Client, world: World) -> None:
    ann, ben, cid, dan = (employ(world, name) for name in ("ann", "ben", "cid", "dan"))
    eve = employ(world, "eve", password=None)
    only_here = employ(world, "root", managed=False)
    set_status(world, ben, Status.LOCKED)
    set_status(world, cid, Status.INACTIVE)
    answer = client.get("users").json()
    found = UsersResponse.model_validate(answer).data
    assert [each.id for each in found] == [each.uuid for each in (ann, ben, cid, dan, eve)]
    statuses = [each["attributes"]["status"] for each in answer["data"]]
    assert statuses == ["ACTIVE", "LOCKED", "DEACTIVATED", "ACTIVE", "NEW"]
    refused(client.get(f"users/{only_here.uuid}"), 404, "NOT_FOUND")
    set_status(world, ben, Status.ACTIVE)
    assert client.get(f"users/{ben.uuid}").json()["data"]["attributes"]["status"] == "ACTIVE"


def test_one_user(client: Client, world: World) -> None:
    ann = employ(world, "ann")
    answer = client.get(f"users/{ann.uuid}").json()
    UserResponse.model_validate(answer)
    told = answer["data"]["attributes"]
    assert tuple(told) == USERS.attributes
    assert answer["data"]["links"]["self"] == f"{client.origin}/v1/users/{ann.uuid}"
    assert (told["firstName"], told["lastName"], told["managedAppleAccount"]) == ("Ann", "Miller", ann.email)
    assert told["roleOuList"] == [{"roleName": "STAFF", "ouId": world.organization.number}]
    assert (told["isExternalUser"], told["phoneNumbers"], told["department"]) == (False, [], None)


def test_pages_fields_and_what_is_refused(client: Client, world: World) -> None:
    names = ("ann", "ben", "cid", "dan", "eve")
    everybody = [employ(world, name, managed=name != "cid").uuid for name in names]
    pages = client.pages("users?limit=2&fields[users]=email,status")
    shown = [each for page in pages for each in page["data"]]
    assert [each["id"] for each in shown] == [*everybody[:2], *everybody[3:]]
    assert {tuple(each["attributes"]) for each in shown} == {("status", "email")}
    for name, value in (
        (USERS.parameter, "name"),
        ("filter[email]", "x"),
        ("cursor", "x"),
        ("include", "roles"),
    ):
        refused(client.get("users", **{name: value}), 400, "PARAMETER_ERROR.INVALID", parameter=name)
    for method in ("POST", "PATCH", "DELETE"):
        detail = refused(client.send(method, "users", json={}), 403, "FORBIDDEN_ERROR")
        assert detail.endswith("Allowed operations are: GET_COLLECTION, GET_INSTANCE")
    refused(client.get("users/nobody"), 404, "NOT_FOUND")
