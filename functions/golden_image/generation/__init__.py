"""A group's generations, one for each committed run, and the way back to one of them."""
