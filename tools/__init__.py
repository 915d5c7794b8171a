"""Small programs of this repository's own for checks and generated pages; nothing here is deployed."""
