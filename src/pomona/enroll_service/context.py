"""The request context that every call carries: account, time zone and language."""

import re
import zoneinfo
from functools import lru_cache

from pomona.enroll_service import auth, errors
from pomona.enroll_service.auth import Caller
from pomona.enroll_service.wire import RequestContext

_MINUTES = re.compile("[+-]?[0-9]{1,4}")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
_FURTHEST = 14 * 60
_LANGUAGES = frozenset(
    [
        "aa",
        "ab",
        "ae",
        "af",
        "ak",
        "am",
        "an",
        "ar",
        "as",
        "av",
        "ay",
        "az",
        "ba",
        "be",
        "bg",
        "bi",
        "bm",
        "bn",
        "bo",
        "br",
        "bs",
        "ca",
        "ce",
        "ch",
        "co",
        "cr",
        "cs",
        "cu",
        "cv",
        "cy",
        "da",
        "de",
        "dv",
        "dz",
        "ee",
        "el",
        "en",
        "eo",
        "es",
        "et",
        "eu",
        "fa",
        "ff",
        "fi",
        "fj",
        "fo",
        "fr",
        "fy",
        "ga",
        "gd",
        "gl",
        "gn",
        "gu",
        "gv",
        "ha",
        "he",
        "hi",
        "ho",
        "hr",
        "ht",
        "hu",
        "hy",
        "hz",
        "ia",
        "id",
        "ie",
        "ig",
        "ii",
        "ik",
        "io",
        "is",
        "it",
        "iu",
        "ja",
        "jv",
        "ka",
        "kg",
        "ki",
        "kj",
        "kk",
        "kl",
        "km",
        "kn",
        "ko",
        "kr",
        "ks",
        "ku",
        "kv",
        "kw",
        "ky",
        "la",
        "lb",
        "lg",
        "li",
        "ln",
        "lo",
        "lt",
        "lu",
        "lv",
        "mg",
        "mh",
        "mi",
        "mk",
        "ml",
        "mn",
        "mr",
        "ms",
        "mt",
        "my",
        "na",
        "nb",
        "nd",
        "ne",
        "ng",
        "nl",
        "nn",
        "no",
        "nr",
        "nv",
        "ny",
        "oc",
        "oj",
        "om",
        "or",
        "os",
        "pa",
        "pi",
        "pl",
        "ps",
        "pt",
        "qu",
        "rm",
        "rn",
        "ro",
        "ru",
        "rw",
        "sa",
        "sc",
        "sd",
        "se",
        "sg",
        "si",
        "sk",
        "sl",
        "sm",
        "sn",
        "so",
        "sq",
        "sr",
        "ss",
        "st",
        "su",
        "sv",
        "sw",
        "ta",
        "te",
        "tg",
        "th",
        "ti",
        "tk",
        "tl",
        "tn",
        "to",
        "tr",
        "ts",
        "tt",
        "tw",
        "ty",
        "ug",
        "uk",
        "ur",
        "uz",
        "ve",
        "vi",
        "vo",
        "wa",
        "wo",
        "xh",
        "yi",
        "yo",
        "za",
        "zf",
        "zh",
        "zu",
    ]
)
"""ISO 639-1, and zf, which this protocol has for traditional Chinese."""


def check(context: RequestContext | None, caller: Caller) -> str:
    """The ship-to number (ten digits) under which the caller acts. Raises `Refused`.

    Time zone and language are only checked: times are in UTC here and the sentences in English.
    """
    context = context or RequestContext()
    ship_to = (context.shipTo or "").strip()
    if not ship_to:
        raise errors.account("GRX-50020")
    if not is_time_zone((context.timeZone or "").strip()):
        raise errors.account("GRX-50022")
    language = (context.langCode or "").strip().lower()
    if not language:
        raise errors.account("GRX-50031")
    if language not in _LANGUAGES:
        raise errors.account("GRX-50028")
    return auth.known_ship_to(caller, ship_to)


@lru_cache(maxsize=256)
def is_time_zone(text: str) -> bool:
    """Whether `text` is a number of minutes west of UTC, or the name of a zone."""
    if _MINUTES.fullmatch(text):
        return abs(int(text)) <= _FURTHEST
    # A machine without a time zone database knows none; then any name of the right shape is taken.
    return _ZONE.fullmatch(text) is not None and (not _zones() or text in _zones())


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
