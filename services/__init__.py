"""The outside: PostgreSQL, connectors, counterparts, HTTP, web pages, workers and the command line."""
