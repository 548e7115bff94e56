"""GitHub's own words and ways: one client, its questions, its answers as facts, its writes."""
