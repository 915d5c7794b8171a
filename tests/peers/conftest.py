"""What peers' material is judged by: collected only where a checkout of theirs is named."""

import os

CHECKOUT = "LOCALSTACK_CHECKOUT"
collect_ignore = ["engine_record.py"] + ([] if CHECKOUT in os.environ else ["test_engine.py"])
