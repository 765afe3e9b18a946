from . import test_js
from . import test_tour_connect
from . import test_tour_decisions
from . import test_tour_export
from . import test_tour_first_sync
from . import test_tour_reauthenticate
from . import test_tour_sync_status
from . import test_tour_webhook
