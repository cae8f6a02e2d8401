"""The settings of an installation, as plain values. Where they come from is the server's business."""

from pathlib import Path
from typing import Literal

import msgspec

SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""The usual port of each way to secure the connection to a mail server."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting, its default, and its meaning; the operations guide has a heading for each."""

    data: Path = Path("pomona-data")
    """Folder of the database, the master key, the certificate authority and the logs."""
    database_url: str = ""
    """PostgreSQL address (`postgresql://…`); empty for the embedded database in the data folder."""
    database_connections: int = 8
    """Connections each process keeps to PostgreSQL."""
    durability: Literal["process", "power"] = "process"
    """What an acknowledged change survives on SQLite: a killed process, or a power cut."""
    secret_key: str = ""
    """Master key, 32 bytes of URL-safe base64; empty for the file `secret.key` in the data folder."""
    host: str = "127.0.0.1"
    """Address that all listeners bind."""
    port: int = 8080
    """Plain HTTP port; 0 for any free one, -1 for none."""
    tls_port: int = 8443
    """HTTPS port, with certificates of Pomona's own authority; 0 for any free one, -1 for none."""
    proxy_port: int = 8081
    """Port of the CONNECT proxy that answers for Apple's host names; 0 for any free one, -1 for none."""
    supplier_tls_port: int = -1
    """HTTPS port at which suppliers are asked for a client certificate; 0 for any free one, -1 for none."""
    public_origin: str = ""
    """Scheme, host and port in the URLs we hand out; empty for what each client used."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-Proto, X-Forwarded-Host and Client-Cert are believed."""
    catalogue: Literal["infer", "strict"] = "infer"
    """What becomes of a serial nobody told us about: facts are derived from it, or it is refused."""
    device_signature_policy: tuple[Literal["simulated", "apple", "off"], ...] = ("simulated",)
    """Whose signatures on enrolment requests are accepted."""
    device_anchors: str = ""
    """Path of a PEM file of the authorities that sign Apple's device identities; needed for the policy `apple`."""
    activity_limit: int = 1_000_000
    """Devices in one activity."""
    undo_days: int = 90
    """Days after its end for which an activity can be undone."""
    order_device_limit: int = 100_000
    """Devices in one order transaction."""
    order_trial_limit: int = 10_000
    """Devices in one order transaction that is only tried."""
    order_limit: int = 1_000
    """Orders in one order transaction."""
    activity_body_limit: int = 64_000_000
    """Bytes of an activity's request body."""
    order_body_limit: int = 32_000_000
    """Bytes of an order transaction's request body."""
    body_limit: int = 1_000_000
    """Bytes of any other request body."""
    rate_limits: Literal["auto", "off", "polite", "apple"] = "auto"
    """How quickly one API account or service may ask: without limits, generously, or at about Apple's pace. `auto` is
    `off` on a loopback address and `polite` elsewhere."""
    webhook_targets: Literal["any", "public"] = "any"
    """Where webhooks may lead: anywhere, or to public addresses only, not to this machine or a private network."""
    webhook_proxy: str = ""
    """HTTP proxy for webhooks (`http://host:port`); empty for none, whatever the environment says."""
    notice_retention_days: int = 30
    """How many days webhooks' messages and mails are kept, with what became of them."""
    trusted_authorities: str = ""
    """Path of a PEM file of further authorities that webhooks' receivers and the mail server may be certified by."""
    smtp_host: str = ""
    """Mail server; empty for no mails."""
    smtp_port: int = 0
    """Its port; 0 for the usual one of `smtp_security`: 587, 465 or 25."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is secured: after STARTTLS, from the beginning, or not at all."""
    smtp_user: str = ""
    """Name to sign in with at the mail server; empty for no sign-in."""
    smtp_password: str = ""
    """Password for it."""
    smtp_from: str = ""
    """Sender of mails, like `Pomona <pomona@example.com>`."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged."""
    log_format: Literal["auto", "console", "json"] = "auto"
    """How it is written; `auto` is `console` on a terminal and `json` elsewhere."""
    shutdown_seconds: int = 10
    """How long open requests may go on after a stop was asked for."""

    @property
    def rate_profile(self) -> Literal["off", "polite", "apple"]:
        """`rate_limits` with `auto` decided."""
        if self.rate_limits != "auto":
            return self.rate_limits
        return "off" if self.host in ("127.0.0.1", "::1", "localhost") else "polite"

    @property
    def notice_retention(self) -> int:
        """`notice_retention_days`, but longer than anything is tried again."""
        return max(self.notice_retention_days, 4)

    @property
    def database(self) -> str | Path:
        """What to open."""
        return self.database_url or self.data / "pomona.db"
