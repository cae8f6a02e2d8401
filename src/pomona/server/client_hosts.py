"""Apple's host names that clients have compiled in, and the face that answers for each.

Programs that cannot be pointed at another address are sent through the proxy; these are the names the proxy lets pass
and the TLS listener has a certificate for. Routing itself goes by path, never by host: the pyaxm client says
`Host: account.apple.com` even to a server of another name.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientHost:
    """A host name, the face (room) that answers for it, and what the clients that know it by heart do there."""

    name: str
    face: str
    purpose: str


CLIENT_HOSTS = (
    ClientHost("api-business.apple.com", "business_api", "the Apple Business API"),
    ClientHost("api-school.apple.com", "business_api", "the Apple School API"),
    ClientHost("account.apple.com", "business_api", "access tokens for both APIs"),
    ClientHost("mdmenrollment.apple.com", "device_assignment", "device management services"),
    ClientHost("api-applecareconnect.apple.com", "enroll_service", "suppliers with an even account number"),
    ClientHost("api-applecareconnect2.apple.com", "enroll_service", "suppliers with an odd account number"),
    ClientHost("api-applecareconnect-ept.apple.com", "enroll_service", "suppliers' joint tests, even number"),
    ClientHost("api-applecareconnect-ept2.apple.com", "enroll_service", "suppliers' joint tests, odd number"),
    ClientHost("acc-ipt.apple.com", "enroll_service", "suppliers' first steps"),
    ClientHost("axm-servicediscovery.apple.com", "service_discovery", "account-driven enrolment, second try"),
    ClientHost("axm-adm-enroll.apple.com", "service_discovery", "account-driven enrolment, third try"),
)

NOT_SERVED = {
    "iprofiles.apple.com": "real devices fetch activation records there over TLS pinned to Apple's own roots; "
    "no other server can answer them",
}
"""Names that people try, and why no installation can answer for them."""

_FACES = {host.name: host.face for host in CLIENT_HOSTS}


def canonical(host: str) -> str:
    """Give `host` as it is compared: lower case, without the final dot of a fully qualified name."""
    return host.lower().removesuffix(".")


def face_of(host: str) -> str | None:
    """Give the face that answers for `host`, in any case and with or without a final dot, or None for other hosts."""
    return _FACES.get(canonical(host))
