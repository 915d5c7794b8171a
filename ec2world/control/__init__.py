"""The HTTP verbs under /_sandbox/, which set and show what AWS's APIs do not."""
