"""What a run knows about AWS, a folder for each subject; the handlers call it, it calls the clients."""
