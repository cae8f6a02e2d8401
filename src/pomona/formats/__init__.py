"""Codecs of the wire formats that servers and clients of this field share.

Every function here turns bytes into values or values into bytes: nothing is read from or written to anywhere, nothing is
remembered, and a malformed input raises only the exceptions its module declares (all of them are `ValueError`).
"""
