"""The values of the states of an export, of what it waits for, and of the rules that skip it, with their labels."""

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
SKIP_RULES = [
    ('empty', "Nothing to send"),
    ('mode', "The journal goes another way"),
    ('paid', "Perhaps paid in Xero already"),
]
