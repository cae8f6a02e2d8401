"""Following issuer signatures from a device's certificate up to an anchor, the way device factories need it."""

from collections.abc import Iterable
from datetime import datetime

from pomona.formats.certificates import Certificate, parse
from pomona.formats.der import MalformedDer
from pomona.formats.signatures import BadSignature, verify

_CANDIDATES = 20


def chain_ok(
    leaf_der: bytes,
    certificates: Iterable[bytes],
    anchors: Iterable[bytes],
    *,
    at: datetime | None = None,
    ignore_ca_validity: bool = False,
) -> bool:
    """Whether `leaf_der` was issued, through authorities among `certificates`, by one of `anchors` (or is one of them).

    All certificates are DER; of `certificates` the first twenty are looked at and unreadable ones passed over. `at` (aware)
    is the moment every certificate must be valid at, None asks nothing; `ignore_ca_validity` asks it of the leaf alone:
    the two authorities above an iPhone's factory identity expired in 2014 and 2022. SHA-1 signatures count. An authority
    must say that it is one (basicConstraints), an anchor need not. Raises ValueError for an unreadable anchor only.
    """
    roots = [parse(anchor) for anchor in anchors]
    try:
        leaf = parse(leaf_der)
        if at is not None and not leaf.valid_at(at):
            return False
    except MalformedDer:
        return False
    if any(root.der == leaf.der for root in roots):
        return True
    ca_moment = None if ignore_ca_validity else at
    return _Climb(_readable(certificates), roots, ca_moment).reaches_anchor(leaf, 0)


def _readable(certificates: Iterable[bytes]) -> list[Certificate]:
    found = []
    for der, _ in zip(certificates, range(_CANDIDATES), strict=False):
        try:
            found.append(parse(der))
        except MalformedDer:
            continue
    return found


class _Climb:
    def __init__(self, authorities: list[Certificate], roots: list[Certificate], at: datetime | None) -> None:
        self._authorities = authorities
        self._roots = roots
        self._at = at
        self._tried: set[bytes] = set()

    def reaches_anchor(self, below: Certificate, depth: int) -> bool:
        if any(self._issued(root, below, depth, anchor=True) for root in self._roots):
            return True
        for authority in self._authorities:
            if authority.der in self._tried or not self._issued(authority, below, depth, anchor=False):
                continue
            self._tried.add(authority.der)
            if self.reaches_anchor(authority, depth + 1):
                return True
        return False

    def _issued(self, issuer: Certificate, below: Certificate, depth: int, *, anchor: bool) -> bool:
        if issuer.subject != below.issuer:
            return False
        try:
            if not anchor and not _may_sign(issuer, depth):
                return False
            if self._at is not None and not issuer.valid_at(self._at):
                return False
            verify(issuer.public_key, below.algorithm, below.signature, below.signed)
        except (MalformedDer, BadSignature):
            return False
        return True


def _may_sign(authority: Certificate, below: int) -> bool:
    allowed = authority.path_length()
    return allowed is not None and allowed >= below
