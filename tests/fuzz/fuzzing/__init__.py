"""Files that nobody would write, put to every door a file can come in by; `make fuzz` looks for one that breaks it."""
