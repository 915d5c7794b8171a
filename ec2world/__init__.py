"""The EC2 world: moto's EC2 and Auto Scaling over HTTP, with time, faults and a record of every call.

`python -m ec2world` serves it; README.md says what it adds to moto. Each folder is a subject: `wire` and
`virtual_time` know no service, `ec2` and `autoscaling` extend moto's classes, `trouble` is what goes wrong.
`world` joins them, `control` sets and shows what AWS's APIs do not, `server` listens.
"""
