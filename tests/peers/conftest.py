"""What peers' material is judged by: collected only where a checkout or an engine of theirs is named."""

import os

CHECKOUT, ENGINE = "LOCALSTACK_CHECKOUT", "LOCALSTACK_ENGINE"
collect_ignore = ["engine_record.py", "engine_deployment.py"]
collect_ignore += [] if CHECKOUT in os.environ else ["test_engine.py"]
collect_ignore += [] if ENGINE in os.environ else ["test_deployment.py"]
