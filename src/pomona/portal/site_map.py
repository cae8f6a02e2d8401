"""Every address of the portal: what it shows or does, and the permission that takes. The only place that says so."""

from pomona.portal import (
    activity_list,
    activity_page,
    audit_log,
    device_page,
    own_account,
    service_link,
    service_list,
    service_page,
    start,
)
from pomona.portal.device_changes import ASSIGN, RELEASE, UNASSIGN, Change
from pomona.portal.door import Step
from pomona.portal.permissions import Permission as May
from pomona.portal.visit import View

Steps = dict[str, Step]
"""What each method of an address does."""


def _get(view: View, needs: May | None) -> Steps:
    return {"GET": Step("show", view, needs)}


def _post(view: View, needs: May | None, again: View | None = None) -> Steps:
    return {"POST": Step("act", view, needs, again)}


def _change(change: Change) -> dict[str, Steps]:
    name, confirm, look = f"/portal/devices/{change.path}", change.confirm, change.preview
    return {
        name: _get(change.form, change.needs)
        | {"POST": Step("act", confirm, change.needs, look, large=True)},
        f"{name}/preview": {"POST": Step("ask", look, change.needs, change.form, large=True)},
    }


PAGES: dict[str, Steps] = {
    "/portal/": _get(start.show, None),
    **_change(ASSIGN),
    **_change(UNASSIGN),
    **_change(RELEASE),
    "/portal/devices/{serial}": _get(device_page.show, May.LOOK),
    "/portal/services": _get(service_list.show, May.LOOK),
    "/portal/services/defaults": _post(service_list.set_defaults, May.DEFAULTS, service_list.show),
    "/portal/services/new": _get(service_link.form, May.SERVICES)
    | _post(service_link.link, May.SERVICES, service_link.form),
    "/portal/services/{uuid}": _get(service_page.show, May.LOOK)
    | _post(service_link.change, May.SERVICES, service_page.show),
    "/portal/services/{uuid}/token": _post(service_page.download_token, May.SERVICES, service_page.show),
    "/portal/services/{uuid}/revoke": _post(service_page.revoke_tokens, May.SERVICES, service_page.show),
    "/portal/services/{uuid}/delete": _post(service_page.delete, May.SERVICES, service_page.show),
    "/portal/activities": _get(activity_list.show, May.LOOK),
    "/portal/activities/{uuid}": _get(activity_page.show, May.LOOK),
    "/portal/activities/{uuid}/log.csv": _get(activity_page.log, May.LOOK),
    "/portal/activities/{uuid}/stop": _post(activity_page.stop, May.ASSIGN),
    "/portal/audit": _get(audit_log.show, May.LOGS),
    "/portal/account": _get(own_account.show, None),
    "/portal/account/password": {
        "POST": Step(
            "act", own_account.change_password, None, own_account.show, prepare=own_account.weigh_password
        )
    },
    "/portal/account/sign-out-others": _post(own_account.sign_out_others, None),
    "/portal/sign-out": _post(own_account.sign_out, None),
}
"""A step without a permission is for everybody who is signed in. Fixed addresses stand before those with a name in them."""
