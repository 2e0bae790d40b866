"""What Alembic runs: the steps, on the connection and inside the transaction it is handed."""

from alembic import context

from data.desk_tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
