"""`pomona service`: device management services, their tokens and what goes to them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pomona.cli import service_link, service_token
from pomona.cli.context import Organization_, finish, installation, organization
from pomona.cli.output import Json, refuse, say, show_list, show_record, when

if TYPE_CHECKING:
    from pomona.catalogue.kinds import Kind
    from pomona.registry.services import Service
    from pomona.registry.tokens import Token
    from pomona.runtime import Runtime
    from pomona.store import Tx

app = typer.Typer(
    no_args_is_help=True,
    help="Device management services: link them, give them tokens, decide what goes to them.",
)
app.command("add")(service_link.add)
app.command("change")(service_link.change)
app.command("release-right")(service_link.release_right)
app.command("switch")(service_link.switch)
app.command("token")(service_token.token)
app.command("renew")(service_token.renew)
app.command("revoke")(service_token.revoke)

Name = Annotated[str, typer.Argument(help="Name or id of the service.")]


@app.command("list")
def list_(ctx: typer.Context, org: Organization_ = None, as_json: Json = False) -> None:
    """List services with their devices, last contact and how long their tokens last."""
    from pomona.registry import services, tokens

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        now = runtime.clock.now()
        found = runtime.store.read_sync(lambda tx: services.of_organization(tx, owner.id))
        newest = runtime.store.read_sync(lambda tx: tokens.newest_of(tx, [each.id for each in found]))
    rows = [_line(service, newest.get(service.id), now) for service in found]
    show_list("Services", rows, as_json, columns=("id", "name", "kind", "devices", "last_contact", "token"))


@app.command("show")
def show(ctx: typer.Context, name: Name, org: Organization_ = None, as_json: Json = False) -> None:
    """Show one service: its rights, contacts, last refusal, switches, tokens and profiles."""
    from pomona.registry import services

    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        service = runtime.store.read_sync(lambda tx: services.find(tx, owner.id, name))
        record = _record(runtime, service)
    show_record(service.name, record, as_json)


@app.command("default")
def default(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Name or id of the service; see also --none.")] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(help="iPhone, iPad, Mac, AppleTV, Watch or Vision; may be repeated."),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Leave new devices of the family unassigned.")] = False,
    org: Organization_ = None,
    as_json: Json = False,
) -> None:
    """Show, or decide, which service takes new devices of each kind. Devices that are here already stay."""
    from pomona.catalogue.kinds import Kind
    from pomona.registry import services
    from pomona.registry.actors import OPERATOR

    if (family is None) != (name is None and not none) or (none and name is not None):
        refuse("give a service, or --none, together with --family; or nothing at all to see how it stands")
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        service = (
            None if name is None else runtime.store.read_sync(lambda tx: services.find(tx, owner.id, name))
        )
        wanted = [_kind(text).name for text in family or ()]

        def set_all(tx: "Tx") -> None:
            for each in wanted:
                services.set_default(tx, owner.id, each, service, actor=OPERATOR, now=runtime.clock.now())

        runtime.store.write_sync(set_all)
        chosen = runtime.store.read_sync(lambda tx: services.defaults(tx, owner.id))
        names = {
            each.id: each.name
            for each in runtime.store.read_sync(lambda tx: services.of_organization(tx, owner.id))
        }
    rows = [{"family": kind.name, "service": names.get(chosen.get(kind.name, 0))} for kind in Kind]
    show_list("Default assignment", rows, as_json)


@app.command("delete")
def delete(
    ctx: typer.Context,
    name: Name,
    reassign_to: Annotated[str | None, typer.Option(help="The service that takes its devices.")] = None,
    unassign: Annotated[
        bool, typer.Option("--unassign", help="Leave its devices without a service.")
    ] = False,
    org: Organization_ = None,
) -> None:
    """Delete a service. While it has devices, say where they go: the move is an activity with a log."""
    from pomona.registry import retirement, services
    from pomona.registry.actors import OPERATOR

    if reassign_to is not None and unassign:
        refuse("choose one of --reassign-to and --unassign")
    with installation(ctx) as runtime:
        owner = organization(runtime, org)
        service = runtime.store.read_sync(lambda tx: services.find(tx, owner.id, name))
        target = (
            None
            if reassign_to is None
            else runtime.store.read_sync(lambda tx: services.find(tx, owner.id, reassign_to))
        )
        if service.device_count and target is None and not unassign:
            refuse(
                f"'{service.name}' has {service.device_count} devices; add --reassign-to SERVICE or --unassign"
            )
        activity = runtime.store.write_sync(
            lambda tx: retirement.retire(
                tx, service, target, actor=OPERATOR, now=runtime.clock.now(), rng=runtime.rng
            )
        )
        if activity is not None:
            done = finish(runtime, activity)
            say(f"activity {done.uuid}: {done.succeeded} devices, {done.sub_status}")
    typer.echo(f"{service.name}: deleted")


def _kind(text: str) -> "Kind":
    from pomona.catalogue.kinds import Kind

    try:
        return Kind.from_text(text)
    except ValueError as problem:
        refuse(problem)


def _line(service: "Service", token: "Token | None", now: int) -> dict[str, Any]:
    return {
        "id": service.uuid,
        "name": service.name,
        "kind": service.kind,
        "devices": service.device_count,
        "last_contact": when(service.connected_at),
        "token": "" if service.kind != "MDM" else service_token.state(token, now),
    }


def _record(runtime: "Runtime", service: "Service") -> dict[str, Any]:
    from pomona.formats.uploaded_certificate import warnings
    from pomona.registry import profiles, sessions, setup_panes, switches, tokens

    now = runtime.clock.now()
    issued, defined, refusal, set_ = runtime.store.read_sync(
        lambda tx: (
            tokens.of_service(tx, service.id),
            profiles.of_service(tx, service.id),
            sessions.last_refusal(tx, service.id),
            switches.of_service(tx, service.id),
        )
    )
    record: dict[str, Any] = {
        **_line(service, issued[0] if issued else None, now),
        "last_contact_from": service.connected_from,
        "may_release": service.may_release,
        "certificate": service.certificate_name,
        "certificate_warnings": warnings(service.certificate, at=_utc(now)) if service.certificate else [],
        "last_refusal": "" if refusal is None else f"{when(refusal.at)}: {refusal.because}",
        "discovery_url": service.discovery_url,
        "switches": switches.changed(set_),
        "profiles": [f"{profile.name} ({profile.uuid})" for profile in defined],
        "profile_warnings": [
            f"{profile.name}: {warning}"
            for profile in defined
            for warning in setup_panes.warnings(profile.document.get("skip_setup_items") or ())
        ],
        "created": when(service.created_at),
    }
    return record


def _utc(now: int) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(now / 1000, UTC)
