"""`pomona simulate`: counterparts that know Pomona only by the wire, each a process of its own."""

import typer

from pomona.cli import simulate_api, simulate_devices, simulate_leave, simulate_service, simulate_supplier

app = typer.Typer(no_args_is_help=True, help="Simulated device management services, devices and resellers.")
app.command("service")(simulate_service.service)
app.add_typer(simulate_api.app, name="api")
app.command("devices")(simulate_devices.devices)
app.command("leave")(simulate_leave.leave)
app.command("supplier")(simulate_supplier.supplier)
