"""The values of the states of an export, of what it waits for, and of the rules that skip it, with their labels; and which state may follow which."""

# Fields that the list of differences follows, see `xero.export.write`
DIFFERENCE_FIELDS = frozenset(('difference', 'closed_difference'))
STATES = [
    ('waiting', "Waiting"),
    ('sending', "Sending"),
    ('uncertain', "Uncertain"),
    ('failed', "Failed"),
    ('synced', "Synced"),
    ('skipped', "Skipped"),
]
WAITS = [
    ('retry', "Xero did not answer"),
    ('prerequisite', "Another document goes first"),
    ('approval', "Approval in Xero"),
    ('batch', "Other payments of the batch"),
    ('draft', "Not connected yet"),
    ('paused', "Paused"),
    ('disconnected', "Disconnected"),
    ('unposted', "Not posted in Odoo"),
    ('day_end', "The day is not over"),
]
# Status of the connection → wait code of its waiting exports
WAIT_BY_STATUS = {'draft': 'draft', 'paused': 'paused', 'disconnected': 'disconnected'}
# Waits that will not end while a person follows the export
HELD = (*WAIT_BY_STATUS.values(), 'unposted', 'retry', 'approval', 'batch', 'day_end')
SKIP_RULES = [
    ('empty', "Nothing to send"),
    ('mode', "The journal goes another way"),
    ('paid', "Perhaps paid in Xero already"),
    ('undone', "Cancelled or deleted in Odoo"),
]

# State → the states that may follow. Other transitions are not made, and logged.
TRANSITIONS = {
    'waiting': {'waiting', 'sending', 'synced', 'failed', 'skipped'},
    'sending': {'waiting', 'uncertain', 'synced', 'failed'},
    'uncertain': {'waiting', 'uncertain', 'synced', 'failed', 'skipped'},
    'synced': {'waiting', 'synced', 'failed'},
    'failed': {'waiting', 'sending', 'synced', 'failed', 'skipped'},
    'skipped': {'waiting', 'synced', 'failed', 'skipped'},
}
# Values that each start and each outcome of a try reset. A start resets the warnings too, see `_set_waiting`. An outcome keeps them, and
# resets the request of a user, see `_outcome_values`.
RESET_VALUES = {
    'cause': False, 'message': False, 'details': False, 'wait_code': False, 'wait_for_id': False, 'next_try_at': False,
    'retry_count': 0, 'retry_since': False, 'batch_limit': 0, 'candidate': False, 'skip_rule': False, 'goes_alone': False,
}
