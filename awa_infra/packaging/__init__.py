"""Plans written out as bundles for migration tools. Pure rendering, except for :mod:`.write`."""
