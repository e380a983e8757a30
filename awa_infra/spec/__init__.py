"""What can be declared: one model for each object, with its names, types, bounds, defaults and descriptions.

Everything else that has to know an input takes it from here: the keys of ``Pulumi.<stack>.yaml`` and their JSON
Schema, checks, the inputs and outputs of the dynamic resources, the schema of the plugin and the reference pages.
"""
