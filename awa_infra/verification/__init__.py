"""Pure: compare the catalog of a database with what a release promises, and plan repairs."""
