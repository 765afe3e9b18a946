from . import account_journal
from . import account_move
from . import account_move_line
from . import account_partial_reconcile
from . import ir_ui_menu
from . import res_company
from . import res_config_settings
from . import res_users
