"""Overpayments and prepayments are read again for contacts that were linked since the last reading. Links of before are older than that."""
from odoo.tools.sql import column_exists, create_column, table_exists


def migrate(cr, version):
    """Make the column, before Odoo makes it and dates all links today. What was read again then may have been entered by hand.

    :param cr: cursor of the database.
    :param str version: that the database had.
    """
    if table_exists(cr, 'xero_contact') and not column_exists(cr, 'xero_contact', 'linked_at'):
        create_column(cr, 'xero_contact', 'linked_at', 'timestamp')
