"""One module per command: `EXAMPLE`, `arguments(parser)` and `run(args) -> exit code`."""
