"""Which certificates are believed of those that messages and mails are sent to."""

import ssl


def trust(more: str) -> ssl.SSLContext:
    """A context that trusts the machine's authorities, those that come with the HTTP client, and those in the file `more`.

    Raises `OSError` for a file that cannot be read or holds no certificate.
    """
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if more:
        context.load_verify_locations(more)
    return context
