from . import test_connection_health
