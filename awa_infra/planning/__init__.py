"""Make a plan from the desired and the observed state. Pure."""
