"""The knowledge about AWS, in a folder for each subject. Handlers call it, and it calls the clients."""
