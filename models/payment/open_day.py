"""The accounting date of what comes from Xero."""
from datetime import timedelta


def first_open_day(company, journal, day, has_taxes=False):
    """Return a day, or the first one after it that is open in Odoo.

    :param company: `res.company`.
    :param journal: `account.journal` of the entry.
    :param date day: in Xero.
    :param bool has_taxes: whether the entry has taxes, for which another lock date may count.
    """
    locks = company._get_violated_lock_dates(day, has_taxes, journal)
    return max(lock for lock, _field in locks) + timedelta(days=1) if locks else day
