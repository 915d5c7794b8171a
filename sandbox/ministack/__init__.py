"""MiniStack, with the behaviour of AWS that it lacks and this product depends on.

Each module of this package changes one service, and says beside each change what AWS does.
"""
