from . import test_connection_health
from . import test_js
