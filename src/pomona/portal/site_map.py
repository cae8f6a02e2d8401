"""Every address of the portal: what it shows or does, and the permission that takes. The only place that says so."""

from collections.abc import Callable
from typing import Any

from pomona.portal import (
    activity_list,
    activity_page,
    api_account_list,
    api_account_page,
    audit_log,
    device_add,
    device_list,
    device_lookup,
    device_page,
    device_replace,
    enrolled_list,
    enrolled_page,
    order_list,
    order_page,
    own_account,
    people_list,
    person_page,
    rule_list,
    rule_page,
    service_link,
    service_list,
    service_page,
    start,
    supplier_list,
    terms,
    webhook_list,
    webhook_page,
)
from pomona.portal.device_changes import (
    ASSIGN,
    CANCEL,
    DEADLINE,
    KEEP,
    MIGRATE,
    RELEASE,
    UNASSIGN,
    Change,
    set_grace,
)
from pomona.portal.door import Step
from pomona.portal.permissions import Permission as May
from pomona.portal.site_collections import COLLECTION_PAGES
from pomona.portal.visit import View, Visit

Steps = dict[str, Step]
"""What each method of an address does."""


def _get(view: View, needs: May | None) -> Steps:
    return {"GET": Step("show", view, needs)}


def _post(
    view: View, needs: May | None, again: View | None = None, prepare: Callable[[Visit], Any] | None = None
) -> Steps:
    return {"POST": Step("act", view, needs, again, prepare)}


def _change(change: Change) -> dict[str, Steps]:
    name, confirm = f"/portal/devices/{change.path}", change.confirm
    return {
        name: _get(change.form, change.needs)
        | {"POST": Step("act", confirm, change.needs, change.again, large=True)},
        f"{name}/preview": {"POST": Step("ask", change.preview, change.needs, change.form, large=True)},
    }


