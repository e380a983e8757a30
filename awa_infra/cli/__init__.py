"""The command ``awa-infra``: one module per command, each a thin adapter."""
