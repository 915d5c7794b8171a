"""moto's EC2 with time, and with the parameters and refusals of AWS that moto leaves out."""
