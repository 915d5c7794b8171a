"""The fault matrix: what can go wrong with every call and in every state of a run, and what must hold then.

`python -m sandbox.matrix` runs it. `scenarios` are the runs, `kinds` what goes wrong, `schedules` what meets
what; `situation` is what is there before a run, `standing` and `made` what is there after it, `verdict` and
`foreign` what is wrong with that.
"""
