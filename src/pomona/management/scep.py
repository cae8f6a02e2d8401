"""SCEP: devices turn the challenge of their enrolment profile into an identity certificate."""

import logging

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pomona.formats import scep
from pomona.formats.scep import FailInfo, ScepRequest
from pomona.management.issuer import Issuer, issue
from pomona.management.refusals import BadRequest
from pomona.management.request import Request
from pomona.registry import challenges, device_certificates
from pomona.registry.challenges import Challenge
from pomona.registry.device_certificates import fingerprint
from pomona.registry.organizations import Organization
from pomona.runtime.asgi import Answer

_LEAST_BITS = 2048
_log = logging.getLogger("pomona.management")


class _NoCertificate(Exception):
    def __init__(self, fail_info: FailInfo, sentence: str) -> None:
        super().__init__(sentence)
        self.fail_info = fail_info


async def operate(request: Request) -> Answer:
    """GetCACaps, GetCACert and PKIOperation, the last by GET or POST. Raises `BadRequest` when nobody can be answered."""
    query = request.call.query()
    operation = query.get("operation", "")
    if operation == "GetCACaps":
        await request.organization()
        return Answer(200, scep.CA_CAPS.encode(), "text/plain")
    if operation == "GetCACert":
        issuer = await request.issuers.of(await request.organization())
        return Answer(200, *scep.ca_certificates((issuer.certificate,)))
    if operation != "PKIOperation":
        raise BadRequest("The operation is unknown; expected GetCACaps, GetCACert or PKIOperation.")
    try:
        # Some clients post the message and repeat it in the query: the body counts.
        posted = await request.body() if request.call.method == "POST" else b""
        return await _answer(request, posted or scep.message_parameter(query.get("message", "")))
    except scep.MalformedScep as problem:
        raise BadRequest(str(problem)) from None


async def _answer(request: Request, message: bytes) -> Answer:
    organization = await request.organization()
    issuer = await request.issuers.of(organization)
    ca = (issuer.certificate, issuer.key)
    try:
        asked = scep.read_request(message, *ca)
        try:
            certificate = await _certificate(request, organization, issuer, asked)
        except _NoCertificate as problem:
            raise scep.RefusedRequest(asked, problem.fail_info, str(problem)) from None
        body = scep.success(asked, certificate, *ca)
    except scep.RefusedRequest as refused:
        _log.info("no certificate", extra={"organization": request.slug, "problem": str(refused)})
        body = scep.failure(refused.head, refused.fail_info, *ca)
    return Answer(200, body, scep.PKI_MESSAGE)


async def _certificate(
    request: Request, organization: Organization, issuer: Issuer, asked: ScepRequest
) -> bytes:
    _check_key(asked.csr.public_key)
    if asked.message_type == scep.MessageType.RENEWAL_REQ:
        return await _renewed(request, organization, issuer, asked)
    runtime, now = request.runtime, request.runtime.clock.now()
    text, key_hash = asked.csr.challenge_password or "", fingerprint(asked.csr.public_key)
    found = await runtime.store.read(lambda tx: challenges.find(tx, organization.id, text, now))
    if found is None:
        raise _NoCertificate(FailInfo.BAD_REQUEST, "the challenge is unknown or ran out")
    challenge: Challenge = found
    if challenge.used:
        known = await runtime.store.read(
            lambda tx: device_certificates.answered_before(tx, challenge, key_hash)
        )
    else:
        issued = issue(runtime, issuer, organization, asked.csr.public_key)
        known = await runtime.store.write(lambda tx: device_certificates.keep(tx, challenge, issued, now))
    if known is None:
        raise _NoCertificate(FailInfo.BAD_REQUEST, "the challenge was used by another key")
    return known


async def _renewed(request: Request, organization: Organization, issuer: Issuer, asked: ScepRequest) -> bytes:
    runtime, signer = request.runtime, fingerprint(asked.signer_certificate)
    old = await runtime.store.read(lambda tx: device_certificates.find(tx, organization.id, signer))
    if old is None or old.enrollment_id is None:
        raise _NoCertificate(
            FailInfo.BAD_CERT_ID, "the certificate to renew is not one of an enrolled device"
        )
    kept = old
    issued = issue(runtime, issuer, organization, asked.csr.public_key)
    await runtime.store.write(lambda tx: device_certificates.renew(tx, kept, issued))
    return issued.certificate


def _check_key(public_key: bytes) -> None:
    key = serialization.load_der_public_key(public_key)
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise _NoCertificate(FailInfo.BAD_ALG, f"the key is not RSA of at least {_LEAST_BITS} bits")
