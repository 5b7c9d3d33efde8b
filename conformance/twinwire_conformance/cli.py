"""The subcommands certify and serve."""
