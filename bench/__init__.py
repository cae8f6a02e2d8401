"""The performance bars: each is measured against a floor or a peer in the same run, and printed as one line."""
