"""Real parts that the tests run against: a throw-away PostgreSQL, and what to say when one is not installed."""
