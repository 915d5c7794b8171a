"""A folder for each workflow and one for the API; in it a module for each state or route that needs code."""
