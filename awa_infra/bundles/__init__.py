"""Render the files of a bundle from a plan, for eight migration tools. Pure, except for :mod:`.writing`."""
