from . import test_connection_health
from . import test_js
from . import test_contact
from . import test_mapping
from . import test_reference
from . import test_oauth
from . import test_export_views
