"""What a golden image refresh knows about AWS; the handlers call it, it calls the clients."""
