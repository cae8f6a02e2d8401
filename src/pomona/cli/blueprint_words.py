"""What a command line says of a blueprint's contents, made into public ids."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pomona.cli.serial_files import all_serials

if TYPE_CHECKING:
    from pomona.registry.blueprints import Links
    from pomona.store import Tx

Apps_ = Annotated[list[str] | None, typer.Option("--app", help="Number of an app; may be repeated.")]
Configurations_ = Annotated[
    list[str] | None,
    typer.Option("--configuration", help="Name or id of a configuration; may be repeated."),
]
Packages_ = Annotated[
    list[str] | None, typer.Option("--package", help="Name or id of a package; may be repeated.")
]
Devices_ = Annotated[
    list[str] | None, typer.Option("--device", help="Serial number of a device; may be repeated.")
]
File_ = Annotated[
    Path | None, typer.Option("--devices", help="File with serial numbers, one a line or a column of a CSV.")
]
Users_ = Annotated[
    list[str] | None, typer.Option("--user", help="Account name of a person; may be repeated.")
]
Groups_ = Annotated[list[str] | None, typer.Option("--group", help="Name or id of a group; may be repeated.")]


class Words:
    """Names as they were typed; `links` looks them up."""

    def __init__(
        self,
        apps: list[str] | None,
        configurations: list[str] | None,
        packages: list[str] | None,
        devices: list[str] | None,
        file: Path | None,
        users: list[str] | None,
        groups: list[str] | None,
    ) -> None:
        self._apps = apps or []
        self._configurations = configurations or []
        self._packages = packages or []
        self._serials = all_serials(devices, file) if devices or file else []
        self._users = users or []
        self._groups = groups or []

    def links(self, tx: "Tx", organization_id: int) -> "Links":
        """Public ids by relationship, of those that were named. Raises `NotFound` for a name that nothing has.

        Serials are not looked up: an unknown one is left out by the blueprint.
        """
        from pomona.registry import apps, configurations, packages, people, user_groups
        from pomona.registry.blueprint_links import Relation

        found: dict[Relation, list[str]] = {
            Relation.APPS: [apps.get(tx, organization_id, id).adam_id for id in self._apps],
            Relation.CONFIGURATIONS: [
                configurations.find(tx, organization_id, name).uuid for name in self._configurations
            ],
            Relation.PACKAGES: [packages.find(tx, organization_id, name).uuid for name in self._packages],
            Relation.ORG_DEVICES: self._serials,
            Relation.USERS: [people.find(tx, organization_id, email).uuid for email in self._users],
            Relation.USER_GROUPS: [user_groups.find(tx, organization_id, name).uuid for name in self._groups],
        }
        return {relation: ids for relation, ids in found.items() if ids}
