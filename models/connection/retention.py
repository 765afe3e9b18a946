"""How long the records of calls are kept, as *Settings ▸ Invoicing ▸ Xero* say."""
from datetime import timedelta

from odoo import fields

# System parameter, and its default in days. 0 is for ever
KEEP_BODIES = ('account_xero.keep_bodies_days', 90)
KEEP_RECORDS = ('account_xero.keep_requests_days', 365)
# The maximum: with more days, the date would be out of range
LONGEST = 36_500


def days_kept(env, setting):
    """Return the number of days of a setting, 0 for ever. An invalid parameter counts as 0, so that nothing is deleted.

    :param tuple setting: `KEEP_BODIES` or `KEEP_RECORDS`.
    """
    name, default = setting
    value = env['ir.config_parameter'].sudo().get_param(name, str(default)).strip()
    return int(value) if value.isdecimal() else 0


def kept_since(env, setting):
    """Return the moment before which something is deleted, in naive UTC; None if it is kept for ever.

    :param tuple setting: `KEEP_BODIES` or `KEEP_RECORDS`.
    """
    days = days_kept(env, setting)
    return fields.Datetime.now() - timedelta(days=min(days, LONGEST)) if days else None
