"""GitHub's GraphQL API, as far as it is served: queries over everything the fake remembers, and a few mutations."""
