"""What this machine is called."""

import socket

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def machine_names() -> tuple[str, ...]:
    """Give the names that people on this machine and its local network call it by. Asks no name server."""
    name = socket.gethostname().lower()
    if not name or name == "localhost":
        return LOOPBACK
    return (*LOOPBACK, name) if "." in name else (*LOOPBACK, name, f"{name}.local")
