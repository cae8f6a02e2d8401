"""What keeps a server from starting, apart from the modules that raise it: whoever catches it need not import those."""


class AuthorityProblem(Exception):
    """The authority's files cannot be used or made; the message says which file, what is wrong and what to do."""
