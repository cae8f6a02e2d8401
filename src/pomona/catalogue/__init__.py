"""The device catalogue: real product types, and what a given serial was made as.

Nothing here keeps state. A serial always answers the same, in every process and under every version of Python, so two
installations that are given the same order describe the same devices. Whatever is invented (serials, part numbers, IMEIs,
MAC addresses, EIDs) lies in a range that no real device can have.
"""
