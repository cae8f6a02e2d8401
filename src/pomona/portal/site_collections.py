"""Addresses of blueprints, configurations, groups and units."""

from pomona.portal import (
    blueprint_changes,
    blueprint_list,
    blueprint_page,
    configuration_list,
    configuration_page,
    group_list,
    group_page,
    unit_list,
    unit_page,
)
from pomona.portal.door import Step
from pomona.portal.permissions import Permission as May
from pomona.portal.visit import View


def _shown(view: View, needs: May) -> dict[str, Step]:
    return {"GET": Step("show", view, needs)}


def _form(form: View, act: View, needs: May, *, large: bool = False) -> dict[str, Step]:
    return {"GET": Step("show", form, needs), "POST": Step("act", act, needs, form, large=large)}


def _act(view: View, needs: May, again: View) -> dict[str, Step]:
    return {"POST": Step("act", view, needs, again)}


_BLUEPRINT, _CONFIGURATION = "/portal/blueprints/{uuid}", "/portal/configurations/{uuid}"
_GROUP, _UNIT = "/portal/groups/{uuid}", "/portal/units/{uuid}"

COLLECTION_PAGES: dict[str, dict[str, Step]] = {
    "/portal/blueprints": _shown(blueprint_list.show, May.MANAGE),
    "/portal/blueprints/new": _form(blueprint_list.form, blueprint_list.add, May.MANAGE, large=True),
    _BLUEPRINT: _shown(blueprint_page.show, May.MANAGE)
    | _act(blueprint_changes.save, May.MANAGE, blueprint_page.show),
    f"{_BLUEPRINT}/add": _form(blueprint_changes.form, blueprint_changes.add, May.MANAGE, large=True),
    f"{_BLUEPRINT}/remove": _act(blueprint_changes.remove, May.MANAGE, blueprint_page.show),
    f"{_BLUEPRINT}/delete": _act(blueprint_page.delete, May.MANAGE, blueprint_page.show),
    "/portal/configurations": _shown(configuration_list.show, May.MANAGE),
    "/portal/configurations/new": _form(
        configuration_list.form, configuration_list.add, May.MANAGE, large=True
    ),
    _CONFIGURATION: _shown(configuration_page.show, May.MANAGE)
    | {"POST": Step("act", configuration_page.save, May.MANAGE, configuration_page.show, large=True)},
    f"{_CONFIGURATION}/profile.mobileconfig": _shown(configuration_page.profile, May.MANAGE),
    f"{_CONFIGURATION}/delete": _act(configuration_page.delete, May.MANAGE, configuration_page.show),
    "/portal/groups": _shown(group_list.show, May.PEOPLE),
    "/portal/groups/new": _form(group_list.form, group_list.add, May.PEOPLE),
    _GROUP: _shown(group_page.show, May.PEOPLE),
    f"{_GROUP}/add": _act(group_page.add_member, May.PEOPLE, group_page.show),
    f"{_GROUP}/remove": _act(group_page.remove_member, May.PEOPLE, group_page.show),
    f"{_GROUP}/delete": _act(group_page.delete, May.PEOPLE, group_page.show),
    "/portal/units": _shown(unit_list.show, May.PEOPLE),
    "/portal/units/new": _form(unit_list.form, unit_list.add, May.PEOPLE),
    _UNIT: _shown(unit_page.show, May.PEOPLE),
    f"{_UNIT}/add": _act(unit_page.set_member, May.PEOPLE, unit_page.show),
    f"{_UNIT}/remove": _act(unit_page.remove_member, May.PEOPLE, unit_page.show),
    f"{_UNIT}/delete": _act(unit_page.delete, May.PEOPLE, unit_page.show),
}
"""What each method of an address does; fixed addresses stand before those with a name in them."""
