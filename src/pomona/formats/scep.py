"""Simple Certificate Enrolment Protocol (RFC 8894), the part by which devices get their identity.

`scep_server` is the authority's side, `scep_client` the device's, `scep_attributes` the numbers they share.
"""

from pomona.formats.certification_request import CertificationRequest
from pomona.formats.scep_attributes import FailInfo, MalformedScep, MessageType, PkiStatus
from pomona.formats.scep_client import (
    PendingRequest,
    ScepFailure,
    build_request,
    get_url,
    read_ca_certificates,
    read_response,
)
from pomona.formats.scep_server import (
    CA_CAPS,
    PKI_MESSAGE,
    RefusedRequest,
    RequestHead,
    ScepRequest,
    ca_certificates,
    failure,
    message_parameter,
    read_request,
    success,
)

__all__ = [
    "CA_CAPS",
    "PKI_MESSAGE",
    "CertificationRequest",
    "FailInfo",
    "MalformedScep",
    "MessageType",
    "PendingRequest",
    "PkiStatus",
    "RefusedRequest",
    "RequestHead",
    "ScepFailure",
    "ScepRequest",
    "build_request",
    "ca_certificates",
    "failure",
    "get_url",
    "message_parameter",
    "read_ca_certificates",
    "read_request",
    "read_response",
    "success",
]
