"""`python -m sandbox demo`: runs to watch, in a new sandbox, and a look at what they have left."""
