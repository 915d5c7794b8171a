"""HTTP: a call as it comes in, the answer or the error that goes out, and the record of both."""
