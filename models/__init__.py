from . import connection
from . import contact
from . import export
from . import hooks
from . import kinds
from . import mapping
from . import reference
from . import steps
