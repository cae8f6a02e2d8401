"""`apps`: the organisation's apps for managed devices."""

from pomona.business_api import collection_pages
from pomona.business_api.call import Answer, Call, encode
from pomona.business_api.cursors import Listing
from pomona.business_api.fieldsets import ResourceType
from pomona.registry import apps
from pomona.registry.apps import App
from pomona.store import Tx

APPS = ResourceType(
    "apps", ("name", "bundleId", "websiteUrl", "version", "supportedOS", "isCustomApp", "appStoreUrl")
)


def listing(tx: Tx, call: Call) -> Answer:
    """Apps in the order they were added."""
    return collection_pages.collection(
        call,
        APPS,
        Listing.APPS,
        lambda after, limit: apps.of_organization(tx, call.organization_id, after=after, limit=limit),
        lambda found: [resource(call, app) for app in found],
    )


def one(tx: Tx, call: Call) -> Answer:
    """One app."""
    return collection_pages.instance(tx, call, APPS, apps.get, lambda app: resource(call, app))


def resource(call: Call, app: App) -> bytes:
    """An app as the API shows it."""
    about = app.about
    return encode({
        "type": "apps",
        "id": app.adam_id,
        "attributes": {
            "name": about.name,
            "bundleId": about.bundle_id,
            "websiteUrl": about.website_url,
            "version": about.version,
            "supportedOS": [f"SUPPORTED_OS_{system}" for system in about.systems],
            "isCustomApp": about.custom,
            "appStoreUrl": about.store_url,
        },
        "links": {"self": call.url(f"apps/{app.adam_id}")},
    })  # fmt: skip
