"""Views across templates, one module each: briefs of the newest releases and vocabularies in, plain data out."""
