"""The EC2 world: moto's EC2 and Auto Scaling over HTTP, with time, faults and a record of every call.

`python -m sandbox.world --port P` serves it. What is added extends moto's own classes, one module per
subject: it keeps what moto forgets and lets things take as long as they do at AWS.
"""
