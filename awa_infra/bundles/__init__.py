"""Pure: from a plan to the files of a bundle, for eight migration tools."""
