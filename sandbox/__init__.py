"""An AWS on this machine that needs no account and no Docker."""
