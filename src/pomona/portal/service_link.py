"""Linking an external device management service, and changing one: its name, certificate and right to release."""

from pomona.formats.uploaded_certificate import CertificateProblem, parse_certificate
from pomona.portal.answers import Answer, Moved, Shown
from pomona.portal.forms import Form
from pomona.portal.visit import Visit
from pomona.registry import services
from pomona.registry.errors import Invalid
from pomona.store import Tx


def form(tx: Tx, visit: Visit) -> Answer:
    """The empty form, or the one that was refused."""
    return Shown("service_link.html")


def link(tx: Tx, visit: Visit) -> Answer:
    """Links a service by its certificate; its page offers the token."""
    certificate = uploaded_certificate(visit.form)
    if certificate is None:
        raise Invalid("Choose the certificate that the service made, or paste it.", field="certificate")
    der, name = certificate
    service = services.create(
        tx,
        visit.organization_id,
        visit.form.text("name"),
        der,
        certificate_name=name,
        may_release=visit.form.ticked("may_release"),
        actor=visit.actor,
        now=visit.now,
        rng=visit.runtime.rng,
    )
    return Moved(f"/portal/services/{service.uuid}", "service-linked")


def change(tx: Tx, visit: Visit) -> Answer:
    """Saves name, right and, if one was given, a new certificate."""
    service = services.by_uuid(tx, visit.organization_id, visit.path["uuid"])
    certificate = uploaded_certificate(visit.form)
    services.update(
        tx,
        service,
        name=visit.form.text("name"),
        may_release=visit.form.ticked("may_release"),
        certificate=certificate,
        actor=visit.actor,
        now=visit.now,
    )
    said = "service-saved" if certificate is None else "certificate-replaced"
    return Moved(f"/portal/services/{service.uuid}", said)


def uploaded_certificate(form: Form) -> tuple[bytes, str] | None:
    """The DER of the certificate chosen or pasted, and its file's name; None when there is none. Raises `Invalid`."""
    upload = form.file("certificate")
    body, name = (upload.body, upload.name) if upload else (form.text("pem").encode(), "pasted.pem")
    if not body:
        return None
    try:
        return parse_certificate(body), name[:200]
    except CertificateProblem as problem:
        raise Invalid(str(problem), field="certificate") from None
