"""Rules that hold definition, template, policies and code against each other; each module registers some."""
