"""Pure: from what is desired and what is observed to a plan."""
