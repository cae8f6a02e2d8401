"""`configurations`: profiles for managed devices, given back byte for byte."""

from collections.abc import Callable

from pomona.business_api import collection_pages, configuration_bodies
from pomona.business_api.call import Answer, Call, created, encode, single
from pomona.business_api.cursors import Listing
from pomona.business_api.fieldsets import ResourceType, filtered
from pomona.formats.times import iso_millis
from pomona.registry import configurations
from pomona.registry.configurations import Configuration
from pomona.store import Tx

CONFIGURATIONS = ResourceType(
    "configurations",
    ("type", "name", "configuredForPlatforms", "customSettingsValues", "createdDateTime", "updatedDateTime"),
)


def listing(tx: Tx, call: Call) -> Answer:
    """Configurations in the order they were made, without their profiles."""
    return collection_pages.collection(
        call,
        CONFIGURATIONS,
        Listing.CONFIGURATIONS,
        lambda after, limit: configurations.of_organization(
            tx, call.organization_id, after=after, limit=limit
        ),
        lambda found: [resource(call, configuration) for configuration in found],
    )


def one(tx: Tx, call: Call) -> Answer:
    """One configuration with its profile."""
    call.query.offers(CONFIGURATIONS.parameter)
    fieldset = CONFIGURATIONS.selected(call.query)
    return single(call, filtered(fieldset, _whole(tx, call, _named(tx, call))))


def create(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Keeps a profile."""
    call.query.offers()
    wanted = configuration_bodies.creation(body)

    def work(tx: Tx) -> Answer:
        made = configurations.create(
            tx,
            call.organization_id,
            wanted.name,
            wanted.profile,
            filename=wanted.filename,
            platforms=wanted.platforms,
            actor=call.actor,
            now=call.now,
            rng=call.runtime.rng,
        )
        return created(call, _whole(tx, call, made), call.url(f"configurations/{made.uuid}"))

    return work


def update(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Changes what is sent and leaves the rest."""
    call.query.offers()
    changes = configuration_bodies.changes(body, call.id)

    def work(tx: Tx) -> Answer:
        tx.lock(call.organization_id)
        changed = configurations.update(
            tx,
            _named(tx, call),
            name=changes.name,
            profile=changes.profile,
            filename=changes.filename,
            platforms=changes.platforms,
            actor=call.actor,
            now=call.now,
        )
        return single(call, _whole(tx, call, changed))

    return work


def delete(call: Call, body: bytes) -> Callable[[Tx], Answer]:
    """Takes away a configuration that no blueprint has."""
    return collection_pages.deletion(call, _named, configurations.delete)


def resource(call: Call, configuration: Configuration, values: dict[str, str] | None = None) -> bytes:
    """A configuration as the API shows it: lists and inclusions without the `values`."""
    return encode({
        "type": "configurations",
        "id": configuration.uuid,
        "attributes": {
            "type": configurations.TYPE,
            "name": configuration.name,
            "configuredForPlatforms": configuration.platforms,
            "customSettingsValues": values,
            "createdDateTime": iso_millis(configuration.created_at),
            "updatedDateTime": iso_millis(configuration.updated_at),
        },
        "links": {"self": call.url(f"configurations/{configuration.uuid}")},
    })  # fmt: skip


def _whole(tx: Tx, call: Call, configuration: Configuration) -> bytes:
    text = configurations.profile_text(tx, configuration)
    values = {"configurationProfile": text, "filename": configuration.filename}
    return resource(call, configuration, values)


def _named(tx: Tx, call: Call) -> Configuration:
    return collection_pages.named(tx, call, "configurations", configurations.get)
