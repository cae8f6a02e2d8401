"""Which authority a device must be told to trust before it can reach us at an origin."""

from pomona.formats.pem import certificates_in
from pomona.runtime.settings import Settings

CERTIFICATE_FILE = ("authority", "ca.pem")
"""Where the TLS listener keeps its authority's certificate, below the data folder."""


def for_origin(settings: Settings, origin: str) -> tuple[bytes, ...]:
    """The DER certificates that vouch for our listener at `origin`; none where a proxy shows one of its own.

    Read each time, because the listener makes its authority when it first starts.
    """
    if not origin.startswith("https://") or settings.trusted_proxies:
        return ()
    try:
        return tuple(certificates_in(settings.data.joinpath(*CERTIFICATE_FILE).read_bytes()))
    except OSError:
        return ()
