"""The Device Assignment service: what device management services sync, assign and release devices with."""
