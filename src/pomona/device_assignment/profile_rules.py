"""What a profile must be like to be kept. Unknown keys are none of our business: clients send new ones early."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pomona.device_assignment.errors import Refused, malformed

_URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}")
_REGION = re.compile(r"[A-Z]{2}")
_MOST_URL = 2000
_FLAGS = (
    "allow_pairing", "is_supervised", "is_mandatory", "is_mdm_removable", "is_multi_user", "await_device_configured",
    "auto_advance_setup", "is_return_to_service", "do_not_use_profile_from_backup",
)  # fmt: skip
_LISTS = ("anchor_certs", "supervising_host_certs", "skip_setup_items")
_TEXTS = {
    "department": ("DEPARTMENT_INVALID", 1, 125),
    "support_phone_number": ("SUPPORT_PHONE_INVALID", 1, 50),
    "support_email_address": ("SUPPORT_EMAIL_INVALID", 1, 250),
    # Documented as not empty, but a real service accepts the empty one that a client always sends.
    "org_magic": ("MAGIC_INVALID", 0, 256),
}


def check(profile: Mapping[str, object]) -> str:
    """The name of a profile that may be kept. Refuses with the code of the first thing that is wrong.

    Lengths count characters. A null counts as absent.
    """
    name = _required(profile, "profile_name", "CONFIG_NAME")
    if not 1 <= len(name) <= 125 or "\0" in name:
        raise Refused(400, "CONFIG_NAME_INVALID")
    if not is_url(_required(profile, "url", "CONFIG_URL")):
        raise Refused(400, "CONFIG_URL_INVALID")
    web_url = profile.get("configuration_web_url")
    if web_url is not None and not (isinstance(web_url, str) and is_url(web_url)):
        raise Refused(400, "CONFIG_URL_INVALID")
    _check_texts(profile)
    _check_flags(profile)
    _check_locale(profile)
    for key in _LISTS:
        _strings(profile, key)
    return name


def devices(profile: Mapping[str, object]) -> list[str]:
    """The serials that the profile is to be assigned to at once."""
    return _strings(profile, "devices")


def is_url(text: str) -> bool:
    """Whether `text` is an absolute http or https URL of at most 2000 URL characters."""
    if len(text) > _MOST_URL or not _URL_CHARACTERS.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _required(profile: Mapping[str, object], key: str, code: str) -> str:
    value = profile.get(key)
    if value is None:
        raise Refused(400, f"{code}_REQUIRED")
    if not isinstance(value, str):
        raise Refused(400, f"{code}_INVALID")
    return value


def _check_texts(profile: Mapping[str, object]) -> None:
    for key, (code, least, most) in _TEXTS.items():
        value = profile.get(key)
        if value is not None and not (isinstance(value, str) and least <= len(value) <= most):
            raise Refused(400, code)


def _check_flags(profile: Mapping[str, object]) -> None:
    for key in _FLAGS:
        if profile.get(key) is not None and not isinstance(profile[key], bool):
            raise Refused(400, "FLAGS_INVALID")
    if profile.get("is_mdm_removable") is False and profile.get("is_supervised") is not True:
        raise Refused(400, "FLAGS_INVALID")


def _check_locale(profile: Mapping[str, object]) -> None:
    for key, shape in (("language", _LANGUAGE), ("region", _REGION)):
        value = profile.get(key)
        if value is not None and not (isinstance(value, str) and shape.fullmatch(value)):
            raise Refused(400, "LOCALE_INVALID")


def _strings(profile: Mapping[str, object], key: str) -> list[str]:
    value = profile.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise malformed()
    return value
