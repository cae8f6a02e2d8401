"""`pomona api-account`: programs' accounts in the Apple Business API, and their keys."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli.api_key_files import new_key
from pomona.cli.context import Organization_, installation, organization
from pomona.cli.output import Json, refuse, say, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.registry.api_accounts import ApiAccount, ApiKey
    from pomona.store import Tx

app = typer.Typer(
    no_args_is_help=True, help="API accounts: what programs sign in to the Business API with. Up to 50."
)

ClientId = Annotated[str, typer.Argument(help="Client id of the account.")]
KeyFile = Annotated[
    Path | None, typer.Option("--key", help="File for the new private key; it is kept nowhere else.")
]
PublicKey = Annotated[
    Path | None, typer.Option("--public-key", help="PEM file of a public key of yours, instead of a new one.")
]
Form = Annotated[str, typer.Option("--form", help="Spelling of the private key: sec1, pkcs8 or apple.")]
Permissions = Annotated[
    list[str] | None,
    typer.Option(
        "--permission",
        help="read, assign, release, services, devices, blueprints or webhooks; may be repeated. Default all.",
    ),
]

_COLUMNS = ("client_id", "name", "kind", "permissions", "keys", "last_used", "created")


@app.command("create")
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name, as people know the program.")],
    key: KeyFile = None,
    public_key: PublicKey = None,
    form: Form = "sec1",
    permission: Permissions = None,
    school: Annotated[bool, typer.Option("--school", help="For the School API.")] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Make an account with a key: writes the private key to a file, prints client id and key id."""
    from pomona.registry import api_accounts
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        with new_key(key, public_key, form, runtime.rng) as public:
            account, made = runtime.store.write_sync(
                lambda tx: api_accounts.create(
                    tx,
                    owner.id,
                    name,
                    kind="SCHOOL" if school else "BUSINESS",
                    permissions=permission or api_accounts.PERMISSIONS,
                    public_key=public,
                    actor=OPERATOR,
                    now=runtime.clock.now(),
                    rng=runtime.rng,
                )
            )
    assert made is not None
    show_record(account.name, _new(account, made, key), as_json)


@app.command("key")
def add_key(
    ctx: typer.Context,
    client_id: ClientId,
    key: KeyFile = None,
    public_key: PublicKey = None,
    form: Form = "sec1",
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Give an account one more key; the others go on working until they are revoked."""
    from pomona.registry import api_accounts
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        account = runtime.store.read_sync(lambda tx: api_accounts.get(tx, owner.id, client_id))
        with new_key(key, public_key, form, runtime.rng) as public:
            made = runtime.store.write_sync(
                lambda tx: api_accounts.add_key(
                    tx, account, public, actor=OPERATOR, now=runtime.clock.now(), rng=runtime.rng
                )
            )
    show_record(account.name, _new(account, made, key), as_json)


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List accounts, their permissions, their keys and when they were last used."""
    from pomona.registry import api_accounts

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        accounts = runtime.store.read_sync(lambda tx: api_accounts.of_organization(tx, owner.id))
        rows = [
            _record(account, runtime.store.read_sync(lambda tx: api_accounts.keys(tx, account.id)))  # noqa: B023
            for account in accounts
        ]
    if not as_json:
        rows = [
            row | {"keys": "\n".join(row["keys"]), "permissions": ", ".join(row["permissions"])}
            for row in rows
        ]
    show_list("API accounts", rows, as_json, columns=_COLUMNS)


@app.command("change")
def change(
    ctx: typer.Context,
    client_id: ClientId,
    name: Annotated[str | None, typer.Option(help="New name.")] = None,
    permission: Permissions = None,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Change an account's name, or what it may do from its next request on."""
    from pomona.registry import api_accounts
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        account = runtime.store.read_sync(lambda tx: api_accounts.get(tx, owner.id, client_id))
        changed = runtime.store.write_sync(
            lambda tx: api_accounts.change(
                tx, account, name=name, permissions=permission, actor=OPERATOR, now=runtime.clock.now()
            )
        )
        keys = runtime.store.read_sync(lambda tx: api_accounts.keys(tx, changed.id))
    show_record(changed.name, _record(changed, keys), as_json)


@app.command("revoke")
def revoke(
    ctx: typer.Context,
    client_id: ClientId,
    key_id: Annotated[
        str | None, typer.Option("--key-id", help="Only this key; default all of them.")
    ] = None,
    org: Organization_ = None,
) -> None:
    """Revoke an account's keys: tokens made with them are refused from the next request on."""
    from pomona.registry import api_accounts
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        account = runtime.store.read_sync(lambda tx: api_accounts.get(tx, owner.id, client_id))
        keys = runtime.store.read_sync(lambda tx: api_accounts.keys(tx, account.id))
        chosen = [key_id] if key_id else [key.key_id for key in keys]
        if not chosen:
            refuse(f"the account {account.client_id} has no key")

        def revoke_them(tx: "Tx") -> None:
            for each in chosen:
                api_accounts.revoke_key(tx, account, each, actor=OPERATOR, now=runtime.clock.now())

        runtime.store.write_sync(revoke_them)
    for each in chosen:
        say(f"revoked key {each} of {account.name}")


@app.command("delete")
def delete(ctx: typer.Context, client_id: ClientId, org: Organization_ = None) -> None:
    """Delete an account with its keys; its tokens are refused from the next request on."""
    from pomona.registry import api_accounts
    from pomona.registry.actors import OPERATOR

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        account = runtime.store.read_sync(lambda tx: api_accounts.get(tx, owner.id, client_id))
        runtime.store.write_sync(
            lambda tx: api_accounts.delete(tx, account, actor=OPERATOR, now=runtime.clock.now())
        )
    say(f"deleted {account.name}")


def _new(account: "ApiAccount", key: "ApiKey", file: Path | None) -> dict[str, Any]:
    record: dict[str, Any] = {
        "client_id": account.client_id,
        "key_id": key.key_id,
        "name": account.name,
        "scope": "school.api" if account.kind == "SCHOOL" else "business.api",
        "permissions": ", ".join(sorted(account.permissions)),
    }
    return record if file is None else record | {"private_key": str(file)}


def _record(account: "ApiAccount", keys: "list[ApiKey]") -> dict[str, Any]:
    return {
        "client_id": account.client_id,
        "name": account.name,
        "kind": account.kind,
        "permissions": sorted(account.permissions),
        "keys": [key.key_id for key in keys],
        "last_used": when(max((key.used_at or 0 for key in keys), default=0) or None) or None,
        "created": when(account.created_at),
    }
