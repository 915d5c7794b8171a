"""The fault matrix: every call and every state of a run × what can go wrong there, and what must hold after it.

`python -m sandbox.matrix` runs it; `scenarios` are the runs, `kinds` what goes wrong, `schedules` who meets whom,
`situation` what is there before a run, `made` what is there after it, `verdict` what is wrong with that.
"""
