"""Counterparts that speak the real protocols over real HTTP: suppliers, device management services, devices.

Nothing here imports the server: they are clients like any other, and run as processes of their own.
"""
