"""Official files of vocabularies to files in our own form: one module for each publisher's format."""
