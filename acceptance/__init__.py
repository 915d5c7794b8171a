"""The first day on AWS: deploy, run every scenario, compare with the sandbox, and remove everything.

See docs/guides/aws-acceptance.md. The same code runs in an account and in the sandbox (in_sandbox.py).
"""
