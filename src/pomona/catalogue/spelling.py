"""One spelling for the names that people type, so that they can be compared."""

import unicodedata

# Software that changes case under a Turkish locale writes IPHONE as ıphone and iphone as İPHONE; word processors turn a
# hyphen into one of several dashes.
_SAME = str.maketrans({"ı": "i", "İ": "i", **dict.fromkeys("‐‑‒–—−", "-")})


def folded(text: str) -> str:
    """`text` in lower case, with plain hyphens and single spaces, in the compatibility form of Unicode."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_SAME).casefold().split())
