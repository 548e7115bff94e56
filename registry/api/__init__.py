"""The registry over HTTP: every read is a file of the tree; search and check are what a file cannot do."""
