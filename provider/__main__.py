"""Starts the plugin where Pulumi runs it from this folder; the code is awa_infra.plugin."""

import sys

from awa_infra.plugin.main import main

sys.exit(main())
