-- The last step of making a template: under this name it is complete.
ALTER DATABASE {name} RENAME TO {template}
