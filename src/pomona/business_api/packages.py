"""`packages`: the organisation's installer packages for managed Macs."""

from pomona.business_api import collection_pages
from pomona.business_api.call import Answer, Call, encode
from pomona.business_api.cursors import Listing
from pomona.business_api.fieldsets import ResourceType
from pomona.formats.times import iso_millis
from pomona.registry import packages
from pomona.registry.packages import Package
from pomona.store import Tx

PACKAGES = ResourceType(
    "packages",
    ("name", "url", "hash", "bundleIds", "description", "version", "createdDateTime", "updatedDateTime"),
)


def listing(tx: Tx, call: Call) -> Answer:
    """Packages in the order they were added."""
    return collection_pages.collection(
        call,
        PACKAGES,
        Listing.PACKAGES,
        lambda after, limit: packages.of_organization(tx, call.organization_id, after=after, limit=limit),
        lambda found: [resource(call, package) for package in found],
    )


def one(tx: Tx, call: Call) -> Answer:
    """One package."""
    return collection_pages.instance(
        tx, call, PACKAGES, packages.get, lambda package: resource(call, package)
    )


def resource(call: Call, package: Package) -> bytes:
    """A package as the API shows it."""
    about = package.about
    return encode({
        "type": "packages",
        "id": package.uuid,
        "attributes": {
            "name": about.name,
            "url": about.url,
            "hash": about.hash,
            "bundleIds": list(about.bundle_ids),
            "description": about.description,
            "version": about.version,
            "createdDateTime": iso_millis(package.created_at),
            "updatedDateTime": iso_millis(package.updated_at),
        },
        "links": {"self": call.url(f"packages/{package.uuid}")},
    })  # fmt: skip
