"""A document of Systems Manager that is run on an instance, and what a plan asks of one."""
