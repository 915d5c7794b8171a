"""Systems Manager's Run Command: documents, managed instances, and commands that take their time."""
