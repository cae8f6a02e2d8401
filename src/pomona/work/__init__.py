"""Workers: what goes on behind the requests. Durable, because what they do is rows in the store."""