PAGES: dict[str, Steps] = {
    "/portal/": _get(start.show, None),
    **_change(ASSIGN),
    **_change(UNASSIGN),
    **_change(RELEASE),
    **_change(KEEP),
    **_change(MIGRATE),
    **_change(DEADLINE),
    **_change(CANCEL),
    "/portal/devices/release/grace": _post(set_grace, May.RELEASE, RELEASE.form),
    "/portal/devices": _get(device_list.show, May.LOOK),
    "/portal/devices.csv": _get(device_list.export, May.LOOK),
    "/portal/devices/add": _get(device_add.form, May.ADD)
    | {"POST": Step("act", device_add.add, May.ADD, device_add.form, large=True)},
    "/portal/devices/add/check": {
        "POST": Step("ask", device_add.check, May.ADD, device_add.form, large=True)
    },
    "/portal/devices/add/report": {"POST": Step("ask", device_add.report, May.ADD, large=True)},
    "/portal/devices/lookup": _get(device_lookup.form, May.LOOK)
    | {"POST": Step("ask", device_lookup.show, May.LOOK, device_lookup.form, large=True)},
    "/portal/devices/lookup.csv": {
        "POST": Step("ask", device_lookup.export, May.LOOK, device_lookup.form, large=True)
    },
    "/portal/devices/{serial}": _get(device_page.show, May.LOOK),
    "/portal/devices/{serial}/repair": _post(device_page.mark_repair, May.RELEASE),
    "/portal/devices/{serial}/replace": _get(device_replace.form, May.RELEASE)
    | _post(device_replace.replace, May.RELEASE, device_replace.form),
    "/portal/services": _get(service_list.show, May.LOOK),
    "/portal/services/defaults": _post(service_list.set_defaults, May.DEFAULTS, service_list.show),
    "/portal/services/new": _get(service_link.form, May.SERVICES)
    | _post(service_link.link, May.SERVICES, service_link.form),
    "/portal/services/{uuid}": _get(service_page.show, May.LOOK)
    | _post(service_link.change, May.SERVICES, service_page.show),
    "/portal/services/{uuid}/token": _post(service_page.download_token, May.SERVICES, service_page.show),
    "/portal/services/{uuid}/revoke": _post(service_page.revoke_tokens, May.SERVICES, service_page.show),
    "/portal/services/{uuid}/delete": _post(service_page.delete, May.SERVICES, service_page.show),
    "/portal/rules": _get(rule_list.show, May.LOOK),
    "/portal/rules/preview": {"POST": Step("ask", rule_list.preview, May.LOOK)},
    "/portal/rules/new": _get(rule_page.form, May.DEFAULTS)
    | _post(rule_page.add, May.DEFAULTS, rule_page.form),
    "/portal/rules/{uuid}": _get(rule_page.show, May.LOOK)
    | _post(rule_page.change, May.DEFAULTS, rule_page.show),
    "/portal/rules/{uuid}/move": _post(rule_list.move, May.DEFAULTS),
    "/portal/rules/{uuid}/switch": _post(rule_page.switch, May.DEFAULTS, rule_page.show),
    "/portal/rules/{uuid}/remove": _post(rule_page.remove, May.DEFAULTS),
    "/portal/rules/{uuid}/apply": {"POST": Step("ask", rule_page.apply, May.ASSIGN, rule_page.show)},
    "/portal/activities": _get(activity_list.show, May.LOOK),
    "/portal/activities/{uuid}": _get(activity_page.show, May.LOOK),
    "/portal/activities/{uuid}/log.csv": _get(activity_page.log, May.LOOK),
    "/portal/activities/{uuid}/stop": _post(activity_page.stop, May.ASSIGN),
    "/portal/activities/{uuid}/undo": _post(activity_page.undo_it, May.ASSIGN, activity_page.show),
    "/portal/activities/{uuid}/undo/preview": {
        "POST": Step("ask", activity_page.preview_undo, May.ASSIGN, activity_page.show)
    },
    "/portal/enrolled": _get(enrolled_list.show, May.MANAGE),
    "/portal/enrolled/{key}": _get(enrolled_page.show, May.MANAGE),
    **COLLECTION_PAGES,
    "/portal/orders": _get(order_list.show, May.LOOK),
    "/portal/orders/{id}": _get(order_page.show, May.LOOK),
    "/portal/suppliers": _get(supplier_list.show, May.LOOK)
    | _post(supplier_list.link, May.SUPPLIERS, supplier_list.show),
    "/portal/suppliers/unit": _post(supplier_list.choose_unit, May.SUPPLIERS, supplier_list.show),
    "/portal/suppliers/unlink": _post(supplier_list.unlink, May.SUPPLIERS, supplier_list.show),
    "/portal/people": _get(people_list.show, May.PEOPLE),
    "/portal/people/new": _get(people_list.form, May.PEOPLE)
    | _post(people_list.add, May.PEOPLE, people_list.form, people_list.weigh_password),
    "/portal/people/{uuid}": _get(person_page.show, May.PEOPLE),
    "/portal/people/{uuid}/password": _post(
        person_page.set_password, May.PEOPLE, person_page.show, person_page.weigh_password
    ),
    "/portal/people/{uuid}/status": _post(person_page.set_status, May.PEOPLE, person_page.show),
    "/portal/api-accounts": _get(api_account_list.show, May.API_ACCOUNTS),
    "/portal/api-accounts/new": _get(api_account_list.form, May.API_ACCOUNTS)
    | _post(api_account_list.add, May.API_ACCOUNTS, api_account_list.form),
    "/portal/api-accounts/{client_id}": _get(api_account_page.show, May.API_ACCOUNTS)
    | _post(api_account_page.change, May.API_ACCOUNTS, api_account_page.show),
    "/portal/api-accounts/{client_id}/keys": _post(
        api_account_page.add_key, May.API_ACCOUNTS, api_account_page.show
    ),
    "/portal/api-accounts/{client_id}/keys/generate": _post(
        api_account_page.generate_key, May.API_ACCOUNTS, api_account_page.show
    ),
    "/portal/api-accounts/{client_id}/keys/revoke": _post(
        api_account_page.revoke_key, May.API_ACCOUNTS, api_account_page.show
    ),
    "/portal/api-accounts/{client_id}/delete": _post(
        api_account_page.delete, May.API_ACCOUNTS, api_account_page.show
    ),
    "/portal/webhooks": _get(webhook_list.show, May.WEBHOOKS),
    "/portal/webhooks/new": _get(webhook_list.form, May.WEBHOOKS)
    | _post(webhook_list.add, May.WEBHOOKS, webhook_list.form),
    "/portal/webhooks/{uuid}": _get(webhook_page.show, May.WEBHOOKS)
    | _post(webhook_page.change, May.WEBHOOKS, webhook_page.show),
    "/portal/webhooks/{uuid}/deliveries/{message}": _get(webhook_page.delivery, May.WEBHOOKS),
    "/portal/webhooks/{uuid}/test": _post(webhook_page.test_it, May.WEBHOOKS),
    "/portal/webhooks/{uuid}/switch": _post(webhook_page.switch, May.WEBHOOKS),
    "/portal/webhooks/{uuid}/replay": _post(webhook_page.replay, May.WEBHOOKS, webhook_page.show),
    "/portal/webhooks/{uuid}/secret": _post(webhook_page.rotate, May.WEBHOOKS, webhook_page.show),
    "/portal/webhooks/{uuid}/remove": _post(webhook_page.remove, May.WEBHOOKS),
    "/portal/audit": _get(audit_log.show, May.LOGS),
    "/portal/terms": _post(terms.accept, May.TERMS),
    "/portal/account": _get(own_account.show, None),
    "/portal/account/password": _post(
        own_account.change_password, None, own_account.show, own_account.weigh_password
    ),
    "/portal/account/mails": _post(own_account.choose_mails, None, own_account.show),
    "/portal/account/sign-out-others": _post(own_account.sign_out_others, None),
    "/portal/sign-out": _post(own_account.sign_out, None),
}
"""A step without a permission is for everybody who is signed in. Fixed addresses stand before those with a name in them."""
