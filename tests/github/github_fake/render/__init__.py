"""How GitHub's REST API writes each thing: data in, JSON-ready dictionaries out."""
