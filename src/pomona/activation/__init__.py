"""Activation records for simulated devices: what the makers' cloud would tell a device when it is first switched on.

No real device can be answered: those ask Apple, over a channel bound to their hardware.
"""
