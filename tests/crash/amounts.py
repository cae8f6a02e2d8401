"""How much these tests do: little in the ordinary suite, and as much as the environment asks for in a long run.

`CRASH_ROUNDS=100 CRASH_CONNECTIONS=10000 python -m pytest -s tests/crash` is a long run; it takes some minutes.
`CRASH_SEED` plays another one.
"""

import os

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "4"))
"""How often a process is killed in the middle of everything."""

CONNECTIONS = int(os.environ.get("CRASH_CONNECTIONS", "1000"))
"""How many clients are connected and silent. Both ends are files of this machine: `ulimit -n` must allow for them."""

SEED = int(os.environ.get("CRASH_SEED", "1"))

LONG = ROUNDS >= 50
"""Whether there is time to wait for what takes a minute by nature."""
