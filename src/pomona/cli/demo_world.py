"""What the demonstration knows as it goes on: names, secrets, addresses, and the programs it has started."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pomona.cli.programs import Programs

ORGANIZATION = "Orchard Example"
DOMAIN = "orchard.example"
ADMINISTRATOR = f"admin@{DOMAIN}"
EMPLOYEE = f"pat@{DOMAIN}"
SERVICES = ("Alpha Management", "Beta Management")
CUSTOMER_NUMBER = "8812345"
RESELLER_NUMBER = "16FCE4A0"
MAKER_NUMBER = "MAKER"
SHIP_TO = "0000052010"


def password() -> str:
    """One that a person can type."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


@dataclass
class World:
    """`http`, `https` and `proxy` are origins of the running server; `products` says what each ordered serial is."""

    programs: Programs
    data: Path
    http: str
    https: str
    proxy: str
    seed: int
    devices: int
    number: str = ""
    slug: str = ""
    admin_password: str = field(default_factory=password, repr=False)
    employee_password: str = field(default_factory=password, repr=False)
    reseller_token: str = field(default="", repr=False)
    maker_token: str = field(default="", repr=False)
    client_id: str = ""
    key_id: str = ""
    products: dict[str, str] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=list)
    service_urls: dict[str, str] = field(default_factory=dict)
    built_in: str = ""

    @property
    def administrator(self) -> str:
        """Who signs in to the portal."""
        return ADMINISTRATOR

    @property
    def ca(self) -> Path:
        """The certificate that clients are told to trust."""
        return self.data / "authority" / "ca.pem"

    @property
    def key_file(self) -> Path:
        """Private key of the API account."""
        return self.data / "demo" / "api-account.pem"

    def service_folder(self, name: str) -> Path:
        """Where a simulated service keeps its things."""
        return self.data / "demo" / name.split(maxsplit=1)[0].lower()

    def api(self) -> list[str]:
        """Options that point the API client at us."""
        return [
            *("--origin", self.https, "--ca-file", str(self.ca)),
            *("--client-id", self.client_id, "--key-id", self.key_id, "--key-file", str(self.key_file)),
        ]
