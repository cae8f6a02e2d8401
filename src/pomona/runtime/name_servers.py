"""Asking the domain name system, where somebody wants to know whether a domain is an organisation's."""

_SECONDS = 10.0


class NoAnswer(Exception):
    """The name servers said nothing that could be used; the message says what happened."""


def txt_records(name: str) -> list[str]:
    """The TXT records of `name` by this machine's resolver, the parts of each put together.

    Empty when there are none or no such domain. Raises `NoAnswer` after ten seconds or when no name server is reached.
    """
    import dns.exception  # imported late: few processes ever ask
    import dns.resolver

    try:
        found = dns.resolver.resolve(name, "TXT", lifetime=_SECONDS)
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return []
    except (dns.exception.DNSException, OSError) as problem:
        raise NoAnswer(f"No name server answered for {name}: {problem}") from None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in found]
