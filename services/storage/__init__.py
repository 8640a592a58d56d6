"""PostgreSQL: the embedded server, the schema and its migrations, the store, and the queue that wakes workers up."""
